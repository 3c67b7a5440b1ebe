import { fail } from "@longshore/core";
import {
  HEALTH_CHECK_REQUEST,
  HEALTH_CHECK_RESPONSE,
  type ServingStatus,
} from "../messages/health.ts";
import { decode, encode, unary, type Method } from "../transport/method.ts";
import { HEALTH_SERVICE, MODEL_SERVICE, PREDICTION_SERVICE, SERVICE } from "./names.ts";

const CHECKED = new Set(["", SERVICE, PREDICTION_SERVICE, MODEL_SERVICE, HEALTH_SERVICE]);

/** How often is looked whether readiness changed, while somebody watches. */
const LOOK_INTERVAL_MS = 200;

/**
 * `grpc.health.v1.Health`, of the whole server (the empty name) and of its services.
 *
 * Source: grpc/grpc `doc/health-checking.md`.
 */
export function healthMethods({ isReady }: { readonly isReady: () => boolean }): Method[] {
  const statusOf = (service: string): ServingStatus => {
    if (!CHECKED.has(service)) return "SERVICE_UNKNOWN";
    return isReady() ? "SERVING" : "NOT_SERVING";
  };
  const watchers = new Watchers();
  return [
    unary(
      `${HEALTH_SERVICE}/Check`,
      HEALTH_CHECK_REQUEST,
      HEALTH_CHECK_RESPONSE,
      ({ service }) => {
        const status = statusOf(service);
        if (status === "SERVICE_UNKNOWN") throw fail("SERVICE_UNKNOWN", { service });
        return { status };
      },
      { quiet: true },
    ),
    {
      kind: "feed",
      name: `${HEALTH_SERVICE}/Watch`,
      quiet: true,
      open(bytes, send) {
        const { service } = decode(HEALTH_CHECK_REQUEST, bytes);
        let last: ServingStatus | undefined;
        return watchers.add(() => {
          const status = statusOf(service);
          if (status === last) return;
          last = status;
          send(encode(HEALTH_CHECK_RESPONSE, { status }));
        });
      },
    },
  ];
}

/** Those who want to know of changes: one timer for all of them, and none for nobody. */
class Watchers {
  readonly #looks = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Looks at once, and from now on. @returns a function that ends it. */
  add(look: () => void): () => void {
    look();
    this.#looks.add(look);
    this.#timer ??= setInterval(() => {
      for (const each of this.#looks) each();
    }, LOOK_INTERVAL_MS).unref();
    return () => {
      this.#looks.delete(look);
      if (this.#looks.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
