import { isCodeFile, type CodeLimits } from "./code/codeFile.ts";
import { CodeLane } from "./code/codeLane.ts";
import { examineCode } from "./code/examineCode.ts";
import type { AboutModel, Examination } from "./examine.ts";
import { Lane, type ModelLane, type WorkSource } from "./lane.ts";
import type { Machine } from "./machine.ts";
import type { SessionOptions } from "./messages.ts";

/** What the placement of a model is decided by. */
export interface Demand {
  /** Milliseconds of a run with one row on one thread, where that is known. */
  readonly runMs: number | undefined;
  /** Bytes of the model. */
  readonly bytes: number;
  /** Sessions, when the operator decides. */
  readonly instances?: number | undefined;
  /** Threads of one run, when the operator decides. */
  readonly intraOpThreads?: number | undefined;
  /** Limits of a model that is code; undefined for a graph. */
  readonly code?: CodeLimits | undefined;
}

/** Where a model's sessions live, and what they are opened with. */
export interface Placement {
  readonly lanes: readonly ModelLane[];
  readonly intraOpThreads: number;
  readonly dedicated: boolean;
}

/** From here on, a model would make the others on a shared worker wait: it gets workers of its own. */
const HEAVY_RUN_MS = 10;
const HEAVY_BYTES = 100 * 2 ** 20;

/** Whether a model gets a worker of its own, and several threads a run. */
export function isHeavy({ runMs = 0, bytes }: Pick<Demand, "runMs" | "bytes">): boolean {
  return runMs >= HEAVY_RUN_MS || bytes >= HEAVY_BYTES;
}

/**
 * The workers of a process.
 *
 * Light models share one worker a core (one core less, which the I/O thread needs); each has a
 * session in every one of them and runs on a single thread. A heavy model gets a worker of its
 * own, whose runs use all cores. So does a model that is code, in workers that may be terminated.
 */
export class Pool {
  readonly machine: Machine;
  readonly #shared: readonly Lane[];
  readonly #dedicated = new Set<ModelLane>();

  constructor(machine: Machine) {
    this.machine = machine;
    this.#shared = Array.from({ length: Math.max(1, machine.cores - 1) }, () => new Lane());
    this.#shared[0]!.warmUp();
  }

  /** All workers, for those who watch over them. */
  get lanes(): readonly ModelLane[] {
    return [...this.#shared, ...this.#dedicated];
  }

  /** Examines a model in a worker, for callers that need no protection from its crash. */
  examine(path: string, about?: AboutModel): Promise<Examination> {
    // Code gets a worker of its own for it: the shared ones must never be terminated.
    return isCodeFile(path) ? examineCode(path, about) : this.#shared[0]!.examine(path, about);
  }

  /** Chooses workers and threads for a model. */
  place(demand: Demand): Placement {
    const { instances, intraOpThreads, code } = demand;
    if (code !== undefined) {
      const lanes = this.#dedicate(instances ?? 1, () => new CodeLane(code));
      return { lanes, intraOpThreads: 1, dedicated: true };
    }
    if (
      !isHeavy(demand) &&
      (intraOpThreads ?? 1) === 1 &&
      (instances ?? 1) <= this.#shared.length
    ) {
      const lanes = leastOccupied(this.#shared, instances ?? this.#shared.length);
      return { lanes, intraOpThreads: 1, dedicated: false };
    }
    const count = instances ?? 1;
    const lanes = this.#dedicate(count, () => new Lane());
    const threads = intraOpThreads ?? Math.max(1, Math.floor(this.machine.cores / count));
    return { lanes, intraOpThreads: threads, dedicated: true };
  }

  /**
   * Opens a model's sessions.
   *
   * @throws Error with ONNX Runtime's message; nothing is left open then.
   */
  async open(placement: Placement, source: WorkSource, options: SessionOptions): Promise<void> {
    const opened = await Promise.allSettled(
      placement.lanes.map((lane) => lane.open(source, options)),
    );
    const failed = opened.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      await this.release(placement, source);
      throw failed.reason;
    }
  }

  /** Releases a model's sessions after the runs that were already sent, and its own workers. */
  async release(placement: Placement, source: WorkSource): Promise<void> {
    await Promise.all(placement.lanes.map((lane) => lane.release(source)));
    if (!placement.dedicated) return;
    for (const lane of placement.lanes) this.#dedicated.delete(lane);
    await Promise.all(placement.lanes.map((lane) => lane.close()));
  }

  #dedicate(count: number, make: () => ModelLane): ModelLane[] {
    const lanes = Array.from({ length: count }, make);
    for (const lane of lanes) this.#dedicated.add(lane);
    return lanes;
  }

  /** Ends all workers, each after the runs that it has. */
  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }
}

function leastOccupied(lanes: readonly Lane[], count: number): Lane[] {
  return lanes.toSorted((a, b) => a.tenants - b.tenants).slice(0, count);
}
