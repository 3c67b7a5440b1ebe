import { fail, type InferContext, type InferRequest, type InferResponse } from "@longshore/core";
import {
  limitsOf,
  policyOf,
  priorityOf,
  type QueuePolicies,
  type QueuePolicy,
} from "./queuePolicy.ts";
import { rowsOf, type GroupKey } from "./shapes.ts";
import { isBefore, WaitingGroup, type Urgency } from "./waitingGroup.ts";

/** What a queue decides by. */
export interface QueueSettings {
  /** Whether requests may share a run. */
  readonly batchable: boolean;
  /** Rows that requests are put together up to. */
  readonly maxBatchSize: number;
  /** How long the first request waits for others, in milliseconds. 0: a run starts as soon as it can. */
  readonly maxQueueDelayMs: number;
  /** Batch sizes to prefer, ascending. */
  readonly preferredBatchSizes: readonly number[];
  /** Requests with equal keys may share a run. */
  readonly groupKey: GroupKey;
  readonly policies: QueuePolicies;
}

/** A request in the queue or in a run. */
export interface Waiting {
  readonly request: InferRequest;
  readonly rows: number;
  readonly enqueuedAt: number;
  readonly resolve: (response: InferResponse) => void;
  /** Settles the promise and takes the request off the queue if it is still there. */
  readonly reject: (error: Error) => void;
}

interface Entry extends Waiting, Urgency {
  late: boolean;
  readonly group: WaitingGroup<Entry>;
  readonly level: Level;
  /** Whether it waits: neither answered, nor given up, nor handed out. */
  waits: boolean;
  /** Runs while it waits, where it may not wait for ever. */
  patience: NodeJS.Timeout | undefined;
}

/** The requests that share one policy. */
interface Level {
  readonly policy: QueuePolicy;
  /** Of those that wait. */
  length: number;
}

/** Requests that may not share a run still share a message to the worker, up to so many. */
const MAX_RUNS_A_MESSAGE = 32;

/** Up to so many rows are put together, unless they are many for their cost. */
export const SMALL_BATCH = 8;

/**
 * The requests that wait for one model, grouped by what may share a run.
 *
 * Invariants: requests of different shapes or wanted outputs are never handed out together; among
 * all, the most urgent is handed out first: by priority, then those that did not wait for too long,
 * then the oldest; a request is handed out at most once, and never after its promise was settled.
 */
export class RequestQueue {
  readonly #model: string;
  readonly #settings: QueueSettings;
  readonly #onReady: () => void;
  readonly #groups = new Map<string, WaitingGroup<Entry>>();
  /** By priority where a model has levels, else the one that all share. */
  readonly #levels = new Map<number, Level>();
  #length = 0;
  /** Rows (or runs) that were accepted and not answered: waiting or handed out. */
  #open = 0;
  #sequence = 0;
  #delay: NodeJS.Timeout | undefined;
  #limitsTime = false;

  /** @param onReady called when there may be something to take. */
  constructor(model: string, settings: QueueSettings, onReady: () => void) {
    this.#model = model;
    this.#settings = settings;
    this.#onReady = onReady;
  }

  /** Requests that wait. */
  get length(): number {
    return this.#length;
  }

  /**
   * From now on the policies' timeouts count. Before, requests come from the server itself, which
   * tries a model with more of them than its callers would wait behind.
   */
  limitTime(): void {
    this.#limitsTime = true;
  }

