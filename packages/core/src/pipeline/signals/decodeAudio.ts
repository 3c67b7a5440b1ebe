import { z } from "zod";
import { fail } from "../../errors.ts";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { defineStep, type Step } from "../step.ts";
import { seriesProblem } from "./series.ts";
import { decodeWav, WavProblem, type Recording } from "./wav.ts";

/** Where the field does not say how long a recording may be. */
const DEFAULT_MAX_SECONDS = 600;

/** WAV files to samples. */
export const decodeAudio: Step = defineStep({
  name: "decode-audio",
  phase: "before",
  summary:
    "Reads WAV files (PCM, float, A-law, µ-law) and mixes them down to one channel of -1 to 1.",
  options: z.strictObject({
    column: z.string().describe("An audio field. It becomes a series that knows its rate."),
  }),
  examples: [
    {
      options: { column: "call" },
      // Two samples of 16 bits at 8 kHz.
      given: {
        call: { base64: ["UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQQAAAAAQADg"] },
      },
      gives: { call: { series: [[0.5, -0.25]], rates: [8000] } },
    },
  ],
  prepare({ column }, { types, inputs }) {
    requireType(types, column, "bytes", "column");
    const field = inputs[column];
    const maxSeconds = (field?.type === "audio" && field.maxSeconds) || DEFAULT_MAX_SECONDS;
    return {
      types: withTypes(types, { [column]: { kind: "series" } }),
      apply(frame) {
        const files = columnOf(frame, column, "bytes").values;
        const decode = (file: Uint8Array | null, row: number): Recording => {
          const where = frame.rows > 1 ? ` in row ${row}` : "";
          if (file === null)
            throw fail("FIELD_MISSING", { field: column, where, expected: "a WAV file" });
          try {
            return decodeWav(file, maxSeconds);
          } catch (error) {
            if (!(error instanceof WavProblem)) throw error;
            throw seriesProblem(column, row, frame.rows, error.message);
          }
        };
        const recordings = files.map(decode);
        frame.columns.set(column, {
          kind: "series",
          values: recordings.map(({ samples }) => samples),
          rates: recordings.map(({ rate }) => rate),
        });
      },
    };
  },
});
