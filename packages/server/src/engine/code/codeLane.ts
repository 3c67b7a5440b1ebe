import { fail } from "@longshore/core";
import type { ModelLane, Work, WorkSource } from "../lane.ts";
import type { SessionOptions } from "../messages.ts";
import type { CodeLimits } from "./codeFile.ts";
import { CodeSession } from "./codeSession.ts";

/**
 * Rows are put together up to about so much computing: against it, what a call costs is nothing,
 * and what takes longer is better spread over the model's other workers.
 */
const BATCH_MS = 25;

/**
 * The lane of a code model: a worker of its own, with one session and one call at a time. What its
 * code does to the worker ends with the worker.
 */
export class CodeLane implements ModelLane {
  readonly #limits: CodeLimits;
  #source: WorkSource | undefined;
  #session: CodeSession | undefined;
  #notified = false;
  #busy: Promise<void> | undefined;

  constructor(limits: CodeLimits) {
    this.#limits = limits;
  }

  get tenants(): number {
    return this.#source === undefined ? 0 : 1;
  }

  get idle(): boolean {
    return this.#busy === undefined;
  }

  /** Nothing here hangs for good: the session has a limit of its own. */
  get oldest(): undefined {
    return undefined;
  }

  get unready(): string | undefined {
    return this.#session?.unready;
  }

  async open(source: WorkSource, { path }: SessionOptions): Promise<void> {
    this.#session = await CodeSession.open(path, source.name, this.#limits);
    this.#source = source;
    source.lanes.add(this);
    this.notify();
  }

  async release(source: WorkSource): Promise<void> {
    if (this.#source !== source) return;
    this.#source = undefined;
    source.lanes.delete(this);
    await this.#busy;
    await this.#session?.[Symbol.asyncDispose]();
  }

  async close(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
    await this.#busy;
  }

  send(source: WorkSource, work: Work): void {
    this.#occupy(async () => {
      await this.#run(work, source.name);
      await this.#work();
    });
  }

  /** As in {@link Lane.notify}: at the end of this turn, so that what arrives in it shares a batch. */
  notify(): void {
    if (this.#notified) return;
    this.#notified = true;
    setImmediate(() => {
      this.#notified = false;
      if (this.#busy === undefined) this.#occupy(() => this.#work());
    });
  }

  /** Begins work when what is under way has ended. */
  #occupy(work: () => Promise<void>): void {
    const busy = (this.#busy ?? Promise.resolve()).then(work).finally(() => {
      if (this.#busy === busy) this.#busy = undefined;
    });
    this.#busy = busy;
  }

  /** Works until the source has nothing more. */
  async #work(): Promise<void> {
    for (;;) {
      const now = performance.now();
      const source = this.#source;
      if (source === undefined || source.available(now) === 0) return;
      const work = source.take(now, Math.min(BATCH_MS, this.#limits.maxRunMs / 2));
      if (work !== undefined) await this.#run(work, source.name);
    }
  }

  async #run(work: Work, model: string): Promise<void> {
    const session = this.#session!;
    const before = session.unready;
    const reply = before === undefined ? await session.run(work.request) : undefined;
    if (reply === undefined) work.failed(fail("MODEL_UNREADY", { model, reason: before! }));
    else work.done(reply);
  }
}
