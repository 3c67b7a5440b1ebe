/** Networks of an input `x`, calibrated on random samples and quantised with their ranges. */
import type { Tensor } from "@longshore/core";
import {
  calibrate,
  quantizeStatic,
  sqnr,
  type Model,
  type Node,
  type PassResult,
  type StaticInt8Options,
} from "@longshore/onnx";
import { randomSamples } from "./network.ts";
import { openRunnable, runModel } from "./ort.ts";

/** The shape of `x` unless a test says otherwise. */
export const IMAGE = [1, 4, 8, 8] as const;

export async function quantize(
  original: Model,
  options: StaticInt8Options = {},
  shape: readonly number[] = IMAGE,
): Promise<PassResult> {
  const samples = randomSamples(7, shape, 3);
  return quantizeStatic(original, await calibrate(original, samples, openRunnable), options);
}

/** One of the images that {@link quantize} calibrates with. */
export function calibratedSample(): Tensor {
  return randomSamples(7, IMAGE, 3).list[0]!.get("x")!;
}

export async function firstOutput(which: Model, x: Tensor): Promise<Float32Array> {
  const [first] = (await runModel(which, { x })).values();
  return first!.data as Float32Array;
}

/** How close a quantised model is, in dB, on a sample that it was calibrated with. */
export async function closeness(
  original: Model,
  { model: quantized }: PassResult,
): Promise<number> {
  const x = calibratedSample();
  return sqnr(await firstOutput(original, x), await firstOutput(quantized, x));
}

export function operatorsOf({ graph: { nodes } }: Model): string[] {
  return nodes.map(({ opType }) => opType);
}

/** The node that makes a value. */
export function producer({ graph: { nodes } }: Model, value: string | undefined): Node | undefined {
  return nodes.find(({ outputs }) => outputs.includes(value!));
}
