import { RestartableWorker } from "../engine/restartableWorker.ts";
import type { ProcessedBundle } from "./bundle.ts";
import type { BundleThread, Reply, Request } from "./messages.ts";

/** Time for the modules and files of a bundle to be loaded. */
const OPEN_LIMIT_MS = 60_000;
const DEFAULT_MAX_RUN_MS = 10_000;
const DEFAULT_MAX_MEMORY_MIB = 256;

/**
 * A thread of its own for a bundle with code: ended and started again when it takes too long or too
 * much memory.
 */
export function openCodeThread(about: ProcessedBundle): BundleThread {
  const { maxRunMs = DEFAULT_MAX_RUN_MS, maxMemoryMib = DEFAULT_MAX_MEMORY_MIB } =
    about.manifest.code ?? {};
  const bundle = 1;
  const worker = new RestartableWorker<Request & { readonly id: number }, Reply>({
    entry: new URL(import.meta.resolve("#processing")),
    name: about.name,
    opening: { request: { type: "open", bundle, about, id: 0 }, limitMs: OPEN_LIMIT_MS },
    maxMemoryMib,
  });
  return {
    open: () => worker.open(),
    // One request at a time: no number is needed to tell replies apart.
    ask: (request, buffers) =>
      worker.ask({ ...request, bundle, id: 0 }, buffers, { limitMs: maxRunMs }),
    close: () => worker[Symbol.asyncDispose](),
  };
}
