import { fail, type InferContext, type InferRequest, type InferResponse } from "@longshore/core";
import { rowsOf, type GroupKey } from "./shapes.ts";

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
  /** Requests that may wait. */
  readonly maxLength: number;
  /** Requests with equal keys may share a run. */
  readonly groupKey: GroupKey;
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

interface Entry extends Waiting {
  readonly priority: number;
  readonly sequence: number;
  /** Answered, given up, or handed out: no longer in its group. */
  gone: boolean;
}

/** Requests that may share a run, most urgent first. */
interface Group {
  readonly key: string;
  /** What was handed out is taken off, so that it and its answer can be freed. */
  readonly entries: Entry[];
  /** Entries that are not gone, and their rows. A group without any is removed. */
  count: number;
  rows: number;
}

/** Priority of a request that names none: 1 is the highest. */
const DEFAULT_PRIORITY = 10;

/** Requests that may not share a run still share a message to the worker, up to so many. */
const MAX_RUNS_A_MESSAGE = 32;

/** Up to so many rows are always put together. */
const SMALL_BATCH = 8;

/**
 * The requests that wait for one model, grouped by what may share a run.
 *
 * Invariants: requests of different shapes or wanted outputs are never handed out together; among
 * all, the most urgent and then the oldest is handed out first; a request is handed out at most
 * once, and never after its promise was settled.
 */
export class RequestQueue {
  readonly #model: string;
  readonly #settings: QueueSettings;
  readonly #onReady: () => void;
  readonly #groups = new Map<string, Group>();
  #length = 0;
  /** Rows (or runs) that were accepted and not answered: waiting or handed out. */
  #open = 0;
  #sequence = 0;
  #delay: NodeJS.Timeout | undefined;

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
   * Puts a checked request into the queue.
   *
   * @throws LongshoreError QUEUE_FULL at once; TIMEOUT and CANCELLED later, whether the request
   *   still waits or is already in a run.
   */
  add(request: InferRequest, context: InferContext): Promise<InferResponse> {
    const { maxLength } = this.#settings;
    if (this.#length >= maxLength) {
      return Promise.reject(fail("QUEUE_FULL", { model: this.#model, limit: maxLength }));
    }
    if (context.signal?.aborted) return Promise.reject(fail("CANCELLED"));
    return new Promise((resolve, reject) => this.#enqueue(request, context, resolve, reject));
  }

  /** Rows that {@link take} could give at this time, 0 for none; runs where requests cannot share one. */
  available(now: number): number {
    const group = this.#first();
    if (group === undefined) return 0;
    const { batchable, maxBatchSize, maxQueueDelayMs, preferredBatchSizes } = this.#settings;
    const size = batchable ? Math.max(1, group.rows) : group.count;
    if (!batchable || maxQueueDelayMs === 0) return size;
    if (size >= (preferredBatchSizes[0] ?? maxBatchSize)) return size;
    const remaining = group.entries[0]!.enqueuedAt + maxQueueDelayMs - now;
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
   */
  take(maxRows: number): readonly Waiting[] {
    const group = this.#first();
    if (group === undefined) return [];
    const limit = this.#limit(group.rows, maxRows);
    const taken: Entry[] = [];
    let rows = 0;
    let passed = 0;
    for (const entry of group.entries) {
      if (!entry.gone) {
        const size = this.#settings.batchable ? entry.rows : 1;
        if (taken.length > 0 && rows + size > limit) break;
        this.#leave(group, entry);
        taken.push(entry);
        rows += size;
      }
      passed++;
    }
    group.entries.splice(0, passed);
    this.#tidy(group);
    return taken;
  }

  /** Rejects everything that waits, such as when the model is unloaded for good. */
  clear(error: Error): void {
    for (const group of this.#groups.values()) {
      for (const entry of group.entries) entry.reject(error);
    }
    this.#groups.clear();
    clearTimeout(this.#delay);
    this.#delay = undefined;
  }

  #enqueue(
    request: InferRequest,
    context: InferContext,
    resolve: (response: InferResponse) => void,
    reject: (error: Error) => void,
  ): void {
    const { signal, deadline } = context;
    const enqueuedAt = performance.now();
    const key = this.#settings.groupKey(request);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, entries: [], count: 0, rows: 0 };
      this.#groups.set(key, group);
    }
    const home = group;
    let timer: NodeJS.Timeout | undefined;
    let settled = false;
    const settle = (): void => {
      if (settled) return;
      settled = true;
      this.#open -= entry.rows;
      if (!entry.gone) {
        this.#leave(home, entry);
        this.#tidy(home);
      }
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const entry: Entry = {
      request,
      rows: this.#settings.batchable ? rowsOf(request) : 1,
      enqueuedAt,
      priority: request.priority || DEFAULT_PRIORITY,
      sequence: this.#sequence++,
      gone: false,
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
    if (deadline !== undefined) {
      timer = setTimeout(
        () => {
          const elapsed = Math.round(performance.now() - enqueuedAt);
          entry.reject(fail("TIMEOUT", { elapsed, model: this.#model }));
        },
        Math.min(deadline - enqueuedAt, MAX_TIMER_MS),
      );
    }
    insert(home, entry);
    home.count++;
    home.rows += entry.rows;
    this.#length++;
    this.#open += entry.rows;
    this.#onReady();
  }

  /** The group of the most urgent, then oldest request. */
  #first(): Group | undefined {
    let best: Group | undefined;
    for (const group of this.#groups.values()) {
      while (group.entries[0]?.gone) group.entries.shift();
      if (best === undefined || isBefore(group.entries[0]!, best.entries[0]!)) {
        best = group;
      }
    }
    return best;
  }

  /**
   * Rows (or runs) to hand out together: the largest preferred size that can be filled, else
   * whatever is there, but no more than half of everything that is open. While the worker computes
   * one half, the I/O thread answers and reads the other; all at once, the two would take turns.
   */
  #limit(available: number, maxRows: number): number {
    const { batchable, maxBatchSize, preferredBatchSizes } = this.#settings;
    const most = Math.min(batchable ? maxBatchSize : MAX_RUNS_A_MESSAGE, maxRows);
    const preferred = preferredBatchSizes.findLast((size) => size <= available && size <= most);
    return preferred ?? Math.min(most, Math.max(SMALL_BATCH, Math.ceil(this.#open / 2)));
  }

  #leave(group: Group, entry: Entry): void {
    entry.gone = true;
    group.count--;
    group.rows -= entry.rows;
    this.#length--;
  }

  /** Keeps memory with what waits, not with what once waited. */
  #tidy(group: Group): void {
    if (group.count === 0) this.#groups.delete(group.key);
  }
}

/** The longest that a timer of Node can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function isBefore(a: Entry, b: Entry): boolean {
  return a.priority === b.priority ? a.sequence < b.sequence : a.priority < b.priority;
}

/** Keeps a group ordered; almost always that is the end. */
function insert(group: Group, entry: Entry): void {
  let index = group.entries.length;
  while (index > 0 && isBefore(entry, group.entries[index - 1]!)) index--;
  if (index === group.entries.length) group.entries.push(entry);
  else group.entries.splice(index, 0, entry);
}
