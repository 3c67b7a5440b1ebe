import { fail, type LongshoreError } from "./errors.ts";
import { formatNames, formatSpec, type Signature, type TensorSpec } from "./signature.ts";
import { byteLength, elementCount, toBytes, type Tensor, type Tensors } from "./tensor.ts";

/** A model as far as a request can be judged by it. */
export interface ModelContract {
  readonly name: string;
  readonly signature: Signature;
}

export interface InputLimits {
  /** Most elements that one input may have. */
  readonly maxElements: number;
}

/** What a body may be, before it is understood. */
export interface DecodeLimits extends InputLimits {
  /** How deep JSON may be nested. */
  readonly maxDepth: number;
}

/**
 * Checks that tensors are what a model takes: exactly the inputs of its signature, each of the
 * right data type and shape, with as many elements as its shape says.
 *
 * @throws LongshoreError INPUT_UNKNOWN, INPUT_MISSING, INPUT_MISMATCH, INPUT_SHAPE, INPUT_COUNT,
 *   INPUT_TOO_LARGE, INPUT_ELEMENT.
 */
export function checkInputs(model: ModelContract, inputs: Tensors, limits?: InputLimits): void {
  const specs = model.signature.inputs;
  let found = 0;
  for (const spec of specs) {
    const tensor = inputs.get(spec.name);
    if (tensor === undefined) continue;
    found++;
    checkInput(spec, tensor, limits?.maxElements ?? Number.MAX_SAFE_INTEGER);
  }
  // The unknown name first: it is likelier a misspelling of the missing one than one too many.
  if (found < inputs.size) {
    for (const name of inputs.keys()) findInput(model, name);
  }
  if (found < specs.length) {
    const missing = specs.find(({ name }) => !inputs.has(name)) as TensorSpec;
    throw fail("INPUT_MISSING", { input: missing.name, expected: formatSpec(missing) });
  }
}

/**
 * What a model says of an input.
 *
 * @throws LongshoreError INPUT_UNKNOWN
 */
export function findInput(model: ModelContract, name: string): TensorSpec {
  for (const spec of model.signature.inputs) if (spec.name === name) return spec;
  throw fail("INPUT_UNKNOWN", {
    input: name,
    model: model.name,
    expected: formatNames(model.signature.inputs),
  });
}

/**
 * Checks that names are outputs of a model, each asked for once.
 *
 * @throws LongshoreError OUTPUT_UNKNOWN, OUTPUT_DUPLICATE.
 */
export function checkOutputs(model: ModelContract, names: readonly string[]): void {
  const specs = model.signature.outputs;
  const seen = new Set<string>();
  for (const name of names) {
    if (!specs.some((spec) => spec.name === name)) {
      throw fail("OUTPUT_UNKNOWN", {
        output: name,
        model: model.name,
        expected: formatNames(specs),
      });
    }
    if (seen.has(name)) throw fail("OUTPUT_DUPLICATE", { output: name });
    seen.add(name);
  }
}

/**
 * Checks data type and shape of one input against what the model says of it.
 *
 * @throws LongshoreError INPUT_MISMATCH
 */
export function checkSpec(spec: TensorSpec, got: Pick<Tensor, "datatype" | "shape">): void {
  if (got.datatype !== spec.datatype || !shapeFits(spec, got.shape)) {
    throw fail("INPUT_MISMATCH", {
      input: spec.name,
      expected: formatSpec(spec),
      got: `${got.datatype}[${got.shape.join(",")}]`,
    });
  }
}

function checkInput(spec: TensorSpec, tensor: Tensor, maxElements: number): void {
  checkSpec(spec, tensor);
  const { datatype, shape, data } = tensor;
  const count = checkedCount(spec.name, shape, maxElements);
  if (datatype === "BYTES") {
    if (!Array.isArray(data)) throw miscount(spec, shape, `${count} strings`, "bytes");
    if (data.length !== count) throw miscount(spec, shape, `${count} strings`, `${data.length}`);
    checkStrings(spec.name, data);
    return;
  }
  const bytes = byteLength(datatype, shape);
  const got = Array.isArray(data) ? "strings" : (data as ArrayBufferView).byteLength;
  if (got !== bytes) throw miscount(spec, shape, `${bytes} bytes of ${datatype}`, `${got}`);
  if (datatype === "BOOL") checkBooleans(spec.name, toBytes(data as ArrayBufferView));
}

function miscount(
  spec: TensorSpec,
  shape: readonly number[],
  expected: string,
  got: string,
): LongshoreError {
  return fail("INPUT_COUNT", { input: spec.name, shape: shape.join(","), expected, got });
}

/**
 * Number of elements of a shape that a caller gave.
 *
 * @throws LongshoreError INPUT_SHAPE where it is no shape, INPUT_TOO_LARGE where it is over the limit.
 */
export function checkedCount(input: string, shape: readonly number[], maxElements: number): number {
  const count = elementCount(shape);
  if (Number.isNaN(count)) {
    throw fail("INPUT_SHAPE", {
      input,
      shape: `[${shape.join(",")}]`,
      problem: "dimensions are integers from 0, and their product must stay below 2^53",
    });
  }
  // An axis of 0 must not hide how long the others are: rows cost work even where they are empty.
  const extent = count > 0 ? count : elementCount(shape.filter((dimension) => dimension !== 0));
  if (extent > maxElements)
    throw fail("INPUT_TOO_LARGE", { input, got: extent, limit: maxElements });
  return count;
}

function shapeFits(spec: TensorSpec, shape: readonly number[]): boolean {
  if (shape.length !== spec.shape.length) return false;
  for (let axis = 0; axis < shape.length; axis++) {
    const expected = spec.shape[axis];
    if (typeof expected === "number" && expected !== shape[axis]) return false;
  }
  return true;
}

/** ONNX Runtime for Node cuts a string at its first NUL: such an element would change silently. */
function checkStrings(input: string, strings: readonly string[]): void {
  const index = strings.findIndex((text) => text.includes("\0"));
  if (index >= 0) {
    throw fail("INPUT_ELEMENT", {
      input,
      index,
      got: "a string with a NUL character",
      expected: "a string without",
    });
  }
}

/** A bool that is neither 0 nor 1 is undefined behaviour in the native kernels. */
function checkBooleans(input: string, bytes: Uint8Array): void {
  for (let index = 0; index < bytes.length; index++) {
    if ((bytes[index] as number) > 1) {
      throw fail("INPUT_ELEMENT", {
        input,
        index,
        got: `the byte ${bytes[index]}`,
        expected: "0 or 1 (BOOL)",
      });
    }
  }
}
