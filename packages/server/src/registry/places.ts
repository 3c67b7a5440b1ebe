import type { ConfiguredModel } from "@longshore/core/tfserving";
import { findSources, type FoundSources } from "./findSources.ts";
import type { ModelConfigFile } from "./modelConfigFile.ts";

/**
 * Where models are looked for: at paths and where a model config file says; or, once a request gave a
 * complete list, where that says, until the file says something else.
 */
export class Places {
  readonly #paths: readonly string[];
  readonly #configFile: ModelConfigFile | undefined;
  readonly #allowCode: boolean;
  #requested: { readonly models: readonly ConfiguredModel[]; readonly since: unknown } | undefined;
  /** By name, then label. */
  #labels: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map();

  /** @param allowCode whether bundles may hold code. */
  constructor(
    paths: readonly string[],
    allowCode: boolean,
    configFile: ModelConfigFile | undefined,
  ) {
    this.#paths = paths;
    this.#allowCode = allowCode;
    this.#configFile = configFile;
  }

  /** The versions of a model by the labels that were found last. */
  labels(name: string): ReadonlyMap<string, string> {
    return this.#labels.get(name) ?? NO_LABELS;
  }

  /**
   * What lies there now.
   *
   * @throws LongshoreError MODEL_INVALID where a path does not exist, MANIFEST_INVALID where the file
   *   could never be read.
   */
  async find(): Promise<FoundSources> {
    const said = await this.#readFile();
    if (this.#requested?.since !== said) this.#requested = undefined;
    const configured = this.#requested?.models ?? said;
    this.#labels = new Map(configured.map(({ name, labels }) => [name, labels]));
    return findSources(this.#requested ? [] : this.#paths, this.#allowCode, configured);
  }

  /** What lies where a list says. */
  findListed(models: readonly ConfiguredModel[]): Promise<FoundSources> {
    return findSources([], this.#allowCode, models);
  }

  /** Looks from now on where a list says. */
  async follow(models: readonly ConfiguredModel[]): Promise<void> {
    this.#requested = { models, since: await this.#readFile() };
  }

  /** The same object as long as the file says the same. */
  async #readFile(): Promise<readonly ConfiguredModel[]> {
    return (await this.#configFile?.read()) ?? NO_MODELS;
  }
}

const NO_MODELS: readonly ConfiguredModel[] = [];
const NO_LABELS: ReadonlyMap<string, string> = new Map();
