import { call, tooLate, type Caller, type CallOptions, type ToRequest } from "./call.ts";
import type { AnyModels, Answer } from "./models.ts";
import { decodeInfer, encodeInfer, JSON_LENGTH, type TensorIn, type TensorOut } from "./tensors.ts";

export interface ClientOptions {
  /** Of the server, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Sent with every call, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often a call is repeated that the server had no room for; 3 by default. */
  readonly retries?: number;
  /** Milliseconds for a call with its retries; 30,000 by default. */
  readonly timeoutMs?: number;
  /** Another `fetch`, such as one through a proxy. */
  readonly fetch?: typeof fetch;
}

/** Calls of the models of a server. All of them throw ClientError. */
export interface Client<Models = AnyModels> {
  /**
   * Asks in the model's own terms: one row, or a list of rows, which is then answered by a list.
   *
   * Files (Blob, File, or their bytes) may stand for images and recordings; one file alone is the
   * whole input of a model that takes nothing else.
   */
  predict<Name extends keyof Models & string>(
    model: Name,
    inputs: readonly InputsOf<Models[Name]>[],
    options?: CallOptions,
  ): Promise<Answer<OutputsOf<Models[Name]>[]>>;
  predict<Name extends keyof Models & string>(
    model: Name,
    inputs: InputsOf<Models[Name]>,
    options?: CallOptions,
  ): Promise<Answer<OutputsOf<Models[Name]>>>;
  /** Runs a model on tensors, which travel as bytes (Open Inference Protocol v2). */
  infer(
    model: keyof Models & string,
    inputs: Readonly<Record<string, TensorIn>>,
    options?: CallOptions & {
      /** Outputs to compute; all by default. */
      readonly outputs?: readonly string[];
      /** The version to ask; the latest by default. */
      readonly version?: string;
    },
  ): Promise<Answer<Record<string, TensorOut>>>;
  /** Whether the server takes requests. */
  isReady(options?: CallOptions): Promise<boolean>;
}

type InputsOf<Model> = Model extends { readonly inputs: infer Inputs } ? Inputs : never;
type OutputsOf<Model> = Model extends { readonly outputs: infer Outputs } ? Outputs : never;

/**
 * A client of a server. Without type parameter, models take and answer anything; `longshore types`
 * writes the parameter for the models of a server or a folder.
 */
export function createClient<Models = AnyModels>(options: ClientOptions): Client<Models> {
  const caller: Caller = {
    url: options.url.replace(/\/+$/, ""),
    headers: options.headers ?? {},
    retries: options.retries ?? 3,
    timeoutMs: options.timeoutMs ?? 30_000,
    fetch: options.fetch ?? ((...args) => fetch(...args)),
  };
  return {
    async predict(model: string, inputs: unknown, options: CallOptions = {}) {
      const toRequest = toPredictRequest(inputs, options);
      const response = await call(
        caller,
        `/predict/${encodeURIComponent(model)}`,
        toRequest,
        options,
      );
      return (await received(response.json())) as Answer<never>;
    },
    async infer(model, inputs, { outputs, version, ...options } = {}) {
      const path = `/v2/models/${encodeURIComponent(model)}${version ? `/versions/${version}` : ""}/infer`;
      const response = await call(
        caller,
        path,
        (leftMs) => encodeInfer(inputs, outputs, toParameters(leftMs, options)),
        options,
      );
      const length = response.headers.get(JSON_LENGTH);
      const body = new Uint8Array(await received(response.arrayBuffer()));
      const answer = decodeInfer(body, length === null ? body.length : Number(length));
      return { id: response.headers.get("x-request-id") ?? "", ...answer };
    },
    async isReady(options = {}) {
      const once = { ...caller, retries: 0 };
      return call(once, "/v2/health/ready", undefined, options).then(
        () => true,
        () => false,
      );
    },
  } as Client<Models>;
}

/** The rest of an answer whose headers have come, within the call's time. */
function received<T>(body: Promise<T>): Promise<T> {
  return body.catch((error: unknown) => {
    throw (error as Error).name === "TimeoutError" ? tooLate(error) : error;
  });
}

/** What the server itself should know: it drops a request from its queue when its time is up. */
function toParameters(leftMs: number, { priority }: CallOptions): Record<string, number> {
  return {
    timeout: Math.max(1, Math.round(leftMs * 1000)),
    ...(priority !== undefined && { priority }),
  };
}

type File = Blob | Uint8Array<ArrayBuffer>;

function isFile(value: unknown): value is File {
  return value instanceof Blob || value instanceof Uint8Array;
}

function toBlob(file: File): Blob {
  return file instanceof Blob ? file : new Blob([file]);
}

/** A file alone as it is, a row with files as a form, everything else as JSON. */
function toPredictRequest(inputs: unknown, options: CallOptions): ToRequest {
  if (isFile(inputs)) {
    const type = inputs instanceof Blob ? inputs.type : mediaTypeOf(inputs);
    return () => ({ body: inputs, headers: { "content-type": type } });
  }
  const fields = typeof inputs === "object" && inputs !== null ? Object.entries(inputs) : [];
  if (!Array.isArray(inputs) && fields.some(([, value]) => isFile(value))) {
    const form = new FormData();
    for (const [name, value] of fields) {
      if (isFile(value)) form.append(name, toBlob(value));
      else if (value !== undefined && value !== null)
        form.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    return () => ({ body: form });
  }
  return (leftMs) => ({
    body: JSON.stringify({ inputs, parameters: toParameters(leftMs, options) }),
    headers: { "content-type": "application/json" },
  });
}

/** What kind of file bytes are, by how they begin: of those that models take. */
function mediaTypeOf(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith("\x89PNG")) return "image/png";
  if (start.startsWith("\xff\xd8")) return "image/jpeg";
  if (start.endsWith("WEBP")) return "image/webp";
  return start.endsWith("WAVE") ? "audio/wav" : "application/octet-stream";
}
