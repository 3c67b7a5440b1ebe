import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import type { Told } from "../engine/answerRequests.ts";
import { messageOf } from "../engine/messageOf.ts";
import type { Reply, Request } from "./messages.ts";

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** One run of a thread, from its start to its end: answers several requests at a time. */
export class ProcessingThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

  /** @param onEnd called once when it has ended, whatever was the cause. */
  constructor(onEnd: () => void) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const worker = new Worker(new URL(import.meta.resolve("#processing")), {
      name: "longshore-processing",
    });
    this.#worker = worker;
    worker.postMessage(port2, [port2]);
    // A thread at rest does not keep the process alive: a library user's program may just end.
    worker.unref();
    port1.on("message", (told: Told<Reply & { readonly id: number }>) => {
      if ("reply" in told) this.#settle(told.reply);
      else if ("printed" in told) process.stderr.write(`${told.printed}\n`);
    });
    port1.unref();
    let cause = "it ended";
    worker.on("error", (error) => (cause = messageOf(error)));
    this.#ended = new Promise((resolve) => {
      worker.on("exit", () => {
        port1.close();
        onEnd();
        for (const { reject } of this.#waiting.values()) reject(new Error(cause));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Requests that it has not answered. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * @param transfers buffers that are handed over.
   * @throws Error where the thread ended before it answered.
   */
  ask(request: Request, transfers: ArrayBuffer[] = []): Promise<Reply> {
    const id = ++this.#count;
    if (this.#waiting.size === 0) this.#port.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ ...request, id }, transfers);
    });
  }

  /** Ends it after what it has to do: with its port closed, it waits for nothing any more. */
  close(): Promise<void> {
    this.#worker.ref();
    this.#port.close();
    return this.#ended;
  }

  #settle(reply: Reply & { readonly id: number }): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#port.unref();
    waiting?.resolve(reply);
  }
}
