import {
  fail,
  type Infer,
  type InferContext,
  type InferRequest,
  type InferResponse,
  type SequencePosition,
  type Tensor,
  type Tensors,
} from "@longshore/core";
import { rowsOf } from "../shapes.ts";
import type { SequenceContract } from "./contract.ts";
import { controlTensor, detach, initialState } from "./tensors.ts";

export interface SequenceLimits {
  /** Name of the model, for messages. */
  readonly model: string;
  /** Whether the first axis is one of rows, which different sequences may share runs with. */
  readonly batchable: boolean;
  readonly maxIdleMs: number;
  readonly maxSequences: number;
  /** Requests that may wait for those before them in their sequences. */
  readonly maxWaiting: number;
}

/** A sequence of which something is kept, or something waits. */
interface Sequence {
  /** Undefined before its first request was answered, and after its last was. */
  state: Tensors | undefined;
  /** Settles when every request so far has been answered. */
  tail: Promise<unknown>;
  pending: number;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Runs the requests of each sequence one after another, with the state that the one before left.
 * Those of different sequences share runs, as the queue below puts them together.
 *
 * Invariant: a request that fails changes nothing. It may be sent again; one that was to start its
 * sequence has not.
 */
export class Sequences {
  readonly #infer: Infer;
  readonly #contract: SequenceContract;
  readonly #limits: SequenceLimits;
  readonly #sequences = new Map<bigint | string, Sequence>();
  #waiting = 0;

  /** @param infer takes and gives what the graph says. */
  constructor(infer: Infer, contract: SequenceContract, limits: SequenceLimits) {
    this.#infer = infer;
    this.#contract = contract;
    this.#limits = limits;
  }

  /** Sequences that run. */
  get size(): number {
    return this.#sequences.size;
  }

  /**
   * Answers a request of what callers send and get.
   *
   * @throws LongshoreError PARAMETER_INVALID without a sequence, SEQUENCE_UNKNOWN, SEQUENCES_FULL,
   *   INPUT_SHAPE for other than one row, and whatever its run throws.
   */
  readonly infer: Infer = async (request, context) => {
    const { model, batchable, maxSequences, maxWaiting } = this.#limits;
    const position = request.sequence;
    if (position === undefined) {
      const expected = `the sequence of the request, as "${model}" keeps state between requests`;
      throw fail("PARAMETER_INVALID", {
        parameter: "sequence_id",
        where: "",
        expected,
        got: "none",
      });
    }
    if (batchable) requireOneRow(request);
    let sequence = this.#sequences.get(position.id);
    if (sequence === undefined) {
      if (!position.start) throw this.#unknown(position);
      if (this.#sequences.size >= maxSequences) {
        throw fail("SEQUENCES_FULL", { model, limit: maxSequences });
      }
      sequence = { state: undefined, tail: Promise.resolve(), pending: 0, idle: undefined };
      this.#sequences.set(position.id, sequence);
    }
    if (sequence.pending > 0 && this.#waiting >= maxWaiting) {
      throw fail("QUEUE_FULL", { model, limit: maxWaiting });
    }
    return this.#inTurn(sequence, request, position, context);
  };

  /** Forgets everything. Nothing may be pending any more. */
  close(): void {
    for (const { idle } of this.#sequences.values()) clearTimeout(idle);
    this.#sequences.clear();
  }

  #inTurn(
    sequence: Sequence,
    request: InferRequest,
    position: SequencePosition,
    context: InferContext,
  ): Promise<InferResponse> {
    clearTimeout(sequence.idle);
    const waits = sequence.pending > 0;
    if (waits) this.#waiting++;
    sequence.pending++;
    const step = async (): Promise<InferResponse> => {
      if (waits) this.#waiting--;
      try {
        return await this.#step(sequence, request, position, context);
      } finally {
        sequence.pending--;
        if (sequence.pending === 0) this.#rest(position.id, sequence);
      }
    };
    const turn = waits ? sequence.tail.then(step) : step();
    sequence.tail = turn.catch(() => undefined);
    return turn;
  }

  async #step(
    sequence: Sequence,
    request: InferRequest,
    position: SequencePosition,
    context: InferContext,
  ): Promise<InferResponse> {
    const { controls, states, stateOutputs, signature } = this.#contract;
    const before = position.start ? undefined : sequence.state;
    if (before === undefined && !position.start) throw this.#unknown(position);
    const inputs = new Map(request.inputs);
    for (const control of controls) inputs.set(control.spec.name, controlTensor(control, position));
    for (const slot of states) {
      inputs.set(slot.input.name, before?.get(slot.output) ?? initialState(slot));
    }
    const { outputs: wanted, priority } = request;
    const whole = {
      inputs,
      ...(wanted && { outputs: [...wanted, ...stateOutputs] }),
      ...(priority !== undefined && { priority }),
    };
    const { outputs: all, ...about } = await this.#infer(whole, context);
    const after = new Map<string, Tensor>();
    for (const name of stateOutputs) after.set(name, detach(all.get(name)!));
    sequence.state = position.end ? undefined : after;
    const names = wanted ?? signature.outputs.map(({ name }) => name);
    return { outputs: new Map(names.map((name) => [name, all.get(name)!])), ...about };
  }

  /** Nothing of a sequence is pending: it waits for more, but not for ever. */
  #rest(id: bigint | string, sequence: Sequence): void {
    const forget = (): void => {
      if (sequence.pending === 0) this.#sequences.delete(id);
    };
    if (sequence.state === undefined) forget();
    else sequence.idle = setTimeout(forget, this.#limits.maxIdleMs).unref();
  }

  #unknown({ id }: SequencePosition): Error {
    const { model, maxIdleMs } = this.#limits;
    const text = typeof id === "string" ? `"${id}"` : `${id}`;
    return fail("SEQUENCE_UNKNOWN", { id: text, model, idle: maxIdleMs });
  }
}

function requireOneRow(request: InferRequest): void {
  if (rowsOf(request) === 1) return;
  const [[input, { shape }]] = request.inputs as unknown as [[string, Tensor]];
  throw fail("INPUT_SHAPE", {
    input,
    shape: `[${shape.join(",")}]`,
    problem: "a request of a sequence has one row; send rows that follow each other one by one",
  });
}
