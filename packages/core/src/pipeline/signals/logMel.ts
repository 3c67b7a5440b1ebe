import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { LOGARITHMS } from "./logarithms.ts";
import { melFilters } from "./melFilters.ts";
import { fitLength, rateFinder, seriesProblem } from "./series.ts";
import { makeSpectrograms } from "./spectrogram.ts";

const positiveInteger = z.int().positive();

/** `librosa.feature.melspectrogram`, and what Whisper makes of it. */
export const logMel: Step = defineStep({
  name: "log-mel",
  phase: "before",
  summary: "Turns recordings into log-mel spectrograms `[rows, mels, frames]`, as librosa does.",
  options: z.strictObject({
    column: z.string().describe("A series with a rate."),
    into: z.string().min(1).optional().describe("The tensor; in place by default."),
    rate: z.number().positive().describe("Samples a second; others need `resample` before."),
    size: z.int().min(2).describe("Samples of a transform (`n_fft`)."),
    hop: positiveInteger.describe("Samples from one frame to the next (`hop_length`)."),
    window: positiveInteger
      .optional()
      .describe("Samples of the Hann window (`win_length`); those of the transform by default."),
    pad: z
      .enum(["zero", "reflect", "none"])
      .default("zero")
      .describe("What stands around the recording (`pad_mode`); `none` is `center=False`."),
    mels: positiveInteger.default(128).describe("Mel bands (`n_mels`)."),
    lowest: z.number().nonnegative().default(0).describe("Hz (`fmin`)."),
    highest: z.number().positive().optional().describe("Hz (`fmax`); half the rate by default."),
    scale: z.enum(["slaney", "htk"]).default("slaney").describe("The mel scale."),
    norm: z
      .enum(["slaney", "none"])
      .default("slaney")
      .describe("Whether each band's triangle has the same area, or the same height."),
    log: z
      .enum(["db", "db-max", "ln", "log10", "whisper", "none"])
      .default("db")
      .describe(
        "Of the power: `db` is `power_to_db`, `db-max` relative to the loudest; `whisper` is " +
          "OpenAI Whisper's, which also leaves out the last frame.",
      ),
    floor: z
      .number()
      .positive()
      .default(1e-10)
      .describe("Powers below it count as this much, before the logarithm (`amin`)."),
    range: z
      .number()
      .positive()
      .default(80)
      .describe("How many dB below the loudest `db` and `db-max` go (`top_db`)."),
    length: positiveInteger
      .optional()
      .describe(
        "Samples that every recording is cut or filled up with silence to; without it, the " +
          "recordings of a call must be equally long.",
      ),
  }),
  examples: [
    {
      options: { column: "tone", rate: 16, size: 8, hop: 4, mels: 3 },
      given: { tone: { series: [[1, 0, -1, 0, 1, 1, 0, 0]], rates: [16] } },
      gives: {
        tone: {
          datatype: "FP32",
          shape: [1, 3, 3],
          data: [
            -2.0412, 2.77519, -19.6967, 0.511525, 1.72975, -19.6967, -2.0412, -10.76, -19.6967,
          ],
        },
      },
    },
  ],
  prepare(options, { types, inputs }) {
    const { column, into = column, rate, size, hop, mels, lowest, scale, norm, length } = options;
    const { window = size, highest = rate / 2, pad } = options;
    requireType(types, column, "series", "column");
    if (window > size) throw new StepProblem(`it is longer than the transform, ${size}`, "window");
    if (highest > rate / 2)
      throw new StepProblem(`it is above half the rate, ${rate / 2}`, "highest");
    if (lowest >= highest) throw new StepProblem(`it is not below ${highest}`, "lowest");
    const rateOf = rateFinder(column, inputs);
    const spectrograms = makeSpectrograms({ size, hop, window, pad });
    const filters = melFilters({ rate, size, mels, lowest, highest, scale, norm });
    const { dropped = 0, apply: takeLogarithm } = LOGARITHMS[options.log](options);
    const framesOf = (samples: number): number =>
      Math.max(0, spectrograms.frames(samples) - dropped);
    const known = length === undefined ? "frames" : framesOf(length);
    if (known === 0) throw new StepProblem("it gives no frame", "length");

    /** @returns `[mels, frames]` into `out` */
    const fill = (samples: Float32Array, frames: number, out: Float64Array): void => {
      spectrograms.eachFrame(samples, (power, frame) => {
        if (frame >= frames) return;
        for (let mel = 0; mel < mels; mel++) {
          const { first, weights } = filters[mel]!;
          let sum = 0;
          for (let k = 0; k < weights.length; k++) sum += weights[k]! * power[first + k]!;
          out[mel * frames + frame] = sum;
        }
      });
      takeLogarithm(out);
    };

    return {
      types: withTypes(types, {
        [into]: { kind: "tensor", datatype: "FP32", shape: [mels, known] },
      }),
      apply(frame) {
        const { rows } = frame;
        const series = columnOf(frame, column, "series");
        const recordings = series.values.map((samples, row) => {
          const given = rateOf(series, row);
          const problem = (text: string): Error => seriesProblem(column, row, rows, text);
          if (given !== undefined && given !== rate)
            throw problem(
              `it has ${given} samples a second, and the model takes ${rate}; its pipeline does not resample`,
            );
          const fitted = length === undefined ? samples : fitLength(samples, length, "start", 0);
          const shortest = pad === "none" ? size : pad === "reflect" ? Math.floor(size / 2) + 1 : 1;
          if (fitted.length < shortest || framesOf(fitted.length) === 0)
            throw problem(`it has ${fitted.length} samples, which is too short for a spectrogram`);
          if (fitted.length !== (length ?? series.values[0]!.length))
            throw problem(
              `it has ${fitted.length} samples, and row 0 has ${series.values[0]!.length}; send recordings ` +
                "of different lengths in calls of their own",
            );
          return fitted;
        });
        const frames = recordings.length === 0 ? 0 : framesOf(recordings[0]!.length);
        const data = new Float32Array(rows * mels * frames);
        const one = new Float64Array(mels * frames);
        recordings.forEach((samples, row) => {
          fill(samples, frames, one);
          data.set(one, row * mels * frames);
        });
        const tensor = { datatype: "FP32", shape: [rows, mels, frames], data } as const;
        frame.columns.set(into, { kind: "tensor", tensor });
      },
    };
  },
});
