import { DATATYPES } from "../datatype.ts";
import { fail } from "../errors.ts";
import { formatSpec, type TensorSpec } from "../signature.ts";
import type { Tensor, TensorData } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { heldBytes, type RepeatLimits } from "./repeatLimits.ts";

/** The values of one feature: strings, or the elements of an input's data type. */
export type Feature = readonly string[] | ArrayLike<number> | ArrayLike<bigint>;

/** Features by input name, of one example. */
export type Example = ReadonlyMap<string, Feature>;

/** Inputs made of examples. */
export interface DecodedExamples {
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** How many examples there are. */
  readonly count: number;
}

/**
 * One row an example, of each input of a model.
 *
 * @param context features that every example has.
 * @throws LongshoreError FIELD_INVALID, INPUT_MISSING, INPUT_RAGGED, INPUT_TOO_LARGE, INPUT_MISMATCH.
 */
export function toExampleInputs(
  model: ModelContract,
  examples: readonly Example[],
  context: Example,
  { maxElements, hold }: RepeatLimits,
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
    if (context.has(name)) hold(heldBytes(datatype, width * features.length));
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
