import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { fail } from "@longshore/core";
import type { AboutModel, Examination } from "./examine.ts";
import type {
  Reply,
  Request,
  RunReply,
  RunRequest,
  SessionOptions,
  WorkerData,
} from "./messages.ts";
import { runRecordTarget } from "./runRecord.ts";
import { disableTelemetry } from "./telemetry.ts";
import { packRequest, unpackReply, type WireReply } from "./wire.ts";

/** Something that has runs for one session, and gives them out when a lane is free. */
export interface WorkSource {
  /** Name for messages to people. */
  readonly name: string;
  /** Where its sessions are open. The lanes keep this. */
  readonly lanes: Set<ModelLane>;
  /** Rows that {@link take} would give now, 0 for none; for a model that cannot batch, runs. */
  available(now: number): number;
  /**
   * Gives out the next work, at most about `budgetMs` of computing.
   *
   * @returns undefined if there is none after all.
   */
  take(now: number, budgetMs: number): Work | undefined;
}

/** Runs that go to a worker in one message. Exactly one of `done` and `failed` is called, once. */
export interface Work {
  readonly request: Omit<RunRequest, "session">;
  /** Rows, or runs of a model that cannot batch. */
  readonly size: number;
  /** Milliseconds of computing that this is expected to take. */
  readonly expectedMs: number;
  done(reply: RunReply): void;
  failed(error: Error): void;
}

/** A source on a lane. */
interface Tenant {
  readonly source: WorkSource;
  readonly session: number;
  readonly options: SessionOptions;
  /** Milliseconds of computing that this tenant has had: who had least goes next. */
  used: number;
}

interface Exchange {
  readonly label: string;
  readonly settle: (reply: Reply) => void;
  readonly failed: (error: Error) => void;
  readonly sentAt: number;
}

/** While others wait, one model may hold a shared worker for about this long. */
const SHARED_BUDGET_MS = 25;

/** Where several models wait, a second message is sent ahead only while the first is this short. */
const SHARED_AHEAD_MS = 5;

/** What computes for models: a worker thread, seen from the I/O thread. */
export interface ModelLane {
  /** Number of sources whose sessions live here. */
  readonly tenants: number;
  /** Whether it has no runs at this time. */
  readonly idle: boolean;
  /** How long the oldest unanswered message has been with the worker, and whose it is. */
  readonly oldest: { readonly label: string; readonly ms: number } | undefined;
  /** Why it cannot compute anything for now; undefined as long as it can. */
  readonly unready: string | undefined;
  /** Opens a session for a source; its work is taken as soon as this resolves. */
  open(source: WorkSource, options: SessionOptions): Promise<void>;
  /** Stops taking from a source and releases its session after the runs that were already sent. */
  release(source: WorkSource): Promise<void>;
  /** Sends work to the very session of a source, past what it has waiting. */
  send(source: WorkSource, work: Work): void;
  /** Says that a source may have become ready. */
  notify(): void;
  /** Lets the runs that were sent finish, then ends the worker. */
  close(): Promise<void>;
}

/**
 * The I/O thread's side of one worker thread: its sessions, and a fair order of their work.
 *
 * Fairness is by measured cost (virtual time, as in start-time fair queueing): a free lane takes
 * from the source whose runs have used least computing time so far. A source that was idle starts
 * level with the others, so idling saves up no claim.
 */
export class Lane implements ModelLane {
  #worker: Worker | undefined;
  #sent: Exchange[] = [];
  #tenants: Tenant[] = [];
  #nextSession = 1;
  /** Expected milliseconds of all runs that were sent and not answered. */
  #outstandingMs = 0;
  #runsSent = 0;
  /** Whose work was sent last, and its size. */
  #last: { readonly tenant: Tenant; readonly size: number } | undefined;
  /** `used` of the tenant served last: where a tenant that was idle comes in. */
  #level = 0;
  #pumping = false;
  #closing = false;

  get tenants(): number {
    return this.#tenants.length;
  }

  get idle(): boolean {
    return this.#runsSent === 0;
  }

  get oldest(): { label: string; ms: number } | undefined {
    const [first] = this.#sent;
    return first && { label: first.label, ms: performance.now() - first.sentAt };
  }

  /** A worker that ended is started again at once. */
  get unready(): undefined {
    return undefined;
  }

  /** Starts the worker ahead of its first session, as it takes a moment. */
  warmUp(): void {
    this.#worker ??= this.#start();
    this.#worker.unref();
  }

