import type { FoundSources } from "./findSources.ts";
import {
  openOverride,
  overrideSources,
  type LoadOverride,
  type LoadRequest,
} from "./loadOverride.ts";
import type { ModelSource } from "./scan.ts";
import { Uploads } from "./uploads.ts";

/** What models were loaded with by request instead of what lies on disk, with the files for it. */
export class Overrides {
  readonly #overrides = new Map<string, LoadOverride>();
  readonly #uploads = new Uploads();

  has(name: string): boolean {
    return this.#overrides.has(name);
  }

  /**
   * Reads what a request brought and writes its files; it counts from {@link set} on.
   *
   * @throws LongshoreError MODEL_LOAD_FAILED, with nothing written.
   */
  open(name: string, request: LoadRequest): Promise<LoadOverride> {
    return openOverride(name, request, this.#uploads);
  }

  /** Removes the files of one that did not come to count, or does not any more. */
  async discard(override: LoadOverride | undefined): Promise<void> {
    if (override?.folder !== undefined) await this.#uploads.remove(override.folder);
  }

  /** Remembers what a model is loaded with; nothing that is served may need the old one any more. */
  async set(name: string, override: LoadOverride | undefined): Promise<void> {
    const old = this.#overrides.get(name);
    if (override === undefined) this.#overrides.delete(name);
    else this.#overrides.set(name, override);
    await this.discard(old);
  }

  /** Forgets all of them. @returns what is still to be discarded, when nothing needs it any more. */
  clear(): LoadOverride[] {
    const overrides = [...this.#overrides.values()];
    this.#overrides.clear();
    return overrides;
  }

  /** What is to be served, of what lies on disk. */
  over(found: FoundSources["byName"]): FoundSources["byName"] {
    const wanted = new Map<string, readonly ModelSource[]>(found);
    for (const [name, override] of this.#overrides)
      wanted.set(name, overrideSources(name, override, found.get(name) ?? []));
    return wanted;
  }

  /** Removes all files. */
  close(): Promise<void> {
    return this.#uploads.close();
  }
}
