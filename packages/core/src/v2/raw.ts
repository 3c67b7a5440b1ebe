import { DATATYPES } from "../datatype.ts";
import { fail, type LongshoreError } from "../errors.ts";
import { formatSpec, type TensorSpec } from "../signature.ts";
import { elementCount, type Tensor } from "../tensor.ts";
import { checkInputs, type ModelContract } from "../validate.ts";
import { decodeText } from "./byteElements.ts";
import type { DecodedInfer } from "./request.ts";

/**
 * Decodes a raw request, whose whole body is the data of the model's one input and whose outputs
 * all come back binary. The shape is the model's: one free axis follows from the length; of several
 * free axes, the first is a batch of 1. A BYTES input has one element, which is the body itself.
 *
 * Source: Triton `docs/protocol/extension_binary_data.md`, "Raw Binary Request".
 *
 * @throws LongshoreError INPUT_MISSING, INPUT_SHAPE, INPUT_COUNT, INPUT_DATA and those of
 *   `checkInputs`.
 */
export function decodeRawRequest(
  body: Uint8Array,
  model: ModelContract,
  maxElements: number,
): DecodedInfer {
  const [spec, second] = model.signature.inputs;
  if (spec === undefined || second !== undefined) {
    throw fail("INPUT_MISSING", {
      input: second?.name ?? "",
      expected: `a model with one input, as raw requests need; "${model.name}" has ${model.signature.inputs.length}`,
    });
  }
  const inputs = new Map([[spec.name, toTensor(spec, body)]]);
  checkInputs(model, inputs, { maxElements });
  return { request: { inputs }, binaryOutputs: "all" };
}

function toTensor(spec: TensorSpec, body: Uint8Array): Tensor {
  const { name, datatype } = spec;
  if (datatype === "BYTES") {
    const shape = spec.shape.map((dimension) => (typeof dimension === "number" ? dimension : 1));
    if (elementCount(shape) !== 1) throw undecided(spec, "a raw request carries one string only");
    return { datatype, shape, data: [decodeText(name, 0, body)] };
  }
  const free = spec.shape.filter((dimension) => typeof dimension !== "number").length;
  const shape = spec.shape.map((dimension) => (typeof dimension === "number" ? dimension : -1));
  if (free > 1) shape[shape.indexOf(-1)] = 1;
  if (free > 2) throw undecided(spec, "a raw request cannot tell its free axes from its length");
  const open = shape.indexOf(-1);
  if (open >= 0) {
    shape[open] = 1;
    const stride = elementCount(shape) * DATATYPES[datatype].size;
    shape[open] = stride > 0 ? body.length / stride : 0;
    if (!Number.isInteger(shape[open])) {
      throw fail("INPUT_COUNT", {
        input: name,
        shape: spec.shape.join(","),
        expected: `a multiple of ${stride} bytes of ${datatype}`,
        got: body.length,
      });
    }
  }
  return { datatype, shape, data: body };
}

function undecided(spec: TensorSpec, problem: string): LongshoreError {
  return fail("INPUT_SHAPE", { input: spec.name, shape: formatSpec(spec), problem });
}
