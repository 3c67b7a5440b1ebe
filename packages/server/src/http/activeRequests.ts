import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { fail } from "@longshore/core";
import type { Limits } from "./limits.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Inference: counts against the limits of concurrency. Probes and metrics always pass. */
    limited?: boolean;
  }
}

/** The requests for inference that are being handled, and how many there may be. */
export class ActiveRequests {
  readonly #limits: Limits;
  readonly #responses = new Set<ServerResponse>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** How many there are. */
  get size(): number {
    return this.#responses.size;
  }

  /**
   * Counts a request until its connection is done with it.
   *
   * @param declared bytes of its body, where it says so.
   * @throws LongshoreError TOO_MANY_REQUESTS, TOO_MANY_BYTES.
   */
  admit(response: ServerResponse, declared: number | undefined): void {
    const { maxConcurrent, maxConcurrentBytes, maxBodyBytes } = this.#limits;
    // A body of unknown length may become as long as any.
    const size = Math.min(declared ?? maxBodyBytes, maxBodyBytes);
    if (this.#responses.size >= maxConcurrent)
      throw fail("TOO_MANY_REQUESTS", { limit: maxConcurrent });
    if (this.#responses.size > 0 && this.#bytes + size > maxConcurrentBytes) {
      throw fail("TOO_MANY_BYTES", { limit: maxConcurrentBytes });
    }
    this.#responses.add(response);
    this.#bytes += size;
    // Also when the client is gone: then there is no answer whose end could be awaited.
    response.once("close", () => {
      this.#responses.delete(response);
      this.#bytes -= size;
    });
  }

  /** Resolves when every request that is being handled now was answered or given up. */
  async settled(): Promise<void> {
    await Promise.all([...this.#responses].map((response) => once(response, "close")));
  }
}

/** Turns requests away, before their bodies are read, while there are as many as there may be. */
export function limitConcurrency(app: FastifyInstance, active: ActiveRequests): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.limited !== true) return done();
    const declared = request.headers["content-length"];
    try {
      active.admit(reply.raw, declared === undefined ? undefined : Number(declared) || 0);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}
