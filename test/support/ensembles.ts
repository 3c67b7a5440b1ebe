/** An ensemble of two models, and calls of a server that serves it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { affineModel, writeOnnx } from "./models.ts";

/** `out = 2 (2 in + 1) + 10`, and what is between. */
export const BOTH = `
ensemble:
  inputs: { in: { datatype: FP32, shape: [rows, -1] } }
  outputs: [out, middle]
  steps:
    - { model: second, inputs: { x: middle }, outputs: { y: out } }
    - { model: first, inputs: { x: in }, outputs: { y: middle } }
`;

/** Writes a bundle that is nothing but its manifest. */
export function writeManifest(folder: string, name: string, text: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "bundle.yaml"), text);
}

/** The models `first` and `second`, and the ensemble `both`. */
export function writeBoth(folder: string): void {
  writeOnnx(join(folder, "first/1/model.onnx"), affineModel(1));
  writeOnnx(join(folder, "second.onnx"), affineModel(10));
  writeManifest(folder, "both", BOTH);
}

/** What came of a request, in JSON. */
export interface Answer {
  readonly status: number;
  readonly body: {
    readonly outputs?: { readonly name: string; readonly data: number[] }[];
    readonly error?: string;
    readonly code?: string;
  };
}

/** Asks a model for the tensor `in`, a number a row. */
export async function infer(url: string, model: string, data: readonly number[]): Promise<Answer> {
  const input = { name: "in", shape: [data.length, 1], datatype: "FP32", data };
  const response = await fetch(`${url}/v2/models/${model}/infer`, {
    method: "POST",
    body: JSON.stringify({ inputs: [input] }),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

/** @returns status and body. */
export async function post(
  url: string,
  path: string,
  body: object = {},
): Promise<[number, string]> {
  const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
  return [response.status, await response.text()];
}

/** The JSON at a path. */
export async function get<Body>(url: string, path: string): Promise<Body> {
  return (await (await fetch(url + path)).json()) as Body;
}

/** A line of the index. */
export type State = { name: string; state: string; reason: string };

/** What the index says of a model. */
export async function stateOf(url: string, model: string): Promise<State> {
  const [, text] = await post(url, "/v2/repository/index");
  return (JSON.parse(text) as State[]).find(({ name }) => name === model)!;
}
