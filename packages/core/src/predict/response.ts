import type { Signature, TensorSpec } from "../signature.ts";
import type { Tensor, Tensors } from "../tensor.ts";
import { toNested, writeNested, type Nested } from "../json/nested.ts";
import { writeElement } from "../json/writer.ts";
import type { PredictForm } from "./inputs.ts";

/** What a predict call answers. */
export interface PredictAnswer {
  /** The request's id; left out of the answer where there is none. */
  readonly id?: string;
  readonly model: string;
  readonly version: string;
  readonly outputs: Tensors;
}

/**
 * Encodes the answer to a predict call as JSON, in the form of the request:
 *
 * - `columns`: `"outputs"` is an object of nested arrays by output name;
 * - `rows`: an array of objects, one a row, in which a value of shape [1] is the number alone.
 *   Where an output is not one value a row, all are written as columns;
 * - `row`: the one such object.
 *
 * Along an axis with labels (a classifier's classes), values are an object by label. NaN and the
 * infinities are `null`, for which a person's JSON has no better word; the Open Inference Protocol
 * carries them exactly.
 */
export function encodePredict(
  answer: PredictAnswer,
  form: PredictForm,
  signature: Signature,
): string {
  const outputs = [...answer.outputs].map(([name, tensor]) => toOutput(name, tensor, signature));
  return `${openAnswer(answer)}"outputs":${encodeOutputs(outputs, form)}}`;
}

/** How every answer begins, up to its outputs: `{"id":"…","model":"…","version":"…",`. */
export function openAnswer({ id, model, version }: Omit<PredictAnswer, "outputs">): string {
  const first = id === undefined ? "" : `"id":${JSON.stringify(id)},`;
  return `{${first}"model":${JSON.stringify(model)},"version":${JSON.stringify(version)},`;
}

/** One output on its way to text. */
interface Output extends Nested {
  readonly key: string;
  readonly spec: TensorSpec | undefined;
}

function toOutput(name: string, tensor: Tensor, signature: Signature): Output {
  const spec = signature.outputs.find((output) => output.name === name);
  return { key: `${JSON.stringify(name)}:`, spec, ...toNested(tensor, spec?.labels) };
}

function encodeOutputs(outputs: readonly Output[], form: PredictForm): string {
  if (form.kind === "rows" && outputs.every((output) => hasRows(output, form.count))) {
    const rows: string[] = [];
    for (let row = 0; row < form.count; row++) rows.push(encodeRow(outputs, row, form.count));
    return `[${rows.join(",")}]`;
  }
  if (form.kind === "row") return encodeRow(outputs, 0, 1);
  return encodeObject(outputs, (output) => writeNested(output, 0, 0));
}

function hasRows({ spec, shape }: Output, count: number): boolean {
  return typeof spec?.shape[0] === "string" && shape[0] === count;
}

/** One of `count` rows of every output; an output that is not one value a row stays whole. */
function encodeRow(outputs: readonly Output[], row: number, count: number): string {
  return encodeObject(outputs, (output) => {
    if (!hasRows(output, count)) return writeNested(output, 0, 0);
    const { shape, elements, labels } = output;
    const isNumber = shape.length === 2 && shape[1] === 1 && labels === undefined;
    return isNumber ? writeElement(elements, row) : writeNested(output, 1, row);
  });
}

function encodeObject(outputs: readonly Output[], encode: (output: Output) => string): string {
  return `{${outputs.map((output) => output.key + encode(output)).join(",")}}`;
}
