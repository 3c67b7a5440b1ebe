import { fail, LongshoreError } from "@longshore/core";
import type { ConfiguredModel } from "@longshore/core/tfserving";
import { Dependencies } from "./ensemble/dependencies.ts";
import { withoutFolder, type Entry, type IndexEntry, type RegistryObserver } from "./entries.ts";
import type { FoundSources } from "./findSources.ts";
import { overrideSources, type LoadRequest } from "./loadOverride.ts";
import type { ModelConfigFile } from "./modelConfigFile.ts";
import { ModelTable } from "./modelTable.ts";
import { openBest, type ServingTools } from "./openBest.ts";
import { openConfigured } from "./openConfigured.ts";
import { Overrides } from "./overrides.ts";
import { Places } from "./places.ts";
import type { ModelSource } from "./scan.ts";
import type { ServedModel } from "./servedModel.ts";
import { tellNotices } from "./tellNotices.ts";
import { selectVersions } from "./versions.ts";

export type { IndexEntry, ModelState, RegistryObserver } from "./entries.ts";

/**
 * The models that are served, kept equal to what lies on disk.
 *
 * Invariant: a version that answers is only taken away after what replaces it answers.
 */
export class Registry {
  readonly #places: Places;
  readonly #tools: ServingTools;
  readonly #observe: RegistryObserver;
  readonly #tell: (source: ModelSource) => void;
  readonly #models = new ModelTable();
  /** Models unloaded by request: they stay away until they are loaded by request. */
  readonly #unloaded = new Set<string>();
  readonly #overrides = new Overrides();
  #problems: FoundSources["problems"] = [];
  /** What is to be served, as of the last look. */
  #wanted: FoundSources["byName"] = new Map();
  readonly #dependencies = new Dependencies(this.#models, () => this.#wanted);
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
    this.#places = new Places(options.paths, options.allowCode, options.configFile);
    this.#tools = options.tools;
    this.#observe = options.observe;
    this.#tell = tellNotices(options.observe);
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
    return this.#places.labels(name);
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
    const unreadable = this.#problems.map(({ name, callersReason }): IndexEntry => {
      return { name, version: "", state: "UNAVAILABLE", reason: callersReason };
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
   * Loads a model by request, also one that was unloaded or that failed before; an ensemble with the
   * models that it needs.
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
      await this.#look();
      for (const each of this.#dependencies.withNeeded(name)) {
        this.#unloaded.delete(each);
        for (const entry of this.#models.versions(each)?.values() ?? []) {
          // What failed before is tried again, and goes on to say why until then.
          if (entry.served === undefined) entry.source = { ...entry.source, fingerprint: "" };
        }
      }
      await this.#sync(false);
      const versions = this.#models.versions(name);
      const problem = this.#problems.find((found) => found.name === name);
      if (versions === undefined || versions.size === 0) {
        const reason = problem?.callersReason ?? `there is no such model${this.#models.hint()}`;
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
   * @param dependents of an ensemble: also the models that it needs, but for those that others do.
   * @throws LongshoreError MODEL_UNKNOWN.
   */
  unload(name: string, dependents = false): Promise<void> {
    return this.#exclusively(async () => {
      if (this.#models.versions(name) === undefined)
        throw fail("MODEL_UNKNOWN", { model: name, hint: this.#models.hint() });
      const names = dependents ? this.#dependencies.neededOnlyBy(name) : [name];
      for (const each of this.#dependencies.inUnloadingOrder(names)) await this.#unload(each);
    });
  }

  /**
   * Serves the models of a list and no others, until there is another list or the model config file
   * changes. What was loaded or unloaded by request before is forgotten.
   *
   * @throws LongshoreError MODEL_LOAD_FAILED, LABEL_UNAVAILABLE; nothing has changed then, but where
   *   it is an ensemble that cannot be loaded.
   */
  reload(models: readonly ConfiguredModel[]): Promise<void> {
    return this.#exclusively(() => this.#reload(models));
  }

  /** Answers what was accepted and releases everything. */
  close(): Promise<void> {
    return this.#exclusively(async () => {
      for (const name of this.#dependencies.inUnloadingOrder(this.#models.names())) {
        const versions = [...(this.#models.versions(name)?.values() ?? [])];
        await Promise.all(versions.map((entry) => this.#close(entry, "shut down")));
      }
      await this.#overrides.close();
    });
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  async #unload(name: string): Promise<void> {
    const versions = this.#models.versions(name);
    if (versions === undefined) return;
    this.#unloaded.add(name);
    await Promise.all(
      [...versions.values()].map((entry) => this.#close(entry, "unloaded by request")),
    );
    if (!this.#overrides.has(name)) return;
    // What was served came with a request; what the index goes on to list lies on disk.
    await this.#overrides.set(name, undefined);
    const listed = ((await this.#find()).get(name) ?? []).map((source): [string, Entry] => [
      source.version,
      { source, state: "UNAVAILABLE", reason: "unloaded by request" },
    ]);
    this.#models.set(name, new Map(listed));
  }

  /**
   * Loads a model with what a request brought, all of it before anything that answers is taken away.
   *
   * @param request undefined for what lies on disk.
   */
  async #replace(name: string, request: LoadRequest | undefined): Promise<void> {
    const disk = (await this.#find()).get(name) ?? [];
    const override = request && (await this.#overrides.open(name, request));
    const sources = override === undefined ? disk : overrideSources(name, override, disk);
    const { candidates, count } = selectVersions(sources);
    const opened = new Map<string, Entry>();
    try {
      if (candidates.length === 0) throw new Error(`there is no such model${this.#models.hint()}`);
      for (const found of candidates.slice(0, count)) {
        const source = this.#dependencies.bind(found);
        const served = await this.#open(source);
        opened.set(source.version, { source, state: "READY", reason: "", served });
      }
    } catch (error) {
      await Promise.all([...opened.values()].map(({ served }) => served!.close()));
      await this.#overrides.discard(override);
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
    await this.#overrides.set(name, override);
    await this.#look();
    await this.#syncEnsembles();
  }

  async #reload(models: readonly ConfiguredModel[]): Promise<void> {
    const found = await this.#places.findListed(models);
    const entryOf = (name: string, version: string): Entry | undefined =>
      this.#models.versions(name)?.get(version);
    const opened = await openConfigured(models, found, entryOf, (source) => this.#open(source));
    const replaced = opened.map((entry) => this.#models.put(entry));
    await this.#places.follow(models);
    const overrides = this.#overrides.clear();
    this.#unloaded.clear();
    await this.#sync(false);
    await Promise.all(replaced.map((entry) => entry && this.#close(entry, "replaced by request")));
    for (const override of overrides) await this.#overrides.discard(override);
    for (const { name } of models) {
      if (this.#models.answers(name)) continue;
      const reason = [...(this.#models.versions(name)?.values() ?? [])].at(-1)?.reason ?? "";
      throw fail("MODEL_LOAD_FAILED", { model: name, reason });
    }
  }

  async #sync(settled: boolean): Promise<void> {
    await this.#look();
    const previous = this.#previousScan;
    this.#previousScan = new Map(
      [...this.#wanted.values()].flat().map(({ file, fingerprint }) => [file, fingerprint]),
    );
    const isReady = (name: string): boolean => {
      const sources = this.#wanted.get(name) ?? [];
      const unsettled = (source: ModelSource): boolean =>
        settled && previous.get(source.file) !== source.fingerprint;
      return !sources.some(unsettled); // Looked at again next time.
    };
    const all = new Set([...this.#models.names(), ...this.#wanted.keys()]);
    const names = all.difference(new Set(this.#dependencies.ensembles())).values();
    const work = async (): Promise<void> => {
      for (const name of names) if (isReady(name)) await this.#syncModel(name);
    };
    await Promise.all(Array.from({ length: LOADED_AT_ONCE }, work));
    await this.#syncEnsembles(isReady);
  }

  /** Models come before what is computed by them. */
  async #syncEnsembles(isReady: (name: string) => boolean = () => true): Promise<void> {
    for (const name of this.#dependencies.ensembles())
      if (isReady(name)) await this.#syncModel(name);
  }

  /** Finds what is to be served: what lies on disk, or what a request brought instead. */
  async #look(): Promise<void> {
    this.#wanted = this.#overrides.over(await this.#find());
  }

  /** What lies on disk now. */
  async #find(): Promise<FoundSources["byName"]> {
    const { byName, problems } = await this.#places.find();
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
  async #syncModel(name: string): Promise<void> {
    if (this.#unloaded.has(name)) return;
    // Its settings cannot be read as they are now: what answers goes on as it was.
    if (this.#problems.some((problem) => problem.unread && problem.name === name)) return;
    const sources = (this.#wanted.get(name) ?? []).map(this.#dependencies.bind);
    // Also where nothing is opened: a folder that was meant to be a new version may be none.
    if (sources[0] !== undefined) this.#tell(sources[0]);
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
    this.#dependencies.requireNoCircle(source);
    this.#tell(source);
    const started = performance.now();
    const { find } = this.#dependencies;
    const served = await openBest(source, this.#tools, find, (variant, problem) => {
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

/** One is tried in its process, others answer their golden examples here and in threads. */
const LOADED_AT_ONCE = 4;
