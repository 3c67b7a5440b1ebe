import { readMachine } from "./engine/machine.ts";
import { Pool } from "./engine/pool.ts";
import { Trials } from "./engine/trial.ts";
import { Metrics } from "./monitor/metrics.ts";
import { ProcessingThreads } from "./processing/threads.ts";
import { ModelConfigFile } from "./registry/modelConfigFile.ts";
import type { ServingTools } from "./registry/openBest.ts";
import type { Quarantine } from "./registry/quarantine.ts";
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
  /**
   * Whether bundles may hold code, which may do whatever this process may; false by default. A
   * module that is itself one of the paths is allowed by being named.
   */
  readonly allowCode?: boolean | undefined;
  /** A model config file, as of TensorFlow Serving, and who is told what is wrong with it. */
  readonly modelConfig?:
    | { readonly path: string; readonly warn: (notice: string) => void }
    | undefined;
  /** Models that are not opened at first. */
  readonly quarantine?: Quarantine | undefined;
  /** Told what happens to models. */
  readonly observe?: RegistryObserver;
}

/** Everything that serves models, without any protocol: what a server and `openModel` stand on. */
export interface ModelHost extends AsyncDisposable {
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly pool: Pool;
  /** What the registry opens models with. */
  readonly tools: ServingTools;
}

/** Most of their work is to wait for images, which are decoded in threads of their own. */
const MAX_PROCESSING_THREADS = 4;

/** Makes a host; `registry.sync()` then loads the models. */
export function createModelHost(options: ModelHostOptions): ModelHost {
  const pool = new Pool(readMachine());
  const trials = new Trials();
  if (options.isolateTrials) trials.warmUp();
  const examine: Examine = (path, about) =>
    options.isolateTrials ? trials.examine(path, about) : pool.examine(path, about);
  const metrics: Metrics = new Metrics(() => registry.served());
  const threads = new ProcessingThreads(
    Math.max(1, Math.min(MAX_PROCESSING_THREADS, pool.machine.cores - 1)),
  );
  const tools = { pool, metrics, threads, examine, quarantine: options.quarantine };
  const { modelConfig } = options;
  const registry = new Registry({
    paths: options.paths,
    tools,
    observe: options.observe ?? (() => undefined),
    allowCode: options.allowCode ?? false,
    configFile: modelConfig && new ModelConfigFile(modelConfig.path, modelConfig.warn),
  });
  return {
    registry,
    metrics,
    pool,
    tools,
    async [Symbol.asyncDispose]() {
      await registry.close();
      await Promise.all([pool.close(), threads.close()]);
      await trials[Symbol.asyncDispose]();
    },
  };
}
