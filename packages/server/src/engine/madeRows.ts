/** Made-up inputs, for trying a model of which nothing but the signature is known. */
import {
  DATATYPES,
  elementCount,
  type Datatype,
  type Signature,
  type TypedArray,
} from "@longshore/core";
import type { OutputTensor, PlacedTensor, Run, RunReply, RunRequest } from "./messages.ts";

/** A model that can be run, whatever computes it. */
export interface TriedModel {
  readonly signature: Signature;
  /** As `runMessage`: a run that fails is part of the reply. */
  run(request: Omit<RunRequest, "session">): Promise<RunReply>;
}

/** One row of every input of a model. */
export interface MadeRow {
  /** Shape of each input, with a batch axis of 1 where there is one. */
  readonly dims: readonly (readonly number[])[];
  readonly data: readonly (TypedArray | string[])[];
}

/**
 * Makes a row: the same for the same number, different for others.
 *
 * @param batchable whether the first axis counts rows.
 * @param length of all other symbolic axes.
 */
export function makeRow(
  signature: Signature,
  batchable: boolean,
  length: number,
  row: number,
): MadeRow {
  const random = randomNumbers(row + 1);
  const dims = signature.inputs.map((input) =>
    input.shape.map((dimension, axis) =>
      typeof dimension === "number" ? dimension : batchable && axis === 0 ? 1 : length,
    ),
  );
  const data = signature.inputs.map((input, index) => {
    const count = elementCount(dims[index]!);
    const { array, kind } = DATATYPES[input.datatype];
    if (array === undefined)
      return Array.from({ length: count }, () => (random() < 0.5 ? "a" : "b"));
    const values = new array(count);
    for (let element = 0; element < count; element++) {
      const value = random();
      // Integers are often indices: 0 and 1 exist in nearly every table.
      if (kind === "float") values[element] = encodeFloat(input.datatype, value);
      else if (kind === "bigint") values[element] = value < 0.5 ? 0n : 1n;
      else values[element] = value < 0.5 ? 0 : 1;
    }
    return values;
  });
  return { dims, data };
}

/** 0…1; of the two types that are held as bit patterns, the pattern of ½…1. */
function encodeFloat(datatype: Datatype, value: number): number {
  if (datatype === "FP32" || datatype === "FP64") return value;
  // The exponent of ½, and the fraction's bits from the value.
  return datatype === "FP16"
    ? 0x3800 | Math.floor(value * 0x400)
    : 0x3f00 | Math.floor(value * 0x80);
}

/** xorshift32: the proof must not differ between two loads of one model. */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Runs rows together. @throws Error when the model cannot compute them. */
export async function runRows(
  model: TriedModel,
  rows: readonly MadeRow[],
): Promise<readonly OutputTensor[]> {
  const { run, arena } = placeRows(rows);
  const reply = await model.run({ type: "run", runs: [run], outputs: undefined, arena });
  const result = reply.results[0]!;
  if ("whole" in result) return result.whole;
  const [part] = result.parts;
  if (part === undefined || part.error !== undefined) throw new Error(part?.error ?? "no result");
  return part.outputs;
}

/** Puts rows one after another, each input apart, into one arena. */
function placeRows(rows: readonly MadeRow[]): { run: Run; arena: ArrayBuffer } {
  const [first] = rows;
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const inputs = first!.dims.map((dims, input): PlacedTensor => {
    const stacked = [rows.length * (dims[0] ?? 1), ...dims.slice(1)];
    const shape = dims.length === 0 ? [] : stacked;
    const parts = rows.map((row) => row.data[input]!);
    if (Array.isArray(parts[0])) return { dims: shape, strings: (parts as string[][]).flat() };
    const start = offset;
    for (const part of parts as TypedArray[]) {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      chunks.push(bytes);
      offset += bytes.length;
    }
    const bytes = offset - start;
    const padding = -offset & 63;
    chunks.push(new Uint8Array(padding));
    offset += padding;
    return { dims: shape, offset: start, bytes };
  });
  const arena = new ArrayBuffer(offset);
  const target = new Uint8Array(arena);
  let position = 0;
  for (const chunk of chunks) {
    target.set(chunk, position);
    position += chunk.length;
  }
  return { run: { inputs, parts: undefined }, arena };
}
