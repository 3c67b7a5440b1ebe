import { DATATYPES } from "../datatype.ts";
import { fail } from "../errors.ts";
import { toElements } from "../json/writer.ts";
import { formatNames, type TensorSpec } from "../signature.ts";
import { elementCount, type Tensors } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { floatText } from "./numberText.ts";

/** The outputs that a classification is made of. */
export interface ClassOutputs {
  /** Floats [N, classes]. */
  readonly scores: TensorSpec;
  /** Strings of the same shape; without them labels are those of the graph, else empty. */
  readonly classes?: TensorSpec;
}

/**
 * Finds the outputs of a `:classify` call: the scores are named `scores`, as TensorFlow has it, else
 * they are the only floats, or the only ones with labels.
 *
 * @throws LongshoreError NOT_ACCEPTED where there are none.
 */
export function findClassOutputs(model: ModelContract): ClassOutputs {
  const isPlausible = (spec: TensorSpec): boolean => isFloat(spec) && spec.shape.length === 2;
  const scores = findOutput(model, "scores", isPlausible, "floats of the shape [N, classes]");
  const classes = model.signature.outputs.find(
    ({ name, datatype, shape }) => name === "classes" && datatype === "BYTES" && shape.length === 2,
  );
  return { scores, ...(classes && { classes }) };
}

/**
 * Finds the output of a `:regress` call, one number a row: it is named `outputs`, else it is the
 * only one of floats.
 *
 * @throws LongshoreError NOT_ACCEPTED where there is none.
 */
export function findValueOutput(model: ModelContract): TensorSpec {
  const isPlausible = (spec: TensorSpec): boolean => {
    const [, width, ...more] = spec.shape;
    const isOne = width === undefined || width === 1 || typeof width === "string";
    return isFloat(spec) && spec.shape.length > 0 && isOne && more.length === 0;
  };
  return findOutput(model, "outputs", isPlausible, "floats, one a row");
}

/** Scores of examples, and what each is the score of. */
export interface Classification {
  /** Row-major, `width` an example. */
  readonly scores: Float32Array;
  /** How many classes there are. */
  readonly width: number;
  /** The label of the score at an index; empty where the model tells none. */
  readonly labelOf: (index: number) => string;
}

/**
 * The classification that a model's outputs are.
 *
 * @param count how many examples there were.
 * @throws LongshoreError NOT_ACCEPTED where the outputs are not one row an example.
 */
export function toClassification(
  { scores: { name, labels }, classes }: ClassOutputs,
  outputs: Tensors,
  count: number,
): Classification {
  const scores = singlesOf(outputs, name, count);
  const width = scores.length / count;
  const named = classes && (outputs.get(classes.name)?.data as readonly string[]);
  const labelOf = (index: number): string => {
    if (named !== undefined) return named[index] ?? "";
    return labels?.length === width ? (labels[index % width] as string) : "";
  };
  return { scores, width, labelOf };
}

/**
 * The numbers that a model's output is, one an example.
 *
 * @param count how many examples there were.
 * @throws LongshoreError NOT_ACCEPTED where there is not one number an example.
 */
export function toRegression({ name }: TensorSpec, outputs: Tensors, count: number): Float32Array {
  const values = singlesOf(outputs, name, count);
  if (values.length !== count) throw notOneARow(name, `${values.length / count} values`);
  return values;
}

/**
 * Encodes the answer to a `:classify` call: for each example its labels with their scores,
 * `{"results": [[["no", 0.1], ["yes", 0.9]], …]}`.
 */
export function encodeClassification({ scores, width, labelOf }: Classification): string {
  const examples: string[] = [];
  for (let first = 0; first < scores.length; first += width) {
    const pairs: string[] = [];
    for (let index = first; index < first + width; index++)
      pairs.push(`[${JSON.stringify(labelOf(index))},${floatText(scores[index] as number, true)}]`);
    examples.push(`[${pairs.join(",")}]`);
  }
  return `{"results":[${examples.join(",")}]}`;
}

/** Encodes the answer to a `:regress` call: `{"results": [3.5, 4.0]}`. */
export function encodeRegression(values: Float32Array): string {
  return `{"results":[${Array.from(values, (value) => floatText(value, true)).join(",")}]}`;
}

function findOutput(
  { name: model, signature: { outputs } }: ModelContract,
  wanted: string,
  isPlausible: (spec: TensorSpec) => boolean,
  expected: string,
): TensorSpec {
  const candidates = outputs.filter(isPlausible);
  const labelled = candidates.filter(({ labels }) => labels !== undefined);
  const found =
    candidates.find(({ name }) => name === wanted) ??
    (candidates.length === 1 ? candidates[0] : labelled.length === 1 ? labelled[0] : undefined);
  if (found !== undefined) return found;
  const got =
    candidates.length === 0 ? "none" : `${formatNames(candidates)}, none of them named "${wanted}"`;
  const problem = `"${model}" must have one output of ${expected}, for this method; it has ${got}; ask it with :predict`;
  throw fail("NOT_ACCEPTED", { problem });
}

function isFloat({ datatype }: TensorSpec): boolean {
  return DATATYPES[datatype].kind === "float";
}

/** An output as singles, which TensorFlow's results are, and at least one for each example. */
function singlesOf(outputs: Tensors, name: string, count: number): Float32Array {
  const tensor = outputs.get(name);
  if (tensor === undefined || tensor.shape[0] !== count || elementCount(tensor.shape) === 0)
    throw notOneARow(name, `the shape [${tensor?.shape.join(",")}]`);
  return Float32Array.from(toElements(tensor).values as ArrayLike<number>);
}

function notOneARow(name: string, got: string): Error {
  const problem = `output "${name}" is not one row for each example, but has ${got}; ask with :predict`;
  return fail("NOT_ACCEPTED", { problem });
}
