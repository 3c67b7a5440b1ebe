import type { Worker } from "node:worker_threads";

const INTERVAL_MS = 50;

/** Watches a worker's memory while it has something to do, and once after. */
export interface MemoryWatch {
  /** The worker has something to do from now on. */
  busy(): void;
  /** It has answered. */
  idle(): void;
  stop(): void;
}

/**
 * Finds out when a worker takes too much memory. V8's own limits count its heap only, not the memory
 * of typed arrays, which is most of what numeric code takes: so both together are looked at, every
 * 50 ms. A worker in an endless loop can still be asked.
 */
export function watchMemory(worker: Worker, maxBytes: number, onExceeded: () => void): MemoryWatch {
  let timer: NodeJS.Timeout | undefined;
  let isIdle = true;
  let isAsked = false;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const look = (): void => {
    if (isAsked) return; // A long collection of garbage holds the answer up.
    if (isIdle) stop();
    isAsked = true;
    worker
      .getHeapStatistics()
      .then(
        ({ used_heap_size, external_memory }) => {
          if (used_heap_size + external_memory > maxBytes) onExceeded();
        },
        () => undefined, // It has just ended.
      )
      .finally(() => (isAsked = false));
  };
  return {
    busy() {
      isIdle = false;
      timer ??= setInterval(look, INTERVAL_MS).unref();
    },
    idle() {
      isIdle = true;
    },
    stop,
  };
}
