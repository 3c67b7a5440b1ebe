import type { FastifyInstance } from "fastify";
import { fail } from "@longshore/core";
import type { Limits } from "./limits.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Inference: counts against the limits of concurrency. Probes and metrics always pass. */
    limited?: boolean;
  }
}

/** Says that a request is over: answered, or its connection lost. To be called once. */
export type Leave = () => void;

/** The requests for inference that are being handled, and how many there may be. */
export class ActiveRequests {
  readonly #limits: Limits;
  /** Requests of now, whom nobody waits for yet. */
  #current: Round = { open: 0, onSettled: undefined };
  #size = 0;
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Counts a request until it leaves.
   *
   * They are counted only: a set of them, old itself and always changing, makes V8 keep answered
   * ones until a full collection.
   *
   * @param declared bytes of its body, where it says so.
   * @throws LongshoreError TOO_MANY_REQUESTS, TOO_MANY_BYTES.
   */
  admit(declared: number | undefined): Leave {
    const { maxConcurrent, maxConcurrentBytes, maxBodyBytes } = this.#limits;
    // A body of unknown length may become as long as any.
    const bytes = Math.min(declared ?? maxBodyBytes, maxBodyBytes);
    if (this.#size >= maxConcurrent) throw fail("TOO_MANY_REQUESTS", { limit: maxConcurrent });
    if (this.#size > 0 && this.#bytes + bytes > maxConcurrentBytes) {
      throw fail("TOO_MANY_BYTES", { limit: maxConcurrentBytes });
    }
    const round = this.#current;
    round.open++;
    this.#size++;
    this.#bytes += bytes;
    return () => {
      this.#size--;
      this.#bytes -= bytes;
      if (--round.open === 0) round.onSettled?.();
    };
  }

  /**
   * Counts bytes that a request takes beyond those it declared, such as of a body that was
   * decompressed, until they are released.
   *
   * @throws LongshoreError TOO_MANY_BYTES, with nothing counted.
   */
  hold(bytes: number): void {
    const { maxConcurrentBytes } = this.#limits;
    // A request that is alone may have as many as its body may.
    if (this.#size > 1 && this.#bytes + bytes > maxConcurrentBytes) {
      throw fail("TOO_MANY_BYTES", { limit: maxConcurrentBytes });
    }
    this.#bytes += bytes;
  }

  /** Takes back what was counted by {@link hold}. */
  release(bytes: number): void {
    this.#bytes -= bytes;
  }

  /**
   * Resolves when every request that came since the last call, or ever, was answered or given up;
   * later ones are not waited for.
   */
  async settled(): Promise<void> {
    const round = this.#current;
    this.#current = { open: 0, onSettled: undefined };
    if (round.open > 0) await new Promise<void>((resolve) => (round.onSettled = resolve));
  }
}

/** Requests that are waited for together. */
interface Round {
  open: number;
  onSettled: (() => void) | undefined;
}

/** Turns requests away, before their bodies are read, while there are as many as there may be. */
export function limitConcurrency(app: FastifyInstance, active: ActiveRequests): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.limited !== true) return done();
    const declared = request.headers["content-length"];
    try {
      const leave = active.admit(declared === undefined ? undefined : Number(declared) || 0);
      // Also when the client is gone: then there is no answer whose end could be awaited.
      reply.raw.once("close", leave);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}
