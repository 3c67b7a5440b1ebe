import {
  decodeByteElements,
  encodeByteElements,
  fail,
  isDatatype,
  toBytes,
  type Datatype,
  type LongshoreError,
  type PredictAnswer,
  type Tensor,
  type Tensors,
  type TensorSpec,
} from "@longshore/core";
import type { Target } from "./target.ts";

/**
 * A model of a running server.
 *
 * @param address `http://host:port/model`; a path before the model is where the server is mounted.
 * @throws LongshoreError REMOTE_FAILED
 */
export async function openRemote(address: string): Promise<Target> {
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, "");
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "")
    throw fail("REMOTE_FAILED", {
      url: address,
      problem: "name the model behind the server, as in http://localhost:8000/digits",
    });
  const base = `${url.origin}${path.slice(0, -name.length)}`;
  const metadata = await ask(`${base}v2/models/${name}`);
  return {
    name: decodeURIComponent(name),
    signature: readSignature(toText(metadata), address),
    async predict(body) {
      const headers = { "content-type": "application/json" };
      return toText(await ask(`${base}predict/${name}`, { method: "POST", body, headers }));
    },
    async infer(inputs, outputs) {
      return decodeAnswer(
        name,
        await ask(`${base}v2/models/${name}/infer`, encodeRequest(inputs, outputs)),
      );
    },
    async [Symbol.asyncDispose]() {},
  };
}

interface Reply {
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** @throws LongshoreError REMOTE_FAILED with the server's own message if it gave one. */
async function ask(url: string, request?: RequestInit): Promise<Reply> {
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

function toText({ bytes }: Pick<Reply, "bytes">): string {
  return new TextDecoder().decode(bytes);
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

/**
 * An inference request with all tensors, those of the answer too, in binary behind the JSON.
 *
 * Source: binary tensor data extension of the Open Inference Protocol.
 */
function encodeRequest(inputs: Tensors, outputs: readonly string[]): RequestInit {
  const chunks: Uint8Array[] = [];
  const described = Array.from(inputs, ([name, { datatype, shape, data }]) => {
    const bytes = ArrayBuffer.isView(data) ? toBytes(data) : encodeByteElements(data);
    chunks.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.byteLength } };
  });
  const header = JSON.stringify({
    inputs: described,
    parameters: { binary_data_output: true },
    ...(outputs.length > 0 && {
      outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })),
    }),
  });
  return {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      [LENGTH_HEADER]: String(Buffer.byteLength(header)),
    },
    body: Buffer.concat([Buffer.from(header), ...chunks]),
  };
}

const LENGTH_HEADER = "inference-header-content-length";

interface OutputHeader {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly parameters: { readonly binary_data_size: number };
}

/** Reads the answer to {@link encodeRequest}; its tensors are views of the bytes. */
function decodeAnswer(model: string, { headers, bytes }: Reply): PredictAnswer {
  // Without this header there is no binary part: all outputs are empty.
  const length = Number(headers.get(LENGTH_HEADER) ?? bytes.byteLength);
  const header = JSON.parse(Buffer.from(bytes.subarray(0, length)).toString()) as {
    readonly model_version?: string;
    readonly outputs: readonly OutputHeader[];
  };
  const outputs = new Map<string, Tensor>();
  let from = length;
  for (const { name, datatype, shape, parameters } of header.outputs) {
    const part = bytes.subarray(from, (from += parameters.binary_data_size));
    outputs.set(name, {
      datatype,
      shape,
      data: datatype === "BYTES" ? decodeByteElements(name, part) : part,
    });
  }
  return { model, version: header.model_version ?? "", outputs };
}
