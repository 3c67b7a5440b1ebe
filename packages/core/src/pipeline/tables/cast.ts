import { z } from "zod";
import { columnOf, numbersOf, requireTypes, withTypes } from "../columns.ts";
import { defineStep, type Step } from "../step.ts";
import { columnNames, invalidValue, quote, requireOnce } from "./fitted.ts";

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Not lowered: graphs cannot refuse a text, and write numbers with the digits of float32. */
export const cast: Step = defineStep({
  name: "cast",
  phase: "either",
  summary: "Reads numbers from texts, or writes numbers as texts; what is missing stays so.",
  options: z.strictObject({
    columns: columnNames.describe("Text columns, or number columns."),
    to: z
      .enum(["number", "text"])
      .describe(
        "What they become. Numbers are read as JSON and CSV have them (`-12.5`, `1e-3`); any other " +
          "text but an empty one is refused. They are written with as few digits as tell them apart.",
      ),
  }),
  examples: [
    {
      options: { columns: ["age"], to: "number" },
      given: { age: ["41", " 1e1 ", "", null] },
      gives: { age: [41, 10, null, null] },
    },
    {
      options: { columns: ["code"], to: "text" },
      given: { code: [7, 2.5, null] },
      gives: { code: ["7", "2.5", null] },
    },
  ],
  prepare({ columns, to }, { types }) {
    requireTypes(types, columns, to === "number" ? "text" : "number", "columns");
    requireOnce(columns, "columns");
    return {
      types: withTypes(types, new Map(columns.map((name) => [name, { kind: to }]))),
      apply(frame) {
        for (const name of columns) {
          if (to === "text") {
            const values = Array.from(numbersOf(frame, name), (number) =>
              Number.isNaN(number) ? null : String(number),
            );
            frame.columns.set(name, { kind: "text", values });
            continue;
          }
          const texts = columnOf(frame, name, "text").values;
          const values = new Float64Array(texts.length);
          for (let row = 0; row < values.length; row++) {
            const number = toNumber(texts[row] ?? "");
            if (number === undefined)
              throw invalidValue(
                frame,
                name,
                row,
                `${quote(texts[row]!)} is no number; write it like 12.5`,
              );
            values[row] = number;
          }
          frame.columns.set(name, { kind: "number", values });
        }
      },
    };
  },
});

/** NaN for an empty text; undefined for what is no number of double precision. */
function toNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return Number.NaN;
  const number = DECIMAL.test(trimmed) ? Number(trimmed) : undefined;
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}