  async open(source: WorkSource, options: SessionOptions): Promise<void> {
    const tenant: Tenant = { source, options, session: this.#nextSession++, used: this.#level };
    await this.#ask({ type: "open", session: tenant.session, options }, source.name);
    this.#tenants.push(tenant);
    source.lanes.add(this);
    this.notify();
  }

  async release(source: WorkSource): Promise<void> {
    const index = this.#tenants.findIndex((tenant) => tenant.source === source);
    if (index < 0) return;
    source.lanes.delete(this);
    const [tenant] = this.#tenants.splice(index, 1);
    if (this.#last?.tenant === tenant) this.#last = undefined;
    await this.#ask({ type: "release", session: tenant!.session }, source.name);
  }

  /** Examines a model file in the worker. For callers that need no protection from its crash. */
  async examine(path: string, about?: AboutModel): Promise<Examination> {
    const reply = await this.#ask({ type: "examine", path, about }, path);
    if (reply.type !== "examined") throw new Error(`unexpected reply ${reply.type}`);
    return reply.examination;
  }

  send(source: WorkSource, work: Work): void {
    const tenant = this.#tenants.find((each) => each.source === source);
    if (tenant === undefined) work.failed(new Error("its session is not open"));
    else this.#send(tenant, work, performance.now());
  }

  /**
   * Says that a source may have become ready. Work is taken at the end of the current turn of the
   * event loop, so that all requests that arrived in it can share a batch.
   */
  notify(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** Lets the runs that were sent finish, then ends the worker. It is never terminated. */
  async close(): Promise<void> {
    this.#closing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = once(worker, "exit");
    await this.#ask({ type: "exit" }, "exit");
    worker.ref();
    await ended;
  }

  #pump(): void {
    const now = performance.now();
    while (!this.#closing && this.#runsSent < 2) {
      // Work is sent ahead, so that the worker never waits for it.
      const tenant = this.#next(now);
      if (tenant === undefined) return;
      const budget = this.#tenants.length > 1 ? SHARED_BUDGET_MS : Number.POSITIVE_INFINITY;
      const work = tenant.source.take(now, budget);
      if (work !== undefined) this.#send(tenant, work, now);
    }
  }

  /** Whose turn it is; nobody's where the worker is busy and nothing is worth sending ahead. */
  #next(now: number): Tenant | undefined {
    let best: Tenant | undefined;
    let waiting = 0;
    for (const tenant of this.#tenants) {
      const available = tenant.source.available(now);
      if (available === 0) continue;
      waiting++;
      if (!this.idle && !this.#isWorthAhead(tenant, available)) continue;
      // A claim never reaches back to before the last turn: that is what idling would save up.
      tenant.used = Math.max(tenant.used, this.#level);
      if (best === undefined || tenant.used < best.used) best = tenant;
    }
    // What is sent ahead cannot be overtaken: where several wait, only while little is under way.
    if (this.#runsSent > 0 && waiting > 1 && this.#outstandingMs >= SHARED_AHEAD_MS)
      return undefined;
    if (best !== undefined) this.#level = best.used;
    return best;
  }

  /**
   * A source's own work follows in no smaller portions than it is done in, as each message costs the
   * I/O thread as much as a request; another source's is due however little it is. None is sent ahead
   * that a worker without runs could begin with.
   */
  #isWorthAhead(tenant: Tenant, available: number): boolean {
    const isPortion = tenant !== this.#last?.tenant || available >= this.#last.size;
    return isPortion && !hasIdleLane(tenant.source);
  }

  #send(tenant: Tenant, work: Work, now: number): void {
    tenant.used += work.expectedMs;
    this.#outstandingMs += work.expectedMs;
    if (this.#runsSent++ === 0) tellBusyLanes(tenant.source, this);
    this.#last = { tenant, size: work.size };
    const settled = (actualMs: number): void => {
      tenant.used += actualMs - work.expectedMs;
      this.#outstandingMs -= work.expectedMs;
      if (--this.#runsSent === 0) this.#outstandingMs = 0; // No drift from rounding.
    };
    const failed = ({ message: reason }: Error): void => {
      settled(work.expectedMs);
      work.failed(fail("RUN_FAILED", { model: tenant.source.name, reason }));
    };
    this.#post({ ...work.request, session: tenant.session }, [work.request.arena], {
      label: tenant.source.name,
      sentAt: now,
      settle: (reply) => {
        if (reply.type === "ran") {
          settled(reply.timing.input + reply.timing.infer + reply.timing.output);
          work.done(reply);
        } else {
          failed(new Error(reply.type === "failed" ? reply.message : `unexpected ${reply.type}`));
        }
        this.notify();
      },
      failed,
    });
  }

  #ask(request: Request, label: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#post(request, [], {
        label,
        sentAt: performance.now(),
        settle: (reply) =>
          reply.type === "failed" ? reject(new Error(reply.message)) : resolve(reply),
        failed: reject,
      });
    });
  }

  #post(request: Request, transfer: ArrayBuffer[], exchange: Exchange): void {
    this.#worker ??= this.#start();
    this.#sent.push(exchange);
    this.#worker.postMessage(request.type === "run" ? packRequest(request) : request, transfer);
    this.#worker.ref();
  }

  #start(): Worker {
    disableTelemetry();
    const worker = new Worker(new URL(import.meta.resolve("#worker")), {
      name: "longshore-lane",
      workerData: { recordFd: runRecordTarget() } satisfies WorkerData,
    });
    worker.on("message", (message: Reply | WireReply) => {
      const reply = Array.isArray(message) ? unpackReply(message as WireReply) : (message as Reply);
      const exchange = this.#sent.shift();
      // A lane at rest does not keep the process alive: a library user's program may just end.
      if (this.#sent.length === 0) worker.unref();
      exchange?.settle(reply);
    });
    let cause = "it ended";
    worker.on("error", (error: Error) => {
      cause = error.message;
    });
    worker.on("exit", () => {
      if (this.#worker === worker) this.#recover(cause);
    });
    return worker;
  }

  /**
   * The worker ended on its own, such as when its heap was full: what it had fails, and the
   * sessions are opened anew in another one.
   */
  #recover(cause: string): void {
    this.#worker = undefined;
    const lost = this.#sent;
    this.#sent = [];
    for (const exchange of lost) {
      exchange.failed(new Error(`the worker stopped: ${cause}`));
    }
    if (this.#closing) return;
    for (const { session, options, source } of this.#tenants) {
      this.#ask({ type: "open", session, options }, source.name).catch(() => {
        // Runs on this session then fail with the worker's "not open", which names it.
      });
    }
    this.notify();
  }
}

function hasIdleLane({ lanes }: WorkSource): boolean {
  for (const lane of lanes) if (lane.idle) return true;
  return false;
}

/** Those that left the work to an idle lane may have some sent ahead, now that it has its own. */
function tellBusyLanes({ lanes }: WorkSource, begun: ModelLane): void {
  for (const lane of lanes) if (lane !== begun && !lane.idle) lane.notify();
}
