import type { Manifest } from "@longshore/core/manifest";
import type { ModelTable } from "../modelTable.ts";
import type { ModelSource } from "../scan.ts";
import type { FindModel } from "./computeEnsemble.ts";
import { findCircle, inLoadingOrder, withNeeded } from "./order.ts";
import { versionOf } from "./stepVersion.ts";

/** Which models of a registry need which others: only ensembles need any. */
export class Dependencies {
  readonly #models: ModelTable;
  readonly #wanted: () => ReadonlyMap<string, readonly ModelSource[]>;

  /**
   * @param models those that are served.
   * @param wanted the versions of each model that is to be served.
   */
  constructor(models: ModelTable, wanted: () => ReadonlyMap<string, readonly ModelSource[]>) {
    this.#models = models;
    this.#wanted = wanted;
  }

  /** For the steps of ensembles: a model that cannot compute for now is one to open them with. */
  readonly find: FindModel = (name, version) =>
    this.#models.answering(name, version) ?? this.#models.get(name, version);

  /** Names of the ensembles that are to be served, each after those that it needs. */
  ensembles(): string[] {
    const isEnsemble = ({ manifest }: ModelSource): boolean => manifest.ensemble !== undefined;
    const names = [...this.#wanted()].filter(([, sources]) => sources.some(isEnsemble));
    return inLoadingOrder(
      names.map(([name]) => name),
      this.#needs,
    );
  }

  /** Names in an order in which each comes before those that it needs. */
  inUnloadingOrder(names: Iterable<string>): string[] {
    return inLoadingOrder(names, this.#needs).toReversed();
  }

  /** A model and all that it needs, directly or not. */
  withNeeded(name: string): Set<string> {
    return withNeeded(name, this.#needs);
  }

  /** A model and what it needs, but for what other models that answer need too. */
  neededOnlyBy(name: string): string[] {
    const all = this.withNeeded(name);
    const others = [...this.#models.names()].filter(
      (other) => !all.has(other) && this.#models.answers(other),
    );
    const kept = new Set(others.flatMap((other) => [...this.withNeeded(other)]));
    return [...all].filter((each) => each === name || !kept.has(each));
  }

  /**
   * The source of an ensemble with a fingerprint that also differs when another model, or another
   * form of one, answers for one of its steps: it is then opened again, as its types come from them.
   */
  readonly bind = (source: ModelSource): ModelSource => {
    const { ensemble } = source.manifest;
    if (ensemble === undefined) return source;
    const prints = ensemble.steps.map((step) => {
      const model = this.#models.answering(step.model, versionOf(step));
      return model === undefined ? "none" : `${model.version} ${model.source.fingerprint}`;
    });
    return { ...source, fingerprint: [source.fingerprint, ...prints].join("\n") };
  };

  /** @throws Error for an ensemble that needs itself, directly or not. */
  requireNoCircle({ name, manifest }: ModelSource): void {
    const needs = (each: string): readonly string[] =>
      each === name ? neededBy(manifest) : this.#needs(each);
    const circle = findCircle(name, needs);
    if (circle === undefined) return;
    throw new Error(`the ensembles need each other in a circle: ${circle.join(" → ")}`);
  }

  /** Of what is served and of what is to be. */
  readonly #needs = (name: string): string[] => {
    const entries = [...(this.#models.versions(name)?.values() ?? [])];
    const sources = [...entries.map(({ source }) => source), ...(this.#wanted().get(name) ?? [])];
    return sources.flatMap(({ manifest }) => neededBy(manifest));
  };
}

/** Names of the models that an ensemble is computed by; none of any other model. */
export function neededBy({ ensemble }: Manifest): string[] {
  return (ensemble?.steps ?? []).map(({ model }) => model);
}
