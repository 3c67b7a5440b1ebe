import { toTypedArray } from "@longshore/core";
import { tensorType } from "../../build.ts";
import type { Model } from "../../proto/types.ts";
import type { OpenModel } from "../runtime.ts";
import type { Extremes } from "./extremes.ts";
import { addToHistogram, emptyHistogram, type Histogram } from "./histogram.ts";
import { runSamples } from "./run.ts";
import type { CheckedSamples } from "./samples.ts";
import { withOutputs } from "./withOutputs.ts";

/** Elements of activations that may come out of one run: 32 MB of them. */
const ELEMENTS_A_RUN = 2 ** 23;

/**
 * Runs a model again with its activations as outputs, a group at a time, and counts their values.
 * Activations that are always 0, or not always finite, have no histogram.
 */
export async function collectHistograms(
  model: Model,
  extremes: ReadonlyMap<string, Extremes>,
  samples: CheckedSamples,
  open: OpenModel,
): Promise<ReadonlyMap<string, Histogram>> {
  const histograms = new Map<string, Histogram>();
  for (const group of groupBySize(extremes)) {
    for (const value of group) histograms.set(value, emptyHistogram(extremes.get(value)!));
    const outputs = group.map((name) => ({ name, type: tensorType("FP32") }));
    await runSamples(withOutputs(model, outputs), samples, open, (results) => {
      for (const [value, { datatype, data }] of results)
        addToHistogram(histograms.get(value)!, toTypedArray(datatype, data) as Float32Array);
    });
  }
  return histograms;
}

/** In the graph's order, so that the first groups need only the beginning of the graph. */
function groupBySize(extremes: ReadonlyMap<string, Extremes>): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const [value, { min, max, elements }] of extremes) {
    if (!Number.isFinite(max - min) || (min === 0 && max === 0)) continue;
    if (elements > room) {
      groups.push([]);
      room = ELEMENTS_A_RUN;
    }
    groups.at(-1)!.push(value);
    room -= elements;
  }
  return groups;
}
