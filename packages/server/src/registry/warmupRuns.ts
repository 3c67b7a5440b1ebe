import { readFile } from "node:fs/promises";
import {
  checkInputs,
  DATATYPES,
  decodeByteElements,
  elementCount,
  fail,
  findInput,
  isStrings,
  toBytes,
  type InferRequest,
  type Signature,
  type Tensor,
  type TensorData,
} from "@longshore/core";
import type { WarmupInput, WarmupSample } from "@longshore/core/manifest";
import { makeRow } from "../engine/madeRows.ts";
import type { SequenceContract } from "../inference/sequence/contract.ts";
import { controlTensor, initialState } from "../inference/sequence/tensors.ts";
import { checkRows } from "../inference/shapes.ts";
import { findFile } from "../processing/platform.ts";
import type { ModelSource } from "./scan.ts";

/** A request that warms a model up, and how often. */
export interface WarmupRun {
  readonly name: string;
  readonly count: number;
  /** Of all inputs of the graph, checked against its signature. */
  readonly request: InferRequest;
}

/** What the runs are made for. */
export interface WarmupModel {
  readonly source: Pick<ModelSource, "name" | "folder" | "manifest">;
  /** Of the whole graph. */
  readonly signature: Signature;
  readonly batchable: boolean;
  readonly contract: SequenceContract | undefined;
}

/** More is not a warm-up but an attack, or a slip in a shape. */
const MAX_ELEMENTS = 2 ** 28;
/** That the requests of a model with a memory seem to belong to. */
const POSITION = { id: 1n, start: true, end: true };

/**
 * Makes the runs of a model's warm-up.
 *
 * @throws LongshoreError MODEL_LOAD_FAILED for inputs that the model does not take, and for files that
 *   do not hold them.
 */
export async function readWarmup(model: WarmupModel): Promise<WarmupRun[]> {
  const runs: WarmupRun[] = [];
  for (const sample of model.source.manifest.warmup ?? []) {
    const { name, count = 1 } = sample;
    try {
      runs.push({ name, count, request: await toRequest(model, sample) });
    } catch (error) {
      const reason = `its warm-up "${name}": ${(error as Error).message}`;
      throw fail("MODEL_LOAD_FAILED", { model: model.source.name, reason });
    }
  }
  return runs;
}

async function toRequest(
  { source, signature, batchable, contract }: WarmupModel,
  { inputs: given, batchSize = 1 }: WarmupSample,
): Promise<InferRequest> {
  const contractOf = { name: source.name, signature };
  const inputs = new Map<string, Tensor>();
  for (const [name, input] of Object.entries(given)) {
    const { shape } = findInput(contractOf, name);
    const isRow = input.shape.length === shape.length - 1;
    if (batchSize > 1 && !isRow) throw withRows(name, input);
    const tensor = await toTensor(name, input, source.folder, isRow ? batchSize : 1);
    inputs.set(name, isRow ? repeat(tensor, batchSize) : tensor);
  }
  for (const { name, tensor } of contract === undefined ? [] : ownInputs(contract)) {
    if (!inputs.has(name)) inputs.set(name, batchable ? stack(tensor, batchSize) : tensor);
  }
  const request = { inputs };
  checkInputs(contractOf, inputs, { maxElements: MAX_ELEMENTS });
  if (batchable) checkRows(request);
  return request;
}

/** What the server fills itself for the requests of sequences, of one row. */
function ownInputs({ controls, states }: SequenceContract): { name: string; tensor: Tensor }[] {
  return [
    ...controls.map((each) => ({ name: each.spec.name, tensor: controlTensor(each, POSITION) })),
    ...states.map((each) => ({ name: each.input.name, tensor: initialState(each) })),
  ];
}

function withRows(input: string, { shape }: WarmupInput): Error {
  const problem = "to repeat it `batchSize` times, give the shape of one row, without their axis";
  return fail("INPUT_SHAPE", { input, shape: `[${shape.join(",")}]`, problem });
}

/** @param times how often its elements are going to be needed. */
async function toTensor(
  name: string,
  input: WarmupInput,
  folder: string,
  times: number,
): Promise<Tensor> {
  const { datatype, shape } = input;
  const count = elementCount(shape);
  // Also where the count is NaN, because it overflows.
  if (!(count * times <= MAX_ELEMENTS)) {
    const got = Number.isNaN(count) ? "too many" : count * times;
    throw fail("INPUT_TOO_LARGE", { input: name, got, limit: MAX_ELEMENTS });
  }
  if ("file" in input) {
    const bytes = await readFile(await findFile(folder, input.file));
    return { datatype, shape, data: toData(name, input, bytes, count) };
  }
  const { array } = DATATYPES[datatype];
  if (array === undefined) return { datatype, shape, data: Array<string>(count).fill("") };
  if ("zero" in input) return { datatype, shape, data: new array(count) };
  const made = makeRow({ inputs: [{ name, datatype, shape }], outputs: [] }, false, 1, 0);
  return { datatype, shape, data: made.data[0]! };
}

/** The elements in a file, of which more may follow, as in Triton. */
function toData(
  name: string,
  { datatype, shape }: WarmupInput,
  bytes: Uint8Array,
  count: number,
): TensorData {
  const { array, size } = DATATYPES[datatype];
  if (array === undefined) return decodeByteElements(name, bytes, count);
  const wanted = count * size;
  if (bytes.length >= wanted) return new array(bytes.slice(0, wanted).buffer, 0, count);
  const got = `a file of ${bytes.length} bytes`;
  throw fail("INPUT_COUNT", {
    input: name,
    shape: shape.join(","),
    expected: `${wanted} bytes`,
    got,
  });
}

/** Puts an axis of rows before a tensor, of which each is that tensor. */
function repeat({ datatype, shape, data }: Tensor, rows: number): Tensor {
  return stack({ datatype, shape: [1, ...shape], data }, rows);
}

/** Puts a tensor of one row under itself. */
function stack({ datatype, shape, data }: Tensor, rows: number): Tensor {
  const stacked = [rows, ...shape.slice(1)];
  if (isStrings(data)) {
    return { datatype, shape: stacked, data: Array.from({ length: rows }, () => data).flat() };
  }
  const bytes = toBytes(data);
  const all = new Uint8Array(bytes.length * rows);
  for (let row = 0; row < rows; row++) all.set(bytes, row * bytes.length);
  return { datatype, shape: stacked, data: all };
}
