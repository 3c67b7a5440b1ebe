/**
 * `model_warmup`, both ways.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, `ModelWarmup`.
 */
import type { WarmupInput, WarmupSample } from "../manifest/warmup.ts";
import { reshapeTo } from "../callerShape.ts";
import { toConfigType, toDatatype } from "./dataType.ts";
import type { TritonConfig } from "./messages.ts";
import { ModelConfigProblem, problem } from "./problem.ts";
import type { DeclaredTensor } from "./tensors.ts";

type Warmup = NonNullable<TritonConfig["model_warmup"]>;
type WarmupTensor = NonNullable<Warmup[number]["inputs"]>[string];

/** Triton's files lie in a folder of the model; a bundle's wherever it says. */
const FOLDER = "warmup/";

/**
 * Reads the section. Shapes are those that the model takes, where callers' are others.
 *
 * @param declared inputs of the configuration.
 * @throws ModelConfigProblem
 */
export function readWarmup(samples: Warmup, declared: readonly DeclaredTensor[]): WarmupSample[] {
  return samples.map(({ name = "", batch_size: rows = 0, count = 0, inputs = {} }, index) => ({
    name: name || String(index + 1),
    ...(count > 0 && { count }),
    ...(rows > 0 && { batchSize: rows }),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([input, tensor]) => [
        input,
        readTensor(
          tensor,
          `model_warmup[${index}].inputs.${input}`,
          declared.find(({ name }) => name === input),
        ),
      ]),
    ),
  }));
}

function readTensor(
  tensor: WarmupTensor,
  where: string,
  declared: DeclaredTensor | undefined,
): WarmupInput {
  const { data_type: type, dims = [], input_data_file: file } = tensor;
  const shape = toModelShape(dims, declared);
  const negative = shape.findIndex((length) => length < 0);
  if (negative >= 0)
    throw problem(`${where}.dims[${negative}]`, "an integer from 0", shape[negative]);
  const about = { datatype: toDatatype(type, `${where}.data_type`), shape };
  if (file) {
    if (/^\w[\w.-]*(?:\/\w[\w.-]*)*$/.test(file)) return { ...about, file: FOLDER + file };
    throw problem(`${where}.input_data_file`, `a file in the model's folder ${FOLDER}`, file);
  }
  if (tensor.random_data === true) return { ...about, random: true };
  if (tensor.zero_data === true) return { ...about, zero: true };
  throw new ModelConfigProblem(
    where,
    "zero_data, random_data or input_data_file must say what the input holds",
  );
}

function toModelShape(dims: readonly number[], declared: DeclaredTensor | undefined): number[] {
  const { dims: from, reshape: to } = declared ?? {};
  const free = (length: number): number | string => (length < 0 ? "?" : length);
  const shape = from && to && reshapeTo(dims, from.map(free), to.map(free));
  return shape ?? [...dims];
}

/** The section of a manifest's warm-up. */
export function toWarmup(samples: readonly WarmupSample[]): Warmup {
  return samples.map(({ name, batchSize, count, inputs }) => ({
    name,
    batch_size: batchSize ?? 0,
    count: count ?? 0,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([input, tensor]) => [input, toTensor(tensor)]),
    ),
  }));
}

function toTensor(input: WarmupInput): WarmupTensor {
  const about = { data_type: toConfigType(input.datatype), dims: input.shape };
  if ("zero" in input) return { ...about, zero_data: true };
  if ("random" in input) return { ...about, random_data: true };
  const { file } = input;
  const inFolder = file.startsWith(FOLDER) ? file.slice(FOLDER.length) : file;
  return { ...about, input_data_file: inFolder };
}
