import { fail } from "@longshore/core";
import type { Call } from "./call.ts";
import { holdDialog } from "./dialog.ts";
import type { Feed, Method, Unary } from "./method.ts";

/** Answers a call as its method does. */
export function answerCall(call: Call, method: Method): void {
  if (method.kind === "unary") answerUnary(call, method);
  else if (method.kind === "dialog") holdDialog(call, method);
  else openFeed(call, method);
}

function answerUnary(call: Call, method: Unary): void {
  readOne(call, (bytes) => {
    method.answer(bytes, call).then(
      (chunks) => call.endWith(chunks),
      (error: unknown) => call.fail(error),
    );
  });
}

function openFeed(call: Call, method: Feed): void {
  readOne(call, (bytes) => {
    try {
      call.afterwards(method.open(bytes, (chunks) => call.send(chunks)));
    } catch (error) {
      call.fail(error);
    }
  });
}

/** Gives the one message of a call, when the client has said that there is no other. */
function readOne(call: Call, onMessage: (bytes: Uint8Array) => void): void {
  let message: Uint8Array | undefined;
  let isWhole = false;
  call.read({
    onMessage(bytes) {
      if (message === undefined) message = bytes;
      else call.end(fail("MESSAGE_INVALID", { problem: "a second one follows; send one" }));
    },
    onEnd() {
      if (message === undefined) return call.end(fail("BODY_EMPTY", { expected: "one message" }));
      isWhole = true;
      onMessage(message);
    },
    onRefused: (error) => call.end(error),
    onBroken(error) {
      // What is being answered needs no more from the client; a feed would go on for ever.
      if (!isWhole || call.method.kind === "feed") call.end(error);
    },
  });
}
