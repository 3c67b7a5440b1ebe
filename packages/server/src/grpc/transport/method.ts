import type { IncomingHttpHeaders } from "node:http2";
import { fail, type CancelSignal, type LongshoreError } from "@longshore/core";
import { Reader, Writer, type MessageType } from "@longshore/core/proto";

/** A message as bytes, in pieces to be sent one after the other. */
export type Chunks = readonly Uint8Array[];

/** What a method is told of the call that it answers. */
export interface CallContext {
  readonly headers: IncomingHttpHeaders;
  /** What the call is named in the log. */
  readonly id: string;
  /** Aborts when the caller is gone. */
  readonly signal: CancelSignal;
  /** When the caller stops waiting, in milliseconds on the clock of `performance.now()`. */
  readonly deadline: number | undefined;
}

interface MethodBase {
  /** `package.Service/Method`. */
  readonly name: string;
  /** Inference: each message counts against the limits of concurrency. */
  readonly limited?: boolean;
  /** Probes: logged at debug only. */
  readonly quiet?: boolean;
}

/** One message in, one out. */
export interface Unary extends MethodBase {
  readonly kind: "unary";
  /** Rejects with a LongshoreError, and throws nothing at once. */
  answer(bytes: Uint8Array, call: CallContext): Promise<Chunks>;
}

/** Any number of messages in, each with one answer, in their order. */
export interface Dialog extends MethodBase {
  readonly kind: "dialog";
  /** Rejects with a LongshoreError, and throws nothing at once. */
  answer(bytes: Uint8Array, call: CallContext): Promise<Chunks>;
  /**
   * The message that tells of an error in one message; undefined where it ends the call.
   *
   * @param bytes the message; undefined where it was passed over.
   */
  toAnswer(error: LongshoreError, bytes: Uint8Array | undefined): Chunks | undefined;
}

/** One message in, then messages out until the caller is gone. */
export interface Feed extends MethodBase {
  readonly kind: "feed";
  /**
   * @returns a function that stops sending.
   * @throws LongshoreError
   */
  open(bytes: Uint8Array, send: (message: Chunks) => void): () => void;
}

export type Method = Unary | Dialog | Feed;

/** @throws LongshoreError MESSAGE_INVALID */
export function decode<M>(type: MessageType<M>, bytes: Uint8Array): M {
  const message = type.create();
  type.read(new Reader(bytes, (problem) => fail("MESSAGE_INVALID", { problem })), message);
  return message;
}

/** The bytes of a message; large byte fields are views. */
export function encode<M>(type: MessageType<M>, message: M): Chunks {
  const writer = new Writer();
  type.write(writer, message);
  return writer.finish();
}

/** A unary method from the types of its messages. */
export function unary<Request, Response>(
  name: string,
  request: MessageType<Request>,
  response: MessageType<Response>,
  answer: (request: Request, call: CallContext) => Response | Promise<Response>,
  options: Pick<MethodBase, "quiet" | "limited"> = {},
): Unary {
  return {
    ...options,
    kind: "unary",
    name,
    answer: async (bytes, call) => encode(response, await answer(decode(request, bytes), call)),
  };
}
