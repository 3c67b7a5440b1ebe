import { ClientError, createClient } from "@longshore/client";
import { fail, isDatatype, type LongshoreError, type TensorSpec } from "@longshore/core";
import type { Target, TargetTerms } from "./target.ts";

/** For one call: whoever waits at a terminal gives up by themselves. */
const TIMEOUT_MS = 10 * 60_000;

/** The path of a route at the end of what stands before a model. */
const ROUTE = /\/(?:predict|v2\/models)\/$/;

/**
 * A model of a running server.
 *
 * @param address `http://host:port/model`; a path before the model is where the server is mounted,
 *   but for that of a route, such as `http://host:port/predict/model`.
 * @throws LongshoreError REMOTE_FAILED
 */
export async function openRemote(address: string): Promise<Target> {
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, "");
  const name = path.slice(path.lastIndexOf("/") + 1);
  const place = path.slice(0, -name.length).replace(ROUTE, "/");
  if (name === "")
    throw fail("REMOTE_FAILED", {
      url: address,
      problem: "name the model behind the server, as in http://localhost:8000/digits",
    });
  const base = `${url.origin}${place}`;
  const metadata = await ask(`${base}v2/models/${name}`);
  const client = createClient({ url: base, timeoutMs: TIMEOUT_MS });
  return {
    name: decodeURIComponent(name),
    signature: readSignature(toText(metadata), address),
    terms: await readTerms(base, decodeURIComponent(name)),
    async predict(body, { contentType = "application/json", accept } = {}) {
      const headers = { "content-type": contentType, ...(accept !== undefined && { accept }) };
      const request = { method: "POST", body: body as string, headers };
      return toText(await ask(`${base}predict/${name}`, request));
    },
    async infer(inputs, outputs) {
      const wanted = outputs.length > 0 ? { outputs } : {};
      const called = client.infer(decodeURIComponent(name), Object.fromEntries(inputs), wanted);
      const answer = await called.catch((error: unknown) => {
        throw toRemoteError(`${base}v2/models/${name}/infer`, error);
      });
      return { ...answer, outputs: new Map(Object.entries(answer.outputs)) };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** An answer of a server, read whole. */
export interface Reply {
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** @throws LongshoreError REMOTE_FAILED with the server's own message if it gave one. */
export async function ask(url: string, request?: RequestInit): Promise<Reply> {
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await fetch(url, request);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw fail("REMOTE_FAILED", { url, problem: reasonOf(error) });
  }
  if (response.ok) return { headers: response.headers, bytes };
  throw fail("REMOTE_FAILED", {
    url,
    problem: `${readError(toText({ bytes }))} (HTTP ${response.status})`,
  });
}

/** The bundle's own terms, as the server's documentation has them; other servers have none. */
async function readTerms(base: string, name: string): Promise<Target["terms"]> {
  let document: ApiDocument;
  try {
    document = JSON.parse(toText(await ask(`${base}openapi.json`))) as ApiDocument;
  } catch {
    return undefined;
  }
  const tag = document.tags?.find((each) => each.name === name);
  const version = tag?.["x-longshore-versions"]?.find(({ isDefault }) => isDefault);
  return version?.fields && { fields: version.fields, maxRows: version.maxRows ?? 1 };
}

/** What is read of an OpenAPI document. */
interface ApiDocument {
  readonly tags?: readonly {
    readonly name: string;
    readonly "x-longshore-versions"?: readonly {
      readonly isDefault: boolean;
      readonly fields?: TargetTerms["fields"];
      readonly maxRows?: number;
    }[];
  }[];
}

function toText({ bytes }: Pick<Reply, "bytes">): string {
  return new TextDecoder().decode(bytes);
}

function toRemoteError(url: string, error: unknown): unknown {
  if (!(error instanceof ClientError)) return error;
  const { status, message, cause } = error;
  const problem = status > 0 ? `${message} (HTTP ${status})` : reasonOf(cause);
  return fail("REMOTE_FAILED", { url, problem });
}

/** `fetch` says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ECONNREFUSED") return "no server answers there; is it running?";
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}

function readError(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    if (typeof error === "string") return error;
  } catch {
    // Not a body of this protocol: perhaps a proxy's page.
  }
  return "the server refused the request";
}

function readSignature(text: string, url: string): Target["signature"] {
  const wrong = (): LongshoreError =>
    fail("REMOTE_FAILED", {
      url,
      problem: "the answer is not the metadata of a model; is this a model server?",
    });
  const read = (value: unknown): TensorSpec => {
    const { name, datatype, shape } = (value ?? {}) as {
      name?: unknown;
      datatype?: unknown;
      shape?: unknown;
    };
    const valid =
      typeof name === "string" &&
      typeof datatype === "string" &&
      isDatatype(datatype) &&
      Array.isArray(shape);
    if (!valid) throw wrong();
    return {
      name,
      datatype,
      shape: shape.map((length: unknown) => (Number(length) < 0 ? "?" : Number(length))),
    };
  };
  let metadata: { inputs?: unknown; outputs?: unknown };
  try {
    metadata = JSON.parse(text) as typeof metadata;
  } catch {
    throw wrong();
  }
  const { inputs, outputs } = metadata;
  if (!Array.isArray(inputs) || !Array.isArray(outputs)) throw wrong();
  return { inputs: inputs.map(read), outputs: outputs.map(read) };
}
