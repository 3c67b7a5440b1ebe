import { z } from "zod";
import { columnOf, requireTypes, withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { defineStep, type Step } from "../step.ts";
import { DATE_PARTS, datePart } from "./dateParts.ts";
import { columnNames, invalidValue, quote, requireNew, requireOnce } from "./fitted.ts";
import { parseIsoDate } from "./isoDate.ts";
import { addNumbers } from "./numbers.ts";

/** Not lowered: ONNX has no operator that reads texts of dates. */
export const dates: Step = defineStep({
  name: "dates",
  phase: "before",
  summary:
    "Replaces a date or time, as ISO 8601 writes it, by columns of numbers, `<column>_<part>`.",
  options: z.strictObject({
    columns: columnNames.describe("Text columns, such as fields of type `date`."),
    parts: z
      .array(z.enum(DATE_PARTS))
      .min(1)
      .describe(
        "What is taken of them, in UTC: times without an offset are UTC. Months and days count from " +
          "1, `weekday` from 0 on Monday, `epoch` is in seconds since 1970; `hour_sin` is " +
          "`sin(2π hour / 24)`, and so on.",
      ),
  }),
  examples: [
    {
      options: { columns: ["sold"], parts: ["year", "weekday", "hour", "hour_sin"] },
      given: { sold: ["2026-11-23T08:00:00+02:00", "2024-02-29", null] },
      gives: {
        sold_year: [2026, 2024, null],
        sold_weekday: [0, 3, null],
        sold_hour: [6, 0, null],
        sold_hour_sin: [1, 0, null],
      },
    },
  ],
  prepare({ columns, parts }, { types }) {
    requireTypes(types, columns, "text", "columns");
    requireOnce(columns, "columns");
    requireOnce(parts, "parts");
    const computes = parts.map(datePart);
    const added = columns.flatMap((name) => parts.map((part) => `${name}_${part}`));
    requireNew(types, added);
    const changes = new Map<string, ColumnType | undefined>();
    for (const name of columns) changes.set(name, undefined);
    for (const name of added) changes.set(name, { kind: "number" });
    return {
      types: withTypes(types, changes),
      apply(frame) {
        for (const name of columns) {
          const moments = columnOf(frame, name, "text").values.map((text, row) => {
            if (!text) return Number.NaN;
            const moment = parseIsoDate(text);
            if (moment !== undefined) return moment;
            const problem = `${quote(text)} is no date; write it like 2026-11-23 or 2026-11-23T08:30:00Z`;
            throw invalidValue(frame, name, row, problem);
          });
          frame.columns.delete(name);
          const names = parts.map((part) => `${name}_${part}`);
          addNumbers(frame, names, (values, index) => {
            const compute = computes[index]!;
            for (let row = 0; row < values.length; row++) values[row] = compute(moments[row]!);
          });
        }
      },
    };
  },
});
