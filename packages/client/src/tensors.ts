import { DATATYPES, type Datatype, type TypedArray } from "@longshore/core";

/** A tensor to send: elements in row-major order. */
export interface TensorIn {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Raw little-endian elements; texts for BYTES. FP16 and BF16 as bit patterns. */
  readonly data: ArrayBufferView | readonly string[];
}

/** A tensor that was answered; a typed array of its data type, for BYTES an array of texts. */
export interface TensorOut {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TypedArray | readonly string[];
}

/** The header that says where the JSON of a body ends and its tensors begin. */
export const JSON_LENGTH = "inference-header-content-length";

/** A request of the Open Inference Protocol with its tensors as bytes (binary tensor extension). */
export function encodeInfer(
  inputs: Readonly<Record<string, TensorIn>>,
  outputs: readonly string[] | undefined,
  parameters: Readonly<Record<string, number>>,
): { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const chunks: Uint8Array[] = [];
  const described = Object.entries(inputs).map(([name, { datatype, shape, data }]) => {
    const bytes = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : encodeTexts(data);
    chunks.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const json = new TextEncoder().encode(
    JSON.stringify({
      inputs: described,
      ...(outputs && {
        outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })),
      }),
      parameters: { ...parameters, binary_data_output: true },
    }),
  );
  return {
    body: join([json, ...chunks]),
    headers: { "content-type": "application/octet-stream", [JSON_LENGTH]: String(json.length) },
  };
}

interface Described {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data?: readonly (string | number | boolean)[];
  readonly parameters?: { readonly binary_data_size?: number };
}

/** An answer of the protocol, out of a body whose JSON has this many bytes. */
export function decodeInfer(
  body: Uint8Array,
  jsonLength: number,
): { model: string; version: string; outputs: Record<string, TensorOut> } {
  const text = new TextDecoder().decode(body.subarray(0, jsonLength));
  const answer = JSON.parse(text) as {
    readonly model_name: string;
    readonly model_version?: string;
    readonly outputs: readonly Described[];
  };
  let offset = jsonLength;
  const tensors: Record<string, TensorOut> = {};
  for (const { name, datatype, shape, data, parameters } of answer.outputs) {
    const size = parameters?.binary_data_size;
    if (size === undefined) {
      tensors[name] = { datatype, shape, data: fromJson(datatype, data ?? []) };
      continue;
    }
    // A copy of its own: aligned for its typed array, and not keeping the whole body alive.
    const bytes = body.slice(offset, offset + size);
    offset += size;
    const { array } = DATATYPES[datatype];
    const elements = array ? new array(bytes.buffer) : decodeTexts(bytes);
    tensors[name] = { datatype, shape, data: elements };
  }
  return { model: answer.model_name, version: answer.model_version ?? "", outputs: tensors };
}

/** As an output without elements comes, and one that a server has no bytes for. */
function fromJson(
  datatype: Datatype,
  data: readonly (string | number | boolean)[],
): TensorOut["data"] {
  const { array, kind } = DATATYPES[datatype];
  if (array === undefined) return data as readonly string[];
  return kind === "bigint"
    ? (array as typeof BigInt64Array).from(data, BigInt)
    : (array as typeof Float64Array).from(data, Number);
}

/** Each text as its length (uint32) and its UTF-8. */
function encodeTexts(texts: readonly string[]): Uint8Array {
  return join(
    texts.flatMap((text) => {
      const bytes = new TextEncoder().encode(text);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, bytes.length, true);
      return [length, bytes];
    }),
  );
}

function decodeTexts(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + view.getUint32(at, true);
    texts.push(new TextDecoder().decode(bytes.subarray(at + 4, end)));
    at = end;
  }
  return texts;
}

function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
