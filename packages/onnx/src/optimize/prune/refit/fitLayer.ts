import type { Tensors } from "@longshore/core";
import type { Model } from "../../../proto/types.ts";
import { invalid, type CheckedSamples } from "../../calibrate/samples.ts";
import type { OpenModel, RunnableModel } from "../../runtime.ts";
import type { LinearLayer } from "./layer.ts";
import { NormalEquations } from "./normalEquations.ts";
import type { Reader } from "./readers.ts";
import { featuresOf, pickPlaces, toChannels, valueAt } from "./rows.ts";
import { tapModel } from "./tapModel.ts";

/**
 * How strongly weights are held where they are, relative to the mean square of what they multiply:
 * few samples say little about many weights.
 */
const RIDGE = 0.01;

/** The matrix of the normal equations takes 8 bytes for each pair of features: here 200 MB. */
const MAX_FEATURES = 5120;

/** What is known of a layer when it is fitted. */
export interface FitContext {
  readonly original: Model;
  /** With the layers before this one fitted already. */
  readonly pruned: Model;
  readonly reader: Reader;
  readonly layer: LinearLayer;
  readonly samples: CheckedSamples;
  readonly open: OpenModel;
}

/** A correction of a layer's weights, and what it is worth on the samples. */
export interface LayerFit {
  /** What to add to the weights, by output: [outputs, features], the bias last if there is one. */
  readonly weights: Float64Array;
  /** Root mean square of the error relative to that of the original's outputs. */
  readonly errorBefore: number;
  readonly errorAfter: number;
}

/** Finds the best correction of a layer's weights; in words why there is none. */
export async function fitLayer(context: FitContext): Promise<LayerFit | string> {
  const { original, pruned, reader, layer, open } = context;
  if (layer.features > MAX_FEATURES)
    return `it has ${layer.features} weights an output, more than ${MAX_FEATURES}`;
  const running: RunnableModel[] = [];
  const opened = async (model: Model): Promise<RunnableModel> => {
    const runnable = await open(model);
    running.push(runnable);
    return runnable;
  };
  try {
    const teacher = await opened(tapModel(original, [reader.target]));
    const student = await opened(tapModel(pruned, [reader.input, reader.target]));
    const bias = layer.bias ? 1 : 0;
    const equations = await NormalEquations.open(layer.features + bias, layer.outputs, opened);
    const power = await collectRows(context, { teacher, student }, equations);
    if (typeof power === "string") return power;
    const correction = await equations.solve(RIDGE, bias);
    if (correction === undefined) return "what it reads or makes is not finite";
    const { weights, errorBefore, errorAfter } = correction;
    const relative = (error: number): number => Math.sqrt(Math.max(error, 0) / (power || 1));
    return { weights, errorBefore: relative(errorBefore), errorAfter: relative(errorAfter) };
  } finally {
    for (const runnable of running) await runnable.close();
  }
}

/** Adds what the layer reads and by how much it misses; the sum of the original's squares. */
async function collectRows(
  { reader, layer, samples }: FitContext,
  { teacher, student }: { readonly teacher: RunnableModel; readonly student: RunnableModel },
  equations: NormalEquations,
): Promise<number | string> {
  const axis = layer.convolution ? 1 : -1;
  let [items, power] = [0, 0];
  for await (const { number, tensors } of samples()) {
    const run = (model: RunnableModel): Promise<Tensors> =>
      model.run(tensors).catch((error: unknown) => {
        throw invalid(number, error);
      });
    const wanted = toChannels((await run(teacher)).get(reader.target)!, axis);
    const results = await run(student);
    const [input, output] = [results.get(reader.input)!, results.get(reader.target)!];
    const given = toChannels(output, axis);
    const read = toChannels(input, axis);
    const apart = layer.convolution === undefined && read.places !== given.places;
    if (apart || read.items !== given.items || wanted.places !== given.places)
      return "what it makes is broadcast";
    const features = featuresOf(layer, input, output);
    for (const place of pickPlaces(given, items)) {
      await equations.add((row, residuals) => {
        features(row, place);
        if (layer.bias) row[layer.features] = 1;
        for (let channel = 0; channel < layer.outputs; channel++) {
          const value = valueAt(wanted, place, reader.kept?.[channel] ?? channel);
          residuals[channel] = value - valueAt(given, place, channel);
          power += value ** 2;
        }
      });
    }
    items += given.items;
  }
  return power;
}
