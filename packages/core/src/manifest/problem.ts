/** A place in a manifest: keys and, in lists, places counted from 0. */
export type ManifestPath = readonly (string | number)[];

/** Something that is wrong with a manifest, in words for whoever wrote it. */
export interface ManifestProblem {
  readonly path: ManifestPath;
  readonly message: string;
  /** What was probably meant: `did you mean "batching"?`. */
  readonly suggestion?: string;
  /** Whether the key itself is wrong, not its value. */
  readonly atKey?: boolean;
}

/** A place in a text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A problem where it stands in `bundle.yaml`. */
export interface PlacedProblem extends ManifestProblem, Position {}

/** `pipeline.before[2].columns[0]`; keys that are no plain words in quotes: `inputs["mean radius"]`. */
export function formatPath(path: ManifestPath): string {
  return path
    .map((key, index) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join("");
}

/** `batching.maxBatchSize: expected a number, got "many"`. */
export function formatProblem({ path, message, suggestion }: ManifestProblem): string {
  const place = path.length === 0 ? "" : `${formatPath(path)}: `;
  return `${place}${message}${suggestion === undefined ? "" : `; ${suggestion}`}`;
}

/** `bundle.yaml:12:7: pipeline.before[2].columns[0]: …`, a form that editors and terminals link. */
export function formatPlaced(file: string, problem: PlacedProblem): string {
  return `${file}:${problem.line}:${problem.column}: ${formatProblem(problem)}`;
}
