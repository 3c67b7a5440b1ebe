import { dirname } from "node:path";
import { fail } from "@longshore/core";
import type { ModelSource } from "./scan.ts";
import type { ServedModel } from "./servedModel.ts";

/** As the repository extension of the protocol names them. */
export type ModelState = "READY" | "UNAVAILABLE" | "LOADING" | "UNLOADING";

/** A line of the repository's index. */
export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  /** Why it is unavailable; empty otherwise. */
  readonly reason: string;
}

/** Told of what happens to models, for the log; `notice`: of what of a model is not acted on. */
export type RegistryObserver = (event: {
  readonly kind: "loaded" | "failed" | "unloaded" | "variantFailed" | "notice";
  readonly name: string;
  readonly version: string;
  /** The variant that is meant, `original` for none of them; absent where the bundle has none. */
  readonly variant?: string;
  readonly reason?: string;
  readonly ms?: number;
}) => void;

/** A version of a model, loaded or not. */
export interface Entry {
  source: ModelSource;
  state: ModelState;
  reason: string;
  served?: ServedModel;
}

/** @throws LongshoreError MODEL_UNREADY if it cannot compute anything for now. */
export function ready(model: ServedModel): ServedModel {
  const reason = model.unready;
  if (reason !== undefined) throw fail("MODEL_UNREADY", { model: model.name, reason });
  return model;
}

/** Callers are told reasons too, and have no business with the server's folders. */
export function withoutFolder(message: string, { file, folder }: ModelSource): string {
  return message.replaceAll(`${dirname(file)}/`, "").replaceAll(`${folder}/`, "");
}

/** The highest version that answers. */
export function highestOf(entries: Iterable<Entry>): ServedModel | undefined {
  let best: ServedModel | undefined;
  for (const { served } of entries) {
    if (served === undefined) continue;
    if (best === undefined || Number(served.version) > Number(best.version)) best = served;
  }
  return best;
}

/** Keeps a map of versions in ascending order, in which it is searched and listed. */
export function sortVersions(versions: Map<string, Entry>): void {
  const entries = [...versions].toSorted(([a], [b]) => Number(a) - Number(b));
  versions.clear();
  for (const [version, entry] of entries) versions.set(version, entry);
}
