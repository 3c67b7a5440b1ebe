import { fail } from "@longshore/core";
import { highestOf, ready, sortVersions, type Entry, type IndexEntry } from "./entries.ts";
import type { ServedModel } from "./servedModel.ts";

/**
 * The versions of each model, loaded or not, and which of them answers: looked up on every request.
 *
 * Invariant: the version that answers for a model is the highest one that is loaded. Whoever changes
 * an entry calls {@link choose}.
 */
export class ModelTable {
  /** By name, then version. */
  readonly #models = new Map<string, Map<string, Entry>>();
  readonly #current = new Map<string, ServedModel>();

  /**
   * The version that answers: the one asked for, else the highest.
   *
   * @throws LongshoreError MODEL_UNKNOWN, VERSION_UNKNOWN, MODEL_UNREADY.
   */
  get(name: string, version?: string): ServedModel {
    if (version === undefined) {
      const current = this.#current.get(name);
      if (current !== undefined) return ready(current);
    }
    const versions = this.#models.get(name);
    if (versions === undefined) throw fail("MODEL_UNKNOWN", { model: name, hint: this.hint() });
    if (version === undefined) {
      const reason = [...versions.values()].at(-1)?.reason || "it is not loaded";
      throw fail("MODEL_UNREADY", { model: name, reason });
    }
    const entry = versions.get(version);
    if (entry === undefined) {
      const available = [...versions.keys()].join(", ");
      throw fail("VERSION_UNKNOWN", { model: name, version, available });
    }
    if (entry.served === undefined) {
      throw fail("MODEL_UNREADY", { model: name, reason: entry.reason || `it is ${entry.state}` });
    }
    return ready(entry.served);
  }

  /** As {@link get}, but also what cannot compute for now; undefined where nothing is loaded. */
  answering(name: string, version?: string): ServedModel | undefined {
    if (version === undefined) return this.#current.get(name);
    return this.#models.get(name)?.get(version)?.served;
  }

  /** All versions that answer. */
  *served(): Iterable<ServedModel> {
    for (const versions of this.#models.values()) {
      for (const { served } of versions.values()) if (served !== undefined) yield served;
    }
  }

  names(): Iterable<string> {
    return this.#models.keys();
  }

  /** The versions of a model; undefined where it is unknown. */
  versions(name: string): Map<string, Entry> | undefined {
    return this.#models.get(name);
  }

  /** Whether some version of a model answers. */
  answers(name: string): boolean {
    return this.#current.has(name);
  }

  /** Takes over the versions of a model, and forgets it where there are none. */
  set(name: string, versions: Map<string, Entry>): void {
    sortVersions(versions);
    if (versions.size === 0) this.#models.delete(name);
    else this.#models.set(name, versions);
    this.choose(name);
  }

  /** Takes over one version. @returns the entry that it replaces and that answered so far. */
  put(entry: Entry): Entry | undefined {
    const { name, version } = entry.source;
    const versions = this.#models.get(name) ?? new Map<string, Entry>();
    const before = versions.get(version);
    versions.set(version, entry);
    this.set(name, versions);
    return before?.served === undefined ? undefined : before;
  }

  /** Makes the highest version that answers the one that unversioned requests go to. */
  choose(name: string): void {
    const best = highestOf(this.#models.get(name)?.values() ?? []);
    if (best === undefined) this.#current.delete(name);
    else this.#current.set(name, best);
  }

  /** A line for each version. */
  index(): IndexEntry[] {
    return [...this.#models.values()].flatMap((versions) =>
      [...versions.values()].map(({ source, state, reason, served }): IndexEntry => {
        const { name, version } = source;
        return served?.unready === undefined
          ? { name, version, state, reason }
          : { name, version, state: "UNAVAILABLE", reason: served.unready };
      }),
    );
  }

  /** What an error about an unknown model ends with. */
  hint(): string {
    const names = [...this.#models.keys()];
    if (names.length === 0) return "; no model is loaded";
    return `; served: ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}`;
  }
}
