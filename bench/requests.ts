import { MODELS, type ModelName } from "./models.ts";
import { createRandom } from "./random.ts";

/** One request of one row, as the load generator sends it over and over. */
export interface BenchRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const JSON_HEADERS = { "content-type": "application/json" };

/** Open Inference Protocol with the binary tensor extension, in both directions. */
export function toBinaryRequest(model: ModelName): BenchRequest {
  const data = new Uint8Array(Float32Array.from(randomRow(model)).buffer);
  const input = { ...describeInput(model), parameters: { binary_data_size: data.byteLength } };
  const header = encode({ inputs: [input], parameters: { binary_data_output: true } });
  return {
    path: inferPath(model),
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": `${header.length}`,
    },
    body: Buffer.concat([header, data]),
  };
}

/** Open Inference Protocol in JSON, numbers of four decimals. */
export function toJsonRequest(model: ModelName): BenchRequest {
  const data = randomRow(model).map((value) => Number(value.toFixed(4)));
  return {
    path: inferPath(model),
    headers: JSON_HEADERS,
    body: encode({ inputs: [{ ...describeInput(model), data }] }),
  };
}

/** The same with all the digits of a double (16 or 17), as Python prints its floats. */
export function toLongJsonRequest(model: ModelName): BenchRequest {
  const random = createRandom(3);
  const data = randomRow(model).map((value) => value + random() * 2 ** -32);
  return {
    path: inferPath(model),
    headers: JSON_HEADERS,
    body: encode({ inputs: [{ ...describeInput(model), data }] }),
  };
}

/** Natural JSON, `{"inputs": [[…]]}`, numbers of four decimals; the models have vectors as rows. */
export function toPlainRequest(model: ModelName, path: string): BenchRequest {
  const data = randomRow(model).map((value) => Number(value.toFixed(4)));
  return { path, headers: JSON_HEADERS, body: encode({ inputs: [data] }) };
}

function inferPath(model: ModelName): string {
  return `/v2/models/${model}/infer`;
}

function describeInput(model: ModelName): { name: string; shape: number[]; datatype: string } {
  return { name: "input", shape: [1, ...MODELS[model].row], datatype: "FP32" };
}

function randomRow(model: ModelName): number[] {
  const length = MODELS[model].row.reduce((a, b) => a * b, 1);
  return Array.from({ length }, createRandom(2));
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
