/** What a request may ask of the server. Each has an error of the catalogue. */
export interface Limits {
  /** Bytes of a request body. */
  readonly maxBodyBytes: number;
  /** Nesting of a JSON body. */
  readonly maxDepth: number;
  /** Elements of one tensor. */
  readonly maxElements: number;
  /** Requests for inference handled at a time, waiting ones included. */
  readonly maxConcurrent: number;
  /** Bytes of all request bodies that are being handled. */
  readonly maxConcurrentBytes: number;
  /**
   * Time that a client has for sending a whole request. While it takes a large answer, the time
   * that may pass without it taking anything.
   */
  readonly clientTimeoutMs: number;
}

const MIB = 2 ** 20;

/** @param memoryBytes memory that the process may use: bodies in flight get a quarter of it. */
export function defaultLimits(memoryBytes: number): Limits {
  return {
    maxBodyBytes: 64 * MIB,
    maxDepth: 32,
    maxElements: 2 ** 28,
    maxConcurrent: 4096,
    maxConcurrentBytes: Math.max(128 * MIB, Math.floor(memoryBytes / 4)),
    clientTimeoutMs: 30_000,
  };
}
