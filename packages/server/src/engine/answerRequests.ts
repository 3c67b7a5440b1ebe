import { parentPort, type MessagePort, type Transferable } from "node:worker_threads";
import { LongshoreError, type ErrorCode } from "@longshore/core";
import { messageOf } from "./messageOf.ts";
import { captureOutput } from "./workerOutput.ts";

/** What comes of a request. */
export type Answer<Reply> =
  | { readonly reply: Reply }
  | { readonly error: string; readonly code: ErrorCode | undefined };

/** What a thread tells whoever started it: an answer, or a line that its code prints. */
export type Told<Reply> = Answer<Reply> | { readonly printed: string };

/** A reply, and the buffers that are handed over with it instead of copied. */
export interface Transferred<Reply> {
  readonly reply: Reply;
  readonly transfers: readonly Transferable[];
}

/**
 * The thread's side of a `RestartableWorker`: answers its requests, one after another. An error of
 * the catalogue stays one on the way, of any other only the message is told.
 *
 * Requests come through a port of their own: what code in the thread does with `parentPort`
 * disturbs nobody.
 */
export function answerRequests<Request, Reply>(
  handle: (request: Request) => Promise<Transferred<Reply>> | Transferred<Reply>,
): void {
  if (parentPort === null) throw new Error("requests are answered in a worker thread");
  parentPort.once("message", (port: MessagePort) => {
    captureOutput((printed) => port.postMessage({ printed } satisfies Told<Reply>));
    port.on("message", (request: Request) => {
      void answer(port, handle, request);
    });
  });
}

async function answer<Request, Reply>(
  port: MessagePort,
  handle: (request: Request) => Promise<Transferred<Reply>> | Transferred<Reply>,
  request: Request,
): Promise<void> {
  try {
    const { reply, transfers } = await handle(request);
    port.postMessage({ reply } satisfies Answer<Reply>, [...transfers]);
  } catch (error) {
    const code = error instanceof LongshoreError ? error.code : undefined;
    port.postMessage({ error: messageOf(error), code } satisfies Answer<Reply>);
  }
}
