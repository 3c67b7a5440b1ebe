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
  /** Adds what was found in `bundle.yaml`. */
  inManifest(severity: Severity, problem: ManifestProblem): void;
  /** Adds what was found in another file. */
  inFile(severity: Severity, file: string, message: string, line?: number): void;
}

const MANIFEST = "bundle.yaml";

/** Collects what is found in a bundle. */
export function collectFindings(
  folder: string,
  read: ReadManifest,
  findings: Finding[],
): CheckedBundle {
  return {
    folder,
    read,
    inManifest(severity, problem) {
      const { line, column } = read.place(problem);
      findings.push({ severity, file: MANIFEST, line, column, message: formatProblem(problem) });
    },
    inFile(severity, file, message, line) {
      findings.push({ severity, file, message, ...(line !== undefined && { line }) });
    },
  };
}
