import type { Manifest } from "@longshore/core/manifest";
import type { ProcessedBundle } from "./bundle.ts";
import type { BundleThread, Request } from "./messages.ts";
import { ProcessingThread } from "./thread.ts";

interface Running {
  readonly thread: ProcessingThread;
  /** Numbers of the bundles that were opened in it. */
  readonly open: Set<number>;
}

/** Whether calls of a bundle are processed in the shared threads, as they take long. */
export function worksInThreads({ inputs = {} }: Manifest): boolean {
  return Object.values(inputs).some(({ type }) => ["image", "audio", "text"].includes(type));
}

/**
 * The processing threads of a host, which all bundles share: started when they are needed, and again
 * when one has died. A bundle is opened in each of them when that one is first asked about it.
 */
export class ProcessingThreads {
  readonly #limit: number;
  readonly #running = new Set<Running>();
  #bundles = 0;

  /** @param limit threads at most. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Starts a thread ahead of its first bundle, as it takes a moment. */
  warmUp(): void {
    if (this.#running.size === 0) this.#start();
  }

  /** What is asked about a bundle goes to the thread that has least to do. */
  add(about: ProcessedBundle): BundleThread {
    const bundle = ++this.#bundles;
    const opening: Request = { type: "open", bundle, about };
    return {
      open: () => {
        const running = this.#choose();
        running.open.add(bundle);
        return running.thread.ask(opening);
      },
      ask: (request, buffers) => {
        const running = this.#choose();
        const { thread, open } = running;
        if (!open.has(bundle)) {
          open.add(bundle);
          // What is asked next waits for it there, and gets its error if there is one.
          void thread.ask(opening).catch(() => undefined);
        }
        return thread.ask({ ...request, bundle }, buffers);
      },
      close: async () => {
        for (const { thread, open } of this.#running) {
          if (open.delete(bundle))
            void thread.ask({ type: "close", bundle }).catch(() => undefined);
        }
      },
    };
  }

  /** Ends all threads; no bundle is asked any more. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#running, ({ thread }) => thread.close()));
  }

  #choose(): Running {
    let best: Running | undefined;
    for (const running of this.#running) {
      if (best === undefined || running.thread.waiting < best.thread.waiting) best = running;
    }
    const isBusy = best === undefined || best.thread.waiting > 0;
    return isBusy && this.#running.size < this.#limit ? this.#start() : best!;
  }

  #start(): Running {
    const thread = new ProcessingThread(() => this.#running.delete(running));
    const running: Running = { thread, open: new Set() };
    this.#running.add(running);
    return running;
  }
}
