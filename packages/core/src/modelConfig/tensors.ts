/**
 * What a configuration says of inputs and outputs, and whether a model has them so.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, `ModelInput`, `ModelOutput`.
 */
import type { Manifest } from "../manifest/schema.ts";
import { fixedParts } from "../callerShape.ts";
import { toWireShape, type Signature, type TensorSpec } from "../signature.ts";
import { toConfigType, type ConfigDataType } from "./dataType.ts";
import type { TritonConfig, TritonInput, TritonOutput } from "./messages.ts";
import { ModelConfigProblem, problem } from "./problem.ts";

/** Inputs and outputs, as far as a configuration names them. */
export interface DeclaredTensors {
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
  /** Whether dims leave out a first axis of rows; undefined where it does not say. */
  readonly hasBatchAxis: boolean | undefined;
}

export interface DeclaredTensor {
  readonly name: string;
  /** Its place in the configuration: `input[0]`. */
  readonly where: string;
  readonly dataType: ConfigDataType | undefined;
  /** What callers send or get, -1 for free axes; undefined where the graph is to tell. */
  readonly dims: readonly number[] | undefined;
  /** What the model takes or gives instead. */
  readonly reshape: readonly number[] | undefined;
}

type SignatureSettings = NonNullable<Manifest["signature"]>;

/**
 * Reads `input` and `output`. Labels, and dims that are not the model's own, go to the manifest's
 * signature.
 *
 * @throws ModelConfigProblem
 */
export function readTensors({ input = [], output = [], max_batch_size: size }: TritonConfig): {
  readonly declared: DeclaredTensors;
  readonly signature: SignatureSettings;
} {
  const hasBatchAxis = size === undefined ? undefined : size > 0;
  const declared = {
    inputs: input.map((tensor, index) => readTensor(tensor, `input[${index}]`)),
    outputs: output.map((tensor, index) => readTensor(tensor, `output[${index}]`)),
    hasBatchAxis,
  };
  for (const tensors of [declared.inputs, declared.outputs]) {
    for (const { name, where } of tensors) {
      const first = tensors.find((other) => other.name === name)!;
      if (first.where !== where)
        throw new ModelConfigProblem(`${where}.name`, `"${name}" stands at ${first.where} already`);
    }
  }
  const toShape = (dims: readonly number[]): Shape =>
    (hasBatchAxis === true ? [-1, ...dims] : dims).map((length) => (length < 0 ? "?" : length));
  const shapes = ({ dims = [], reshape }: DeclaredTensor): Shapes =>
    reshape === undefined ? {} : { callerShape: toShape(dims), modelShape: toShape(reshape) };
  const inputs = declared.inputs.map((tensor) => [tensor.name, shapes(tensor)] as const);
  const outputs = declared.outputs.map((tensor, index) => {
    const labels = readLabelFile(output[index]!, tensor.where);
    return [tensor.name, { ...shapes(tensor), ...(labels && { labels }) }] as const;
  });
  return {
    declared,
    signature: {
      ...(inputs.some(isSaid) && { inputs: Object.fromEntries(inputs.filter(isSaid)) }),
      ...(outputs.some(isSaid) && { outputs: Object.fromEntries(outputs.filter(isSaid)) }),
    },
  };
}

type Shape = (number | string)[];

interface Shapes {
  callerShape?: Shape;
  modelShape?: Shape;
}

const isSaid = ([, settings]: readonly [string, object]): boolean =>
  Object.keys(settings).length > 0;

function readTensor(tensor: TritonInput | TritonOutput, where: string): DeclaredTensor {
  const { name = "", data_type: dataType, dims, reshape } = tensor;
  if (name === "") throw problem(`${where}.name`, "a name", name);
  checkShape(dims ?? [], `${where}.dims`);
  if (reshape !== undefined) {
    checkShape(reshape.shape ?? [], `${where}.reshape.shape`);
    if (dims === undefined)
      throw new ModelConfigProblem(`${where}.reshape`, "dims must say what is reshaped");
  }
  return {
    name,
    where,
    dataType: dataType === "TYPE_INVALID" ? undefined : dataType,
    dims,
    reshape: reshape && (reshape.shape ?? []),
  };
}

function checkShape(shape: readonly number[], where: string): void {
  for (const [axis, length] of shape.entries())
    if (length < -1) throw problem(`${where}[${axis}]`, "an integer from -1", length);
}