  /**
   * Puts a checked request into the queue.
   *
   * A caller's deadline ends a request wherever it is. The time that a policy gives is for waiting
   * alone: a run that has begun costs what it costs. A request's own timeout is either, as the
   * policy of its priority says.
   *
   * @throws LongshoreError QUEUE_FULL, PARAMETER_INVALID for a priority that there is not; TIMEOUT
   *   and CANCELLED also later, whether the request still waits or is already in a run.
   */
  add(request: InferRequest, context: InferContext): Promise<InferResponse> {
    return new Promise((resolve, reject) => {
      const priority = priorityOf(this.#settings.policies, request, this.#model);
      const level = this.#levelOf(priority);
      const { maxLength } = level.policy;
      if (level.length >= maxLength) {
        throw fail("QUEUE_FULL", { model: this.#model, limit: maxLength });
      }
      if (context.signal?.aborted) throw fail("CANCELLED");
      this.#enqueue(request, context, priority, level, resolve, reject);
    });
  }

  /** Rows that {@link take} could give at this time, 0 for none; runs where requests cannot share one. */
  available(now: number): number {
    const group = this.#first();
    if (group === undefined) return 0;
    const { batchable, maxBatchSize, maxQueueDelayMs, preferredBatchSizes } = this.#settings;
    const size = batchable ? Math.max(1, group.rows) : group.length;
    if (!batchable || maxQueueDelayMs === 0) return size;
    if (size >= (preferredBatchSizes[0] ?? maxBatchSize)) return size;
    const remaining = group.first!.enqueuedAt + maxQueueDelayMs - now;
    if (remaining <= 0) return size;
    this.#delay ??= setTimeout(() => {
      this.#delay = undefined;
      this.#onReady();
    }, Math.ceil(remaining));
    return 0;
  }

  /**
   * Hands out the requests of the next run (or, for a model that cannot batch, of the next few
   * runs): the most urgent one and others of its group, up to `maxRows`.
   *
   * A single request with more rows is handed out alone.
   *
   * @param workers how many it takes to keep up with the I/O thread.
   * @param few rows that are not worth parting among them.
   */
  take(maxRows: number, workers = 1, few: number = SMALL_BATCH): readonly Waiting[] {
    const group = this.#first();
    if (group === undefined) return [];
    const limit = this.#limit(group.rows, maxRows, workers, few);
    let count = 0;
    let rows = 0;
    for (const entry of group.entries) {
      rows += this.#settings.batchable ? entry.rows : 1;
      if (count > 0 && rows > limit) break;
      count++;
    }
    const taken = group.take(count);
    for (const entry of taken) this.#left(entry);
    return taken;
  }

  /** Rejects everything that waits, such as when the model is unloaded for good. */
  clear(error: Error): void {
    for (let group = this.#first(); group !== undefined; group = this.#first())
      group.first!.reject(error);
    clearTimeout(this.#delay);
    this.#delay = undefined;
  }

  #enqueue(
    request: InferRequest,
    context: InferContext,
    priority: number,
    level: Level,
    resolve: (response: InferResponse) => void,
    reject: (error: Error) => void,
  ): void {
    const { signal } = context;
    const enqueuedAt = performance.now();
    const { deadline, patience } = limitsOf(level.policy, context, enqueuedAt);
    if (deadline !== undefined && deadline <= enqueuedAt) {
      throw fail("TIMEOUT", { elapsed: 0, model: this.#model });
    }
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const settle = (): void => {
      if (settled) return;
      settled = true;
      this.#open -= entry.rows;
      if (entry.waits) {
        entry.group.remove(entry);
        this.#left(entry);
      }
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const entry: Entry = {
      request,
      rows: this.#settings.batchable ? rowsOf(request) : 1,
      enqueuedAt,
      priority,
      late: false,
      sequence: this.#sequence++,
      group: this.#groupOf(request),
      level,
      waits: true,
      patience: undefined,
      resolve: (response) => {
        settle();
        resolve(response);
      },
      reject: (error) => {
        settle();
        reject(error);
      },
    };
    const onAbort = (): void => entry.reject(fail("CANCELLED"));
    signal?.addEventListener("abort", onAbort, { once: true });
    if (deadline !== undefined) timer = at(deadline, enqueuedAt, () => this.#timeOut(entry));
    if (patience !== undefined && this.#limitsTime) {
      const act = level.policy.delays ? this.#putBehind : this.#timeOut;
      entry.patience = at(patience, enqueuedAt, () => act.call(this, entry));
    }
    entry.group.add(entry);
    level.length++;
    this.#length++;
    this.#open += entry.rows;
    this.#onReady();
  }

  #putBehind(entry: Entry): void {
    entry.group.remove(entry);
    entry.late = true;
    entry.group.add(entry);
  }

  #timeOut(entry: Entry): void {
    const elapsed = Math.round(performance.now() - entry.enqueuedAt);
    entry.reject(fail("TIMEOUT", { elapsed, model: this.#model }));
  }

  #groupOf(request: InferRequest): WaitingGroup<Entry> {
    const key = this.#settings.groupKey(request);
    let group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, (group = new WaitingGroup(key)));
    return group;
  }

  #levelOf(priority: number): Level {
    const { policies } = this.#settings;
    const key = policies.levels === undefined ? 0 : priority;
    let level = this.#levels.get(key);
    if (level === undefined) {
      level = { policy: policyOf(policies, key), length: 0 };
      this.#levels.set(key, level);
    }
    return level;
  }

  /** The group of the most urgent request. */
  #first(): WaitingGroup<Entry> | undefined {
    let best: WaitingGroup<Entry> | undefined;
    for (const group of this.#groups.values()) {
      if (best === undefined || isBefore(group.first!, best.first!)) best = group;
    }
    return best;
  }

  /**
   * Rows (or runs) to hand out together: the largest preferred size that can be filled, else
   * whatever is there, but no more than a share of everything that is open: one for each worker and
   * one for the I/O thread. While the workers compute theirs, the I/O thread answers and reads its
   * own; all at once, they would take turns. With one worker these are halves. Unequal parts gain
   * nothing: a run costs something of its own and something a row, and each row is in a run of two.
   */
  #limit(available: number, maxRows: number, workers: number, few: number): number {
    const { batchable, maxBatchSize, preferredBatchSizes } = this.#settings;
    const most = Math.min(batchable ? maxBatchSize : MAX_RUNS_A_MESSAGE, maxRows);
    const preferred = preferredBatchSizes.findLast((size) => size <= available && size <= most);
    return preferred ?? Math.min(most, Math.max(few, Math.ceil(this.#open / (workers + 1))));
  }

  /** An entry was taken out of its group. Memory stays with what waits, not with what once waited. */
  #left(entry: Entry): void {
    entry.waits = false;
    clearTimeout(entry.patience);
    entry.level.length--;
    this.#length--;
    if (entry.group.length === 0) this.#groups.delete(entry.group.key);
  }
}

/** The longest that a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function at(time: number, now: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(time - now, MAX_TIMER_MS));
}
