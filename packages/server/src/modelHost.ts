import { readMachine } from "./engine/machine.ts";
import { Pool } from "./engine/pool.ts";
import { Trials } from "./engine/trial.ts";
import { Metrics } from "./monitor/metrics.ts";
import { Registry, type RegistryObserver } from "./registry/registry.ts";
import type { Examine } from "./registry/variants.ts";

export interface ModelHostOptions {
  /** `.onnx` files, bundle folders, repository folders. */
  readonly paths: readonly string[];
  /**
   * Try each model in a process of its own first, so that a file that crashes ONNX Runtime cannot
   * take this process with it.
   */
  readonly isolateTrials: boolean;
  /** Told what happens to models. */
  readonly observe?: RegistryObserver;
}

/** Everything that serves models, without any protocol: what a server and `openModel` stand on. */
export interface ModelHost extends AsyncDisposable {
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly pool: Pool;
}

/** Makes a host; `registry.sync()` then loads the models. */
export function createModelHost(options: ModelHostOptions): ModelHost {
  const pool = new Pool(readMachine());
  const trials = new Trials();
  if (options.isolateTrials) trials.warmUp();
  const examine: Examine = (path, about) =>
    options.isolateTrials ? trials.examine(path, about) : pool.lanes[0]!.examine(path, about);
  const metrics: Metrics = new Metrics(() => registry.served());
  const registry = new Registry({
    paths: options.paths,
    pool,
    metrics,
    examine,
    observe: options.observe ?? (() => undefined),
  });
  return {
    registry,
    metrics,
    pool,
    async [Symbol.asyncDispose]() {
      await registry.close();
      await pool.close();
      await trials[Symbol.asyncDispose]();
    },
  };
}
