import type { Signature, TensorSpec } from "../signature.ts";
import type { Tensor, Tensors } from "../tensor.ts";
import { toElements, writeElement, writeElements, type Elements } from "../json/writer.ts";
import type { PredictForm } from "./inputs.ts";

/** What a predict call answers. */
export interface PredictAnswer {
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
  const model = JSON.stringify(answer.model);
  const version = JSON.stringify(answer.version);
  return `{"model":${model},"version":${version},"outputs":${encodeOutputs(outputs, form)}}`;
}

/** One output on its way to text. */
interface Output {
  readonly key: string;
  readonly spec: TensorSpec | undefined;
  readonly shape: readonly number[];
  readonly elements: Elements;
  /** `"label":` for each place of the last axis, where it has labels. */
  readonly labels: readonly string[] | undefined;
}

function toOutput(name: string, tensor: Tensor, signature: Signature): Output {
  const spec = signature.outputs.find((output) => output.name === name);
  const { shape } = tensor;
  const labelled = shape.length > 0 && spec?.labels?.length === shape[shape.length - 1];
  return {
    key: `${JSON.stringify(name)}:`,
    spec,
    shape,
    elements: toElements(tensor),
    labels: labelled ? spec?.labels?.map((label) => `${JSON.stringify(label)}:`) : undefined,
  };
}

function encodeOutputs(outputs: readonly Output[], form: PredictForm): string {
  if (form.kind === "rows" && outputs.every((output) => hasRows(output, form.count))) {
    const rows: string[] = [];
    for (let row = 0; row < form.count; row++) rows.push(encodeRow(outputs, row, form.count));
    return `[${rows.join(",")}]`;
  }
  if (form.kind === "row") return encodeRow(outputs, 0, 1);
  return encodeObject(outputs, (output) => encodeValue(output, 0, 0));
}

function hasRows({ spec, shape }: Output, count: number): boolean {
  return typeof spec?.shape[0] === "string" && shape[0] === count;
}

/** One of `count` rows of every output; an output that is not one value a row stays whole. */
function encodeRow(outputs: readonly Output[], row: number, count: number): string {
  return encodeObject(outputs, (output) => {
    if (!hasRows(output, count)) return encodeValue(output, 0, 0);
    const { shape, elements, labels } = output;
    const isNumber = shape.length === 2 && shape[1] === 1 && labels === undefined;
    return isNumber ? writeElement(elements, row) : encodeValue(output, 1, row);
  });
}

function encodeObject(outputs: readonly Output[], encode: (output: Output) => string): string {
  return `{${outputs.map((output) => output.key + encode(output)).join(",")}}`;
}

/**
 * The part of an output from an axis on.
 *
 * @param index place of that part among all parts that begin at this axis, in row-major order.
 */
function encodeValue(output: Output, axis: number, index: number): string {
  const { shape, elements, labels } = output;
  if (axis === shape.length) return writeElement(elements, index);
  const length = shape[axis] as number;
  const first = index * length;
  if (axis < shape.length - 1) {
    const parts: string[] = [];
    for (let part = 0; part < length; part++)
      parts.push(encodeValue(output, axis + 1, first + part));
    return `[${parts.join(",")}]`;
  }
  if (labels === undefined) return `[${writeElements(elements, first, first + length)}]`;
  return `{${labels.map((label, place) => label + writeElement(elements, first + place)).join(",")}}`;
}
