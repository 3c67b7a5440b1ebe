import { ClientError, toClientError } from "./clientError.ts";

/** What holds for one call. */
export interface CallOptions {
  /** Milliseconds for the call with all its retries; the client's by default. */
  readonly timeoutMs?: number;
  /** Gives the call up; the server then takes it out of its queue. */
  readonly signal?: AbortSignal;
  /** 1 is the highest. */
  readonly priority?: number;
}

/** How a client calls. */
export interface Caller {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: number;
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

/** A body and its headers; made anew for each attempt, as it says how much time is left. */
export type ToRequest = (leftMs: number) => {
  readonly body: string | Uint8Array<ArrayBuffer> | Blob | FormData;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The server had no room or was not ready: it did not begin, so that asking again is safe. */
const RETRIED = new Set([429, 503]);
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/**
 * Sends a request, again after 429 and 503 and when no connection could be made, until the retries
 * or the time are used up. Waits as long as the server says (`Retry-After`), else twice as long each
 * time, by chance between nothing and that (full jitter), so that clients do not come back together.
 *
 * @throws ClientError of the last attempt; the signal's reason when the caller gave up.
 */
export async function call(
  { url, headers, retries, timeoutMs, fetch }: Caller,
  path: string,
  toRequest: ToRequest | undefined,
  options: CallOptions,
): Promise<Response> {
  const end = Date.now() + (options.timeoutMs ?? timeoutMs);
  for (let attempt = 0; ; attempt++) {
    const left = end - Date.now();
    const request = toRequest?.(left);
    const timeout = AbortSignal.timeout(Math.max(left, 0));
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    let failure: ClientError;
    let wait = 0;
    try {
      const response = await fetch(url + path, {
        method: request ? "POST" : "GET",
        ...(request && { body: request.body }),
        headers: { ...headers, ...request?.headers },
        signal,
      });
      if (response.ok) return response;
      failure = await toClientError(response);
      if (!RETRIED.has(response.status) || failure.code === "TIMEOUT") throw failure;
      wait = Number(response.headers.get("retry-after")) * 1000 || 0;
    } catch (error) {
      if (error instanceof ClientError) throw error;
      options.signal?.throwIfAborted();
      if (timeout.aborted) throw tooLate(error);
      failure = new ClientError(`${url} cannot be reached`, 0, "UNREACHABLE", undefined, error);
    }
    const longest = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
    wait ||= Math.random() * longest;
    if (attempt >= retries || Date.now() + wait >= end) throw failure;
    await pause(wait, options.signal);
  }
}

/** What became of a call whose time ran out. */
export function tooLate(cause: unknown): ClientError {
  return new ClientError("no answer in time", 0, "TIMEOUT", undefined, cause);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
