import { formatProblem, type ManifestProblem, type ReadManifest } from "@longshore/core/manifest";

/** Something that a check found. */
export interface Finding {
  /** Errors keep the bundle from being served as it says; notes tell what could not be checked. */
  readonly severity: "error" | "warning" | "note";
  /** Relative to the bundle. */
  readonly file: string;
  /** Both counted from 1; absent where it is about the file as a whole. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export type Severity = Finding["severity"];

/** A bundle on its way through the checks. */
export interface CheckedBundle {
  readonly folder: string;
  readonly read: ReadManifest;
  /** Adds what was found in `bundle.yaml`, or `config.pbtxt`. */
  inManifest(severity: Severity, problem: ManifestProblem): void;
  /** Adds what was found in another file. */
  inFile(severity: Severity, file: string, message: string, line?: number): void;
}

/**
 * Collects what is found in a bundle.
 *
 * @param file that the settings were read from.
 */
export function collectFindings(
  folder: string,
  file: string,
  read: ReadManifest,
  findings: Finding[],
): CheckedBundle {
  return {
    folder,
    read,
    inManifest(severity, problem) {
      // An error's message is not among what a copy of it takes over.
      const placed = read.place({ ...problem, message: problem.message });
      const { line, column } = placed;
      findings.push({ severity, file, line, column, message: formatProblem(placed) });
    },
    inFile(severity, name, message, line) {
      findings.push({ severity, file: name, message, ...(line !== undefined && { line }) });
    },
  };
}