/** Beside the configuration: whoever may send one must not thereby read other files. */
function readLabelFile({ label_filename: file }: TritonOutput, where: string): string | undefined {
  if (!file) return undefined;
  if (/^\w[\w. -]*(?:\/\w[\w. -]*)*$/.test(file)) return file;
  throw problem(`${where}.label_filename`, "a file in the model's folder", file);
}

/** Checks what a configuration says of tensors against the model's own. @throws ModelConfigProblem */
export function checkDeclared(declared: DeclaredTensors, graph: Signature): void {
  const { hasBatchAxis } = declared;
  checkAll("input", declared.inputs, graph.inputs, hasBatchAxis);
  checkAll("output", declared.outputs, graph.outputs, hasBatchAxis);
}

function checkAll(
  kind: "input" | "output",
  tensors: readonly DeclaredTensor[],
  specs: readonly TensorSpec[],
  hasBatchAxis: boolean | undefined,
): void {
  for (const tensor of tensors) {
    const { name, where } = tensor;
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      const names = specs.map((candidate) => candidate.name).join(", ");
      throw new ModelConfigProblem(
        `${where}.name`,
        `${kind} "${name}" does not exist; the model has ${names}`,
      );
    }
    checkTensor(`${kind} "${name}"`, tensor, spec, hasBatchAxis);
  }
}

function checkTensor(
  what: string,
  { where, dataType, dims, reshape }: DeclaredTensor,
  spec: TensorSpec,
  hasBatchAxis: boolean | undefined,
): void {
  const type = toConfigType(spec.datatype);
  if (dataType !== undefined && dataType !== type)
    throw new ModelConfigProblem(`${where}.data_type`, `${what} is ${type}, not ${dataType}`);
  if (dims === undefined) return;
  const own = toWireShape(spec.shape);
  if (hasBatchAxis === true && own[0] !== -1) {
    const first = own.length === 0 ? "a scalar" : `fixed at ${own[0]} on its first axis`;
    throw new ModelConfigProblem(
      where,
      `${what} is ${first}, so there are no rows that requests could share runs by; set ` +
        `max_batch_size to 0, and give dims as [${own.join(", ")}]`,
    );
  }
  const wanted = reshape ?? dims;
  const field = reshape === undefined ? "dims" : "reshape.shape";
  const shapes =
    hasBatchAxis === undefined ? [own, ...withoutRows(own)] : [own.slice(hasBatchAxis ? 1 : 0)];
  if (!shapes.some((shape) => fits(shape, wanted))) {
    throw new ModelConfigProblem(
      `${where}.${field}`,
      `${what} is [${shapes[0]!.join(", ")}], not [${wanted.join(", ")}]` +
        (hasBatchAxis === true ? ", the axis of rows left out" : ""),
    );
  }
  if (reshape === undefined || fixedParts(dims).join() === fixedParts(reshape).join()) return;
  throw new ModelConfigProblem(
    `${where}.reshape`,
    `${what} cannot have both [${dims.join(", ")}] and [${reshape.join(", ")}]: their elements, ` +
      "between free axes, are not as many",
  );
}

/** Where a configuration does not say whether there are rows, dims may be either. */
function withoutRows(own: readonly number[]): number[][] {
  return own[0] === -1 ? [own.slice(1)] : [];
}

/**
 * A model's tensors as far as callers may use them: a length that is declared holds where the graph's
 * axis is free. Those that are reshaped are left as they are.
 *
 * @param graph what {@link checkDeclared} found to be so.
 */
export function narrowTensors(
  tensors: readonly DeclaredTensor[],
  graph: readonly TensorSpec[],
): TensorSpec[] {
  return graph.map((spec) => {
    const { dims, reshape } = tensors.find(({ name }) => name === spec.name) ?? {};
    if (dims === undefined || reshape !== undefined) return spec;
    const left = spec.shape.length - dims.length;
    const shape = spec.shape.map((length, axis) => {
      const declared = dims[axis - left] ?? -1;
      return typeof length === "string" && declared >= 0 ? declared : length;
    });
    return { ...spec, shape };
  });
}

function fits(own: readonly number[], wanted: readonly number[]): boolean {
  return (
    own.length === wanted.length &&
    own.every((length, axis) => length === wanted[axis] || length < 0 || wanted[axis]! < 0)
  );
}
