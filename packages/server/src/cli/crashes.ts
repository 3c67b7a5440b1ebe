/**
 * What the supervisor remembers of native crashes: which model was in a run, and which ones must
 * therefore not be run again. It is small, and loads nothing but `node:fs`, as the supervisor does.
 */
import { ftruncateSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { readRunRecord } from "../engine/runRecord.ts";
import type { Quarantined } from "../registry/quarantine.ts";

/** Ends of a process that native code brings about, rather than somebody who stops it. */
const SIGNALS: ReadonlySet<string> = new Set<keyof typeof constants.signals>([
  "SIGABRT",
  "SIGBUS",
  "SIGFPE",
  "SIGILL",
  "SIGSEGV",
  "SIGSYS",
  "SIGTRAP",
]);

/** A model that was in a run when so many processes crashed is not run any more. */
const CRASHES = 2;

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Counts crashes by the models that were in a run. The first one is not known: recording costs time. */
export class Crashes {
  readonly #counts = new Map<string, number>();
  readonly #quarantined = new Map<string, Quarantined>();
  #fd: number | undefined;

  /** The file that runs are recorded in; undefined before the first crash. */
  get recordFd(): number | undefined {
    return this.#fd;
  }

  get quarantined(): readonly Quarantined[] {
    return [...this.#quarantined.values()];
  }

  /** Takes note of how a process ended. @returns a model that is not to be run from now on. */
  note({ code, signal }: ProcessEnd): Quarantined | undefined {
    // On Windows, exceptions that nobody handles are exit codes from 0xC0000000 on.
    const isCrash = signal === null ? (code ?? 0) >= 0xc0000000 : SIGNALS.has(signal);
    if (!isCrash) return undefined;
    if (this.#fd === undefined) {
      this.#fd = openRecord();
      return undefined;
    }
    for (const label of readRunRecord(this.#fd))
      this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
    ftruncateSync(this.#fd);
    return this.#quarantine(signal ?? `exit code ${code}`);
  }

  /** The model may be run again: it is new, or somebody wants to try it. */
  lift({ name, version }: Pick<Quarantined, "name" | "version">): void {
    this.#quarantined.delete(`${name}/${version}`);
  }

  #quarantine(how: string): Quarantined | undefined {
    const [first, second] = [...this.#counts].toSorted(([, a], [, b]) => b - a);
    if (first === undefined) return undefined;
    const [label, count] = first;
    // Where others were in a run as often, at the same time, the next crash tells them apart.
    if (count < CRASHES || second?.[1] === count) return undefined;
    this.#counts.clear();
    const slash = label.lastIndexOf("/");
    const found = {
      name: label.slice(0, slash),
      version: label.slice(slash + 1),
      reason: `its runs crashed the server ${count} times (${how} at last)`,
    };
    this.#quarantined.set(label, found);
    return found;
  }
}

/** A file without a name: it is gone with the processes that hold it. */
function openRecord(): number {
  const folder = mkdtempSync(join(tmpdir(), "longshore-runs-"));
  try {
    return openSync(join(folder, "record"), "wx+", 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
