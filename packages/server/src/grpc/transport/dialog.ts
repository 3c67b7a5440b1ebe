import type { LongshoreError } from "@longshore/core";
import type { Leave } from "../../http/activeRequests.ts";
import type { Call } from "./call.ts";
import type { Chunks, Dialog } from "./method.ts";

/** Messages of one dialog that are handled at a time: the client holds the others. */
const MAX_AT_ONCE = 256;

/** Answers the messages of a call, at the same time, and sends the answers in their order. */
export function holdDialog(call: Call, method: Dialog): void {
  const turns = new Turns(call, method);
  call.read({
    onMessage: (bytes, leave) => void turns.take(bytes, leave),
    onEnd: () => turns.finish(),
    onRefused: (error) => turns.refuse(error),
    onBroken: (error) => turns.finish(error),
  });
}

/** One message and its answer, once that is known. */
interface Turn {
  readonly leave: Leave | undefined;
  readonly id: string;
  readonly startedAt: number;
  chunks?: Chunks;
  /** Ends the call when all before it is sent. */
  fatal?: LongshoreError;
}

/** The messages of a dialog whose answers were not sent, oldest first. */
class Turns {
  readonly #call: Call;
  readonly #method: Dialog;
  readonly #turns: Turn[] = [];
  #count = 0;
  #isHolding = false;
  #end: { readonly error: LongshoreError | undefined } | undefined;

  constructor(call: Call, method: Dialog) {
    this.#call = call;
    this.#method = method;
  }

  /** Answers a message. */
  async take(bytes: Uint8Array, leave: Leave): Promise<void> {
    const turn = this.#begin(leave);
    try {
      turn.chunks = await this.#method.answer(bytes, this.#call);
      this.#settle(turn, undefined);
    } catch (error) {
      this.#fail(turn, this.#call.toKnown(error), bytes);
    }
  }

  /** Tells of a message that may not be answered. */
  refuse(error: LongshoreError): void {
    this.#fail(this.#begin(undefined), error, undefined);
  }

  /** Ends the call when all before was answered. */
  finish(error?: LongshoreError): void {
    this.#end = { error };
    this.#flush();
  }

  #begin(leave: Leave | undefined): Turn {
    this.#count++;
    const id = `${this.#call.id}.${this.#count}`;
    const turn: Turn = { leave, id, startedAt: performance.now() };
    this.#turns.push(turn);
    this.#limit();
    return turn;
  }

  #fail(turn: Turn, error: LongshoreError, bytes: Uint8Array | undefined): void {
    const chunks = this.#method.toAnswer(error, bytes);
    if (chunks === undefined) turn.fatal = error;
    else turn.chunks = chunks;
    this.#settle(turn, error);
  }

  #settle({ id, startedAt }: Turn, error: LongshoreError | undefined): void {
    if (this.#method.limited) this.#call.log(id, startedAt, error);
    this.#flush();
  }

  /** Sends what is its turn. */
  #flush(): void {
    let sent = 0;
    for (const { chunks, fatal, leave } of this.#turns) {
      if (fatal !== undefined) return this.#call.end(fatal);
      if (chunks === undefined) break;
      this.#call.send(chunks, leave);
      sent++;
    }
    this.#turns.splice(0, sent);
    this.#limit();
    if (this.#end !== undefined && this.#turns.length === 0) this.#call.end(this.#end.error);
  }

  #limit(): void {
    const isFull = this.#turns.length >= MAX_AT_ONCE;
    if (isFull === this.#isHolding) return;
    this.#isHolding = isFull;
    this.#call.hold(isFull);
  }
}
