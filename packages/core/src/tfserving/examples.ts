import { fail } from "../errors.ts";
import { expectKind } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import type { JsonReader } from "../json/reader.ts";
import { namesOf } from "../json/signatureNames.ts";
import { DATATYPES } from "../datatype.ts";
import { formatSpec, type TensorSpec } from "../signature.ts";
import type { Tensor, TensorData } from "../tensor.ts";
import { checkInputs, type DecodeLimits, type ModelContract } from "../validate.ts";
import { openBody, readSignatureName, startElements } from "./body.ts";

const KEYS = toNameTable(["signature_name", "examples", "context"]);

/** The values of one feature. */
type Feature = readonly string[] | ArrayLike<number>;

/** Features by input name, of one example. */
type Example = Map<string, Feature>;

/** Inputs made of examples. */
export interface DecodedExamples {
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** How many examples there are. */
  readonly count: number;
}

/**
 * Decodes the body of a `:classify` or `:regress` call:
 *
 * ```json
 * { "context": { "city": "Rome" }, "examples": [{ "age": 41 }, { "age": [36] }] }
 * ```
 *
 * A feature is a value or a flat list of them; one that is named as an input becomes a row of it,
 * others are passed over. Those of `context` belong to every example.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, INPUT_*.
 */
export function decodeExamples(
  body: Uint8Array,
  model: ModelContract,
  limits: DecodeLimits,
): DecodedExamples {
  const reader = openBody(body, limits.maxDepth, "examples");
  let examples: Example[] | undefined;
  let context: Example = new Map();
  while (reader.nextMember()) {
    const key = reader.readKey(KEYS);
    if (key === "signature_name") readSignatureName(reader);
    else if (key === "context") context = readExample(reader, model, "context", limits.maxElements);
    else if (key === "examples") examples = readExamples(reader, model, limits.maxElements);
    else reader.skipValue();
  }
  reader.finish();
  if (examples === undefined) {
    const expected = "an array of objects, one an example";
    throw fail("FIELD_MISSING", { field: "examples", where: "", expected });
  }
  const inputs = toInputs(model, examples, context, limits.maxElements);
  checkInputs(model, inputs, limits);
  return { inputs, count: examples.length };
}

function readExamples(reader: JsonReader, model: ModelContract, maxElements: number): Example[] {
  expectKind(reader, "array", "examples", "", "an array of objects, one an example");
  const examples: Example[] = [];
  reader.openArray();
  while (reader.nextElement())
    examples.push(readExample(reader, model, `examples[${examples.length}]`, maxElements));
  if (examples.length > 0) return examples;
  const problem = "it is an empty array; send at least one example";
  throw fail("FIELD_INVALID", { field: "examples", where: "", problem });
}

function readExample(
  reader: JsonReader,
  model: ModelContract,
  place: string,
  maxElements: number,
): Example {
  expectKind(reader, "object", place, "", "an object of features by name");
  const example: Example = new Map();
  reader.openObject();
  while (reader.nextMember()) {
    const name = reader.readKey(namesOf(model.signature).inputs);
    const spec = model.signature.inputs.find((input) => input.name === name);
    if (spec === undefined) {
      reader.skipValue();
      continue;
    }
    const field = `${place}.${name}`;
    const feature = startElements(reader, spec, field, maxElements);
    feature.read(reader, 0);
    if (feature.shape.length > 1) {
      const expected = "a value, or a flat list of values";
      throw fail("FIELD_TYPE", { field, where: "", expected, got: "an array of arrays" });
    }
    example.set(name, feature.data as Feature);
  }
  return example;
}

function toInputs(
  model: ModelContract,
  examples: readonly Example[],
  context: Example,
  maxElements: number,
): Map<string, Tensor> {
  const inputs = new Map<string, Tensor>();
  for (const spec of model.signature.inputs) {
    const { name, datatype } = spec;
    const features = examples.map((example, index) => {
      const own = example.get(name);
      const common = context.get(name);
      if (own !== undefined && common !== undefined) {
        const problem = "it is in the context too; give it in one of them";
        throw fail("FIELD_INVALID", { field: `examples[${index}].${name}`, where: "", problem });
      }
      if (own === undefined && common === undefined) {
        const expected = `${formatSpec(spec)}, a feature in examples[${index}]`;
        throw fail("INPUT_MISSING", { input: name, expected });
      }
      return (own ?? common) as Feature;
    });
    const width = widthOf(spec, features);
    // A long context and many examples: a small body, but a large product.
    if (width * features.length > maxElements) {
      const got = width * features.length;
      throw fail("INPUT_TOO_LARGE", { input: name, got, limit: maxElements });
    }
    const shape = [features.length, ...rowShape(spec, width)];
    inputs.set(name, { datatype, shape, data: concatenate(spec, features, width) });
  }
  return inputs;
}

/** How many values every example has. @throws LongshoreError INPUT_RAGGED where they differ. */
function widthOf({ name }: TensorSpec, features: readonly Feature[]): number {
  const width = features[0]?.length ?? 0;
  const odd = features.findIndex((feature) => feature.length !== width);
  if (odd < 0) return width;
  throw fail("INPUT_RAGGED", {
    input: name,
    where: `examples[${odd}]`,
    expected: `${width} values`,
    got: `${features[odd]?.length}`,
  });
}

/** The shape of a row of an input that has so many values, its one free axis found from them. */
function rowShape(spec: TensorSpec, width: number): number[] {
  const row = spec.shape.slice(1);
  const fixed = row.reduce<number>((all, axis) => (typeof axis === "number" ? all * axis : all), 1);
  const free = row.filter((axis) => typeof axis === "string").length;
  const length = width / fixed;
  if (spec.shape.length > 0 && free <= 1 && (free === 1 ? Number.isInteger(length) : length === 1))
    return row.map((axis) => (typeof axis === "number" ? axis : length));
  throw fail("INPUT_MISMATCH", {
    input: spec.name,
    expected: formatSpec(spec),
    got: `${width} ${width === 1 ? "value" : "values"} an example`,
  });
}

function concatenate(
  { datatype }: TensorSpec,
  features: readonly Feature[],
  width: number,
): TensorData {
  const { array } = DATATYPES[datatype];
  if (array === undefined) return (features as readonly (readonly string[])[]).flat();
  const all = new array(features.length * width);
  for (const [index, feature] of features.entries()) all.set(feature as never, index * width);
  return all;
}
