import { fail, toBytes } from "@longshore/core";
import { Reader, Writer, type ToProblem } from "@longshore/core/proto";
import { MODEL, TENSOR } from "./proto/tables.ts";
import type { Model, TensorProto } from "./proto/types.ts";

/**
 * Reads an ONNX model. Raw tensor data are views of `bytes`, which must therefore not change.
 *
 * The bytes are not trusted: whatever they are, the answer is a model or an error, in time and
 * memory proportional to their length. The model's *meaning* is not checked here; see `checkModel`.
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID
 */
export function readModel(bytes: Uint8Array, file = "model"): Model {
  const model = MODEL.create();
  MODEL.read(new Reader(toBytes(bytes), problemOf(file)), model);
  return model;
}

/**
 * Writes a model as a list of chunks to be stored or sent one after the other. Raw tensor data from
 * 1 KiB on are chunks of their own, not copied.
 */
export function writeModel(model: Model): Uint8Array[] {
  const writer = new Writer();
  MODEL.write(writer, model);
  return writer.finish();
}

/** Reads one tensor, as the `.pb` files of the ONNX backend tests hold it. @throws MODEL_INVALID */
export function readTensorProto(bytes: Uint8Array, file = "tensor"): TensorProto {
  const tensor = TENSOR.create();
  TENSOR.read(new Reader(toBytes(bytes), problemOf(file)), tensor);
  return tensor;
}

function problemOf(file: string): ToProblem {
  return (problem) =>
    fail("MODEL_INVALID", {
      file,
      problem: `not a valid ONNX file: ${problem}; export or download it again`,
    });
}

/** The chunks in one piece, for a runtime that wants a model so. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}
