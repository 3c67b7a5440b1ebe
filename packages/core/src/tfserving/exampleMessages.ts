import { toBfloat16 } from "../bfloat16.ts";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { fail } from "../errors.ts";
import type { TensorSpec } from "../signature.ts";
import { checkInputs, type ModelContract } from "../validate.ts";
import { decodeText } from "../v2/byteElements.ts";
import {
  toExampleInputs,
  type DecodedExamples,
  type Example,
  type Feature,
} from "./exampleInputs.ts";
import type { RepeatLimits } from "./repeatLimits.ts";
import type { ExampleMessage, FeatureMessage, InputMessage } from "./messages/examples.ts";

type Kind = Exclude<keyof FeatureMessage, "unknownFields">;

const KINDS: readonly Kind[] = ["bytes_list", "float_list", "int64_list"];

/**
 * Turns the examples of a message into inputs of a model, one row an example.
 *
 * A feature that is named as an input becomes a row of it, others are passed over. Texts come from
 * lists of bytes, fractions from lists of floats, integers and booleans from lists of int64.
 *
 * @throws LongshoreError FIELD_MISSING, FIELD_INVALID, FIELD_TYPE, or of the codes INPUT_*.
 */
export function readExamples(
  input: InputMessage | undefined,
  model: ModelContract,
  limits: RepeatLimits,
): DecodedExamples {
  const list = input?.example_list ?? input?.example_list_with_context;
  if (list === undefined || list.examples.length === 0) {
    const expected = "at least one tensorflow.Example in an ExampleList";
    throw fail("FIELD_MISSING", { field: "input", where: "", expected });
  }
  const examples = list.examples.map((each, index) =>
    readExample(each, model, `examples[${index}]`),
  );
  const context = readExample(input?.example_list_with_context?.context, model, "context");
  const inputs = toExampleInputs(model, examples, context, limits);
  checkInputs(model, inputs, limits);
  return { inputs, count: examples.length };
}

function readExample(
  message: ExampleMessage | undefined,
  { signature }: ModelContract,
  place: string,
): Example {
  const features = message?.features?.feature;
  const example = new Map<string, Feature>();
  for (const spec of signature.inputs) {
    const feature = features?.[spec.name];
    // One of no kind has no values, which is how a missing one may be written too.
    if (feature === undefined || KINDS.every((kind) => feature[kind] === undefined)) continue;
    example.set(spec.name, readFeature(feature, spec, `${place}.${spec.name}`));
  }
  return example;
}

function readFeature(
  feature: FeatureMessage,
  { name, datatype }: TensorSpec,
  field: string,
): Feature {
  const wanted = kindOf(datatype);
  const given = KINDS.find((kind) => feature[kind] !== undefined) as Kind;
  if (given !== wanted) {
    const expected = `${wanted}, of which ${datatype} is made`;
    throw fail("FIELD_TYPE", { field, where: "", expected, got: given });
  }
  if (wanted === "bytes_list")
    return (feature.bytes_list?.value ?? []).map((bytes, index) => decodeText(name, index, bytes));
  if (wanted === "float_list")
    return fromFloats(feature.float_list?.value ?? new Float32Array(0), datatype);
  return fromIntegers(feature.int64_list?.value ?? new BigInt64Array(0), datatype, name);
}

function kindOf(datatype: Datatype): Kind {
  const { kind } = DATATYPES[datatype];
  return kind === "string" ? "bytes_list" : kind === "float" ? "float_list" : "int64_list";
}

function fromFloats(values: Float32Array, datatype: Datatype): Feature {
  switch (datatype) {
    case "FP64":
      return Float64Array.from(values);
    case "FP16":
      return new Uint16Array(Float16Array.from(values).buffer);
    case "BF16":
      return Uint16Array.from(values, toBfloat16);
    default:
      return values;
  }
}

/** @throws LongshoreError INPUT_ELEMENT where one is out of its type's range. */
function fromIntegers(values: BigInt64Array, datatype: Datatype, input: string): Feature {
  if (datatype === "INT64") return values;
  const { array, kind, min = 0, max = 1 } = DATATYPES[datatype];
  const index = values.findIndex((value) => value < min || value > max);
  if (index >= 0) {
    const expected = `an integer from ${min} to ${max} (${datatype})`;
    throw fail("INPUT_ELEMENT", { input, index, got: `${values[index]}`, expected });
  }
  const converted = new array!(values.length) as Int32Array;
  for (const [at, value] of values.entries())
    converted[at] = (kind === "bigint" ? value : Number(value)) as number;
  return converted;
}
