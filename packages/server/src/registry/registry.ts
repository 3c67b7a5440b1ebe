import { fail, LongshoreError } from "@longshore/core";
import { withoutFolder, type Entry, type IndexEntry, type RegistryObserver } from "./entries.ts";
import { findSources, type FoundSources } from "./findSources.ts";
import {
  checkOverride,
  openOverride,
  overrideSources,
  type LoadOverride,
  type LoadRequest,
} from "./loadOverride.ts";
import type { ModelConfigFile } from "./modelConfigFile.ts";
import { ModelTable } from "./modelTable.ts";
import { openBest, type ServingTools } from "./openBest.ts";
import type { ModelSource } from "./scan.ts";
import type { ServedModel } from "./servedModel.ts";
import { Uploads } from "./uploads.ts";
import { selectVersions } from "./versions.ts";

export type { IndexEntry, ModelState, RegistryObserver } from "./entries.ts";

/**
 * The models that are served, kept equal to what lies on disk.
 *
 * Invariant: a version that answers is only taken away after what replaces it answers.
 */
export class Registry {
  readonly #paths: readonly string[];
  readonly #tools: ServingTools;
  readonly #allowCode: boolean;
  readonly #configFile: ModelConfigFile | undefined;
  readonly #observe: RegistryObserver;
  readonly #models = new ModelTable();
  /** Models unloaded by request: they stay away until they are loaded by request. */
  readonly #unloaded = new Set<string>();
  /** By name, then label. */
  #labels: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();
  /** What models were loaded with by request instead of what lies on disk. */
  readonly #overrides = new Map<string, LoadOverride>();
  readonly #uploads = new Uploads();
  #problems: FoundSources["problems"] = [];
  #previousScan = new Map<string, string>();
  #work: Promise<unknown> = Promise.resolve();

  /**
   * @param allowCode whether bundles may hold code.
   * @param configFile names more models than those at the paths, and labels of their versions.
   */
  constructor(options: {
    readonly paths: readonly string[];
    readonly tools: ServingTools;
    readonly observe: RegistryObserver;
    readonly allowCode: boolean;
    readonly configFile?: ModelConfigFile | undefined;
  }) {
    this.#paths = options.paths;
    this.#tools = options.tools;
    this.#observe = options.observe;
    this.#allowCode = options.allowCode;
    this.#configFile = options.configFile;
  }

  /**
   * The version that answers: the one asked for, else the highest.
   *
   * @throws LongshoreError MODEL_UNKNOWN, VERSION_UNKNOWN, MODEL_UNREADY.
   */
  get(name: string, version?: string): ServedModel {
    return this.#models.get(name, version);
  }

  /** All versions that answer. */
  served(): Iterable<ServedModel> {
    return this.#models.served();
  }

  /** The versions of a model by the labels that the model config file gives them. */
  labels(name: string): ReadonlyMap<string, string> {
    return this.#labels.get(name) ?? NO_LABELS;
  }

  /** Numbers of the versions of a model that answer, ascending. */
  versions(name: string): string[] {
    const versions = this.#models.versions(name)?.values() ?? [];
    return [...versions]
      .filter((entry) => entry.served !== undefined)
      .map((entry) => entry.source.version);
  }

