import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type YAMLError,
} from "yaml";
import { explain } from "./explain.ts";
import type { ManifestPath, ManifestProblem, PlacedProblem, Position } from "./problem.ts";
import { manifestSchema, type Manifest } from "./schema.ts";

/** A manifest that was read, and where its parts stand in the text. */
export interface ReadManifest {
  readonly manifest: Manifest;
  /** Puts a problem that was found later, such as a pipeline's, where it stands in the text. */
  place(problem: ManifestProblem): PlacedProblem;
}

/** Longer texts are no manifests; the parser would be busy with them for long. */
const MAX_LENGTH = 16 * 2 ** 20;
/** How often an anchor may be repeated, what it holds included: YAML's form of a bomb. */
const MAX_ALIASES = 1000;
/** One slip can make a parser stumble over all lines that follow. */
const MAX_FAULTS = 5;

/**
 * Reads the text of a `bundle.yaml` (YAML 1.2). An empty one is a manifest that says nothing.
 *
 * @returns the manifest, or everything that is wrong with it in the order of the text.
 */
export function readManifest(
  text: string,
): ReadManifest | { readonly problems: readonly PlacedProblem[] } {
  if (text.length > MAX_LENGTH)
    return atStart(`is longer than ${MAX_LENGTH} characters, which no bundle needs`);
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    logLevel: "error",
  });
  const place = (problem: ManifestProblem): PlacedProblem => ({
    ...problem,
    ...positionOf(document, text, problem.path, problem.atKey === true),
  });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return {
      problems: faults.slice(0, MAX_FAULTS).map((fault) => ({
        path: [],
        ...describeFault(fault, text),
        ...toPosition(text, fault.pos[0]),
      })),
    };
  const alias = findBadAlias(document);
  if (alias !== undefined)
    return { problems: [{ path: [], message: alias.message, ...toPosition(text, alias.offset) }] };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (error) {
    return atStart(`anchors and aliases: ${(error as Error).message}`);
  }
  const problems = checkManifest(value);
  if ("manifest" in problems) return { manifest: problems.manifest, place };
  return {
    problems: problems.problems
      .map(place)
      .toSorted((a, b) => a.line - b.line || a.column - b.column),
  };
}

/** Checks what was read from a manifest by other means than its text. */
export function checkManifest(
  value: unknown,
): { readonly manifest: Manifest } | { readonly problems: readonly ManifestProblem[] } {
  const result = manifestSchema.safeParse(value ?? {});
  if (result.success) return { manifest: result.data };
  return { problems: explain(manifestSchema, value, result.error.issues) };
}

function atStart(message: string): { readonly problems: readonly PlacedProblem[] } {
  return { problems: [{ path: [], message, line: 1, column: 1 }] };
}

/** What the parser found wrong; the most common mistakes in words of ours. */
function describeFault(
  { code, message, pos: [offset] }: YAMLError,
  text: string,
): Pick<ManifestProblem, "message" | "suggestion"> {
  switch (code) {
    case "DUPLICATE_KEY": {
      const key = /^[^:\n]*/.exec(text.slice(offset, offset + 200))![0].trim();
      return { message: `the key ${key} stands twice`, suggestion: "remove one of them" };
    }
    case "TAB_AS_INDENT":
      return { message: "a tab indents this line", suggestion: "indent with spaces" };
    case "RESOURCE_EXHAUSTION":
      return { message: "is nested too deep" };
    case "MULTIPLE_DOCS":
      return { message: "a second document begins here", suggestion: "a bundle has one" };
    default:
      return { message: `no valid YAML: ${message.replaceAll(/\s+/g, " ")}` };
  }
}

/** An alias that means nothing, or that lies inside its own anchor, so that it would never end. */
function findBadAlias(document: Document): { message: string; offset: number } | undefined {
  let found: { message: string; offset: number } | undefined;
  visit(document, {
    Alias(_, alias) {
      const [start = 0, end = 0] = alias.range ?? [];
      const target = alias.resolve(document);
      const [from = 0, to = 0] = target?.range ?? [];
      if (target !== undefined && (from > start || end > to)) return undefined;
      const fault = target === undefined ? "has no anchor before it" : "repeats what it lies in";
      found = { message: `the alias *${alias.source} ${fault}`, offset: start };
      return visit.BREAK;
    },
  });
  return found;
}

/** Where a path leads in the text; as far as it does, where the rest is not there. */
function positionOf(
  document: Document,
  text: string,
  path: ManifestPath,
  atKey: boolean,
): Position {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, key] of path.entries()) {
    const parent = isAlias(node) ? node.resolve(document) : node;
    if (isMap(parent)) {
      const pair = parent.items.find(
        ({ key: name }) => isScalar(name) && String(name.value) === key,
      );
      if (pair === undefined) break;
      node = pair.value;
      const wanted = atKey && index === path.length - 1 ? pair.key : node;
      offset = startOf(wanted) ?? startOf(pair.key) ?? offset;
    } else if (isSeq(parent)) {
      const item = parent.items[Number(key)];
      if (item === undefined) break;
      node = item;
      offset = startOf(node) ?? offset;
    } else break;
  }
  return toPosition(text, offset);
}

/** Where a node of the text begins; nodes that are empty have no place of their own. */
function startOf(node: unknown): number | undefined {
  const range = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range;
  return range === null || range === undefined || range[0] === range[1] ? undefined : range[0];
}

/** The parser's own counter loses lines where it stumbles. */
function toPosition(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - start + 1 };
}
