/**
 * The worker thread: sessions by number, one request at a time.
 *
 * Requests are answered strictly in order, which is why they carry no number. A run blocks this
 * thread natively; the thread must never be terminated from outside while it does (the process
 * would abort), so it ends by itself on `exit`.
 */
import { parentPort, threadId, workerData } from "node:worker_threads";
import type { Reply, Request, WorkerData } from "./messages.ts";
import { messageOf } from "./messageOf.ts";
import { runMessage, type OpenSession } from "./runMessage.ts";
import { openRunRecord, toRunLabel } from "./runRecord.ts";
import { openSession } from "./session.ts";
import { transfersOf } from "./transfers.ts";
import { packReply, unpackRequest, type WireRequest } from "./wire.ts";

if (parentPort === null) throw new Error("worker.ts runs in a worker thread");
const port = parentPort;
const sessions = new Map<number, OpenSession & { readonly label: Uint8Array }>();
const { recordFd } = workerData as WorkerData;
const record = recordFd === undefined ? undefined : openRunRecord(recordFd, threadId);

let previous: Promise<void> = Promise.resolve();
port.on("message", (message: Request | WireRequest) => {
  const request = Array.isArray(message)
    ? unpackRequest(message as WireRequest)
    : (message as Request);
  previous = previous.then(() => handle(request));
});

async function handle(request: Request): Promise<void> {
  try {
    const reply = await answer(request);
    if (reply.type === "ran") port.postMessage(packReply(reply), transfersOf(reply));
    else port.postMessage(reply);
    if (request.type === "exit") port.close();
  } catch (error) {
    port.postMessage({ type: "failed", message: messageOf(error) } satisfies Reply);
  }
}

async function answer(request: Request): Promise<Reply> {
  switch (request.type) {
    case "run": {
      const open = sessions.get(request.session);
      if (open === undefined) throw new Error(`session ${request.session} is not open`);
      if (record === undefined) return runMessage(open, request);
      record.begin(open.label);
      try {
        return await runMessage(open, request);
      } finally {
        record.end();
      }
    }
    case "open": {
      const { signature, exchange, label = "" } = request.options;
      const session = await openSession(request.options);
      sessions.set(request.session, { session, signature, exchange, label: toRunLabel(label) });
      return { type: "done" };
    }
    case "release": {
      const open = sessions.get(request.session);
      sessions.delete(request.session);
      await open?.session.release();
      return { type: "done" };
    }
    case "examine": {
      // Servers examine in a process of its own: their workers need not hold what that takes.
      const { examine } = await import("./examine.ts");
      return { type: "examined", examination: await examine(request.path, request.about) };
    }
    case "exit": {
      for (const open of sessions.values()) await open.session.release();
      sessions.clear();
      return { type: "done" };
    }
  }
}