  /** Every model of the repository, loaded or not. */
  index(): IndexEntry[] {
    const unreadable = this.#problems.map(({ name, reason }): IndexEntry => {
      return { name, version: "", state: "UNAVAILABLE", reason };
    });
    return [...this.#models.index(), ...unreadable];
  }

  /**
   * Brings what is served in line with the disk.
   *
   * @param settled only take files that did not change since the previous call: a file that is
   *   still being copied must not be loaded.
   */
  sync(settled: boolean): Promise<void> {
    return this.#exclusively(() => this.#sync(settled));
  }

  /**
   * Loads a model by request, also one that was unloaded or that failed before.
   *
   * @param request what it is to be loaded with instead of what lies on disk, until it is loaded or
   *   unloaded again.
   * @throws LongshoreError MODEL_LOAD_FAILED, also when there is no such model: clients look for it.
   */
  load(name: string, request: LoadRequest = {}): Promise<void> {
    return this.#exclusively(async () => {
      const isPlain = request.config === undefined && (request.files?.size ?? 0) === 0;
      if (!isPlain || this.#overrides.has(name)) {
        return this.#replace(name, isPlain ? undefined : request);
      }
      this.#unloaded.delete(name);
      for (const entry of this.#models.versions(name)?.values() ?? []) {
        // What failed before is tried again, and goes on to say why until then.
        if (entry.served === undefined) entry.source = { ...entry.source, fingerprint: "" };
      }
      await this.#sync(false);
      const versions = this.#models.versions(name);
      const problem = this.#problems.find((found) => found.name === name);
      if (versions === undefined || versions.size === 0) {
        const reason = problem?.reason ?? `there is no such model${this.#models.hint()}`;
        throw fail("MODEL_LOAD_FAILED", { model: name, reason });
      }
      if (!this.#models.answers(name)) {
        const reason = [...versions.values()].at(-1)!.reason;
        throw fail("MODEL_LOAD_FAILED", { model: name, reason });
      }
    });
  }

  /**
   * Unloads all versions of a model by request; answers when what was accepted has been answered.
   *
   * @throws LongshoreError MODEL_UNKNOWN.
   */
  unload(name: string): Promise<void> {
    return this.#exclusively(async () => {
      const versions = this.#models.versions(name);
      if (versions === undefined)
        throw fail("MODEL_UNKNOWN", { model: name, hint: this.#models.hint() });
      this.#unloaded.add(name);
      await Promise.all(
        [...versions.values()].map((entry) => this.#close(entry, "unloaded by request")),
      );
      if (!this.#overrides.has(name)) return;
      // What was served came with a request; what the index goes on to list lies on disk.
      await this.#setOverride(name, undefined);
      const listed = ((await this.#find()).get(name) ?? []).map((source): [string, Entry] => [
        source.version,
        { source, state: "UNAVAILABLE", reason: "unloaded by request" },
      ]);
      this.#models.set(name, new Map(listed));
    });
  }

  /** Answers what was accepted and releases everything. */
  close(): Promise<void> {
    return this.#exclusively(async () => {
      for (const name of this.#models.names()) {
        const versions = [...(this.#models.versions(name)?.values() ?? [])];
        await Promise.all(versions.map((entry) => this.#close(entry, "shut down")));
      }
      await this.#uploads.close();
    });
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  /**
   * Loads a model with what a request brought, all of it before anything that answers is taken away.
   *
   * @param request undefined for what lies on disk.
   */
  async #replace(name: string, request: LoadRequest | undefined): Promise<void> {
    const disk = (await this.#find()).get(name) ?? [];
    const override = request && (await openOverride(name, request, this.#uploads));
    const sources = override === undefined ? disk : overrideSources(name, override, disk);
    const { candidates, count } = selectVersions(sources);
    const opened = new Map<string, Entry>();
    try {
      if (candidates.length === 0) throw new Error(`there is no such model${this.#models.hint()}`);
      for (const source of candidates.slice(0, count)) {
        const served = await this.#open(source);
        opened.set(source.version, { source, state: "READY", reason: "", served });
        if (override !== undefined) checkOverride(name, override, served.signature);
      }
    } catch (error) {
      await Promise.all([...opened.values()].map(({ served }) => served!.close()));
      if (override?.folder !== undefined) await this.#uploads.remove(override.folder);
      const { message } = error as Error;
      const reason = candidates[0] === undefined ? message : withoutFolder(message, candidates[0]);
      throw error instanceof LongshoreError && error.code === "MODEL_LOAD_FAILED"
        ? error
        : fail("MODEL_LOAD_FAILED", { model: name, reason });
    }
    const replaced = [...(this.#models.versions(name)?.values() ?? [])];
    this.#models.set(name, opened);
    this.#unloaded.delete(name);
    await Promise.all(replaced.map((entry) => this.#close(entry, "replaced by request")));
    await this.#setOverride(name, override);
  }

  /** Remembers what a model is loaded with; nothing that is served may need the old one any more. */
  async #setOverride(name: string, override: LoadOverride | undefined): Promise<void> {
    const folder = this.#overrides.get(name)?.folder;
    if (override === undefined) this.#overrides.delete(name);
    else this.#overrides.set(name, override);
    if (folder !== undefined) await this.#uploads.remove(folder);
  }

  async #sync(settled: boolean): Promise<void> {
    const found = await this.#find();
    const byName = new Map(found);
    for (const [name, override] of this.#overrides) {
      byName.set(name, overrideSources(name, override, found.get(name) ?? []));
    }
    const previous = this.#previousScan;
    this.#previousScan = new Map(
      [...byName.values()].flat().map(({ file, fingerprint }) => [file, fingerprint]),
    );
    const names = new Set([...this.#models.names(), ...byName.keys()]).values();
    const work = async (): Promise<void> => {
      for (const name of names) {
        if (this.#unloaded.has(name)) continue;
        const sources = byName.get(name) ?? [];
        const unsettled = (source: ModelSource): boolean =>
          settled && previous.get(source.file) !== source.fingerprint;
        if (sources.some(unsettled)) continue; // Looked at again next time.
        await this.#syncModel(name, sources);
      }
    };
    await Promise.all(Array.from({ length: LOADED_AT_ONCE }, work));
  }

  /** What lies on disk now. */
  async #find(): Promise<FoundSources["byName"]> {
    const configured = (await this.#configFile?.read()) ?? [];
    const { byName, problems } = await findSources(this.#paths, this.#allowCode, configured);
    this.#labels = new Map(configured.map(({ name, labels }) => [name, labels]));
    this.#report(problems);
    return byName;
  }

  #report(problems: FoundSources["problems"]): void {
    for (const { name, reason } of problems) {
      const known = this.#problems.some((old) => old.name === name && old.reason === reason);
      if (!known) this.#observe({ kind: "failed", name, version: "", reason });
    }
    this.#problems = problems;
  }

  /** Loads the wanted versions, newest first, then takes away what is not wanted any more. */
  async #syncModel(name: string, sources: readonly ModelSource[]): Promise<void> {
    const versions = this.#models.versions(name) ?? new Map<string, Entry>();
    const kept = new Set<string>();
    const replaced: Entry[] = [];
    const { candidates, count } = selectVersions(sources);
    for (const source of candidates) {
      if (kept.size === count) break;
      const entry = versions.get(source.version);
      const unchanged = entry?.source.fingerprint === source.fingerprint;
      if (unchanged && entry.state === "UNAVAILABLE") continue; // Failed, and nothing is new.
      if (!unchanged) {
        const old = await this.#load(source, versions);
        if (old !== undefined) replaced.push(old);
        if (versions.get(source.version)?.served === undefined) continue;
      }
      kept.add(source.version);
    }
    // Where nothing wanted answers, what answered so far goes on, unless its folder is gone.
    const obsolete = [...versions.values()].filter(({ source, served }) => {
      if (kept.has(source.version)) return false;
      const onDisk = sources.some(({ version }) => version === source.version);
      return !onDisk || (served !== undefined && kept.size > 0);
    });
    for (const entry of obsolete) versions.delete(entry.source.version);
    this.#models.set(name, versions);
    await Promise.all(
      [...replaced, ...obsolete].map((entry) => this.#close(entry, "replaced or removed")),
    );
  }

  /** @returns the entry that the new one replaced, still to be closed. */
  async #load(source: ModelSource, versions: Map<string, Entry>): Promise<Entry | undefined> {
    const { name, version } = source;
    const before = versions.get(version);
    const entry: Entry = { source, state: "LOADING", reason: before?.reason ?? "" };
    if (before?.served === undefined) versions.set(version, entry);
    this.#models.set(name, versions);
    try {
      entry.served = await this.#open(source);
      entry.state = "READY";
      entry.reason = "";
      versions.set(version, entry);
      this.#models.choose(name);
      return before?.served === undefined ? undefined : before;
    } catch (error) {
      entry.state = "UNAVAILABLE";
      entry.reason = withoutFolder(error instanceof Error ? error.message : String(error), source);
      this.#observe({ kind: "failed", name, version, reason: entry.reason });
      if (before?.served !== undefined) {
        // The file changed to a bad one: what was loaded goes on; the bad one is not tried again.
        versions.set(version, {
          ...before,
          source: { ...before.source, fingerprint: source.fingerprint },
        });
      }
      return undefined;
    }
  }

  async #open(source: ModelSource): Promise<ServedModel> {
    const { name, version } = source;
    const started = performance.now();
    const served = await openBest(source, this.#tools, (variant, problem) => {
      const reason = withoutFolder(problem, source);
      this.#observe({ kind: "variantFailed", name, version, variant, reason });
    });
    const variant = served.variant && { variant: served.variant.name };
    this.#observe({ kind: "loaded", name, version, ...variant, ms: performance.now() - started });
    return served;
  }

  async #close(entry: Entry, why: string): Promise<void> {
    const { served } = entry;
    if (served === undefined) return;
    delete entry.served;
    entry.state = "UNLOADING";
    this.#models.choose(served.name);
    await served.close();
    entry.state = "UNAVAILABLE";
    entry.reason = why;
    this.#observe({ kind: "unloaded", name: served.name, version: served.version, reason: why });
  }
}

/** One is tried in its process while another answers its golden examples. */
const LOADED_AT_ONCE = 2;

const NO_LABELS: ReadonlyMap<string, string> = new Map();
