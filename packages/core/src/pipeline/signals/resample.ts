import { z } from "zod";
import { columnOf, requireType } from "../columns.ts";
import { defineStep, type Step } from "../step.ts";
import { makeResampler, ratioOf, type Resampler } from "./polyphase.ts";
import { rateFinder, seriesProblem } from "./series.ts";

/** Filters are kept for so many ratios: recordings come at a handful of rates. */
const KEPT_FILTERS = 8;

/** `scipy.signal.resample_poly` by the ratio of the rates. */
export const resample: Step = defineStep({
  name: "resample",
  phase: "before",
  summary:
    "Brings series to one sample rate with a low-pass filter, as `scipy.signal.resample_poly`.",
  options: z.strictObject({
    column: z.string().describe("A series with a rate."),
    rate: z.number().positive().describe("Samples a second that the model learnt with."),
  }),
  examples: [
    {
      options: { column: "signal", rate: 2 },
      given: { signal: { series: [[1, 2, 3, 2]], rates: [1] } },
      gives: {
        signal: {
          series: [[1.00052, 1.51577, 2.00103, 2.56142, 3.00155, 2.87386, 2.00103, 0.813693]],
          rates: [2],
        },
      },
    },
  ],
  prepare({ column, rate }, { types, inputs }) {
    requireType(types, column, "series", "column");
    const rateOf = rateFinder(column, inputs);
    const resamplers = new Map<number, Resampler | undefined>();
    const resamplerFor = (from: number): Resampler | undefined => {
      if (!resamplers.has(from)) {
        const ratio = ratioOf(from, rate);
        if (resamplers.size === KEPT_FILTERS) resamplers.delete([...resamplers.keys()][0]!);
        resamplers.set(from, ratio && makeResampler(ratio));
      }
      return resamplers.get(from);
    };
    return {
      types,
      apply(frame) {
        const series = columnOf(frame, column, "series");
        const values = series.values.map((samples, row) => {
          const from = rateOf(series, row);
          const resampler = from === undefined ? undefined : resamplerFor(from);
          if (resampler !== undefined) return resampler.resample(samples);
          const problem = `a rate of ${from ?? "unknown"} samples a second cannot be brought to ${rate}`;
          throw seriesProblem(column, row, frame.rows, problem);
        });
        frame.columns.set(column, { kind: "series", values, rates: values.map(() => rate) });
      },
    };
  },
});
