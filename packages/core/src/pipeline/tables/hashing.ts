import { z } from "zod";
import { columnOf, requireTypes, withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { defineStep, type Step } from "../step.ts";
import { columnNames, requireNew, requireOnce } from "./fitted.ts";
import { murmurHash3 } from "./murmurHash3.ts";

/** scikit-learn's `FeatureHasher` over texts. Not lowered: standard ONNX has no hash. */
export const hashing: Step = defineStep({
  name: "hashing",
  phase: "before",
  summary:
    "Replaces texts of any number of categories by one tensor of fixed width, each text adding 1 or " +
    "-1 at a place that its MurmurHash3 tells. A text that is missing or empty adds nothing.",
  options: z.strictObject({
    columns: columnNames.describe("Text columns."),
    n_features: z.int().positive().max(1_048_576).describe("`n_features`: the tensor's width."),
    into: z.string().min(1).describe("The tensor; `combine` puts it beside other columns."),
    input_type: z
      .enum(["dict", "string"])
      .default("dict")
      .describe(
        "`input_type`: whether `column=text` is hashed, as of dictionaries, or the text alone.",
      ),
    alternate_sign: z
      .boolean()
      .default(true)
      .describe("`alternate_sign`: whether half of the texts add -1, so that collisions cancel."),
  }),
  examples: [
    {
      options: { columns: ["city", "street"], n_features: 4, into: "place" },
      given: { city: ["Oslo", "Bergen"], street: ["Kirkeveien", null] },
      gives: { place: { datatype: "FP32", shape: [2, 4], data: [0, 1, 0, -1, 1, 0, 0, 0] } },
    },
  ],
  prepare({ columns, n_features, into, input_type, alternate_sign }, { types }) {
    requireTypes(types, columns, "text", "columns");
    requireOnce(columns, "columns");
    requireNew(types, [into], columns);
    const changes = new Map<string, ColumnType | undefined>();
    for (const name of columns) changes.set(name, undefined);
    changes.set(into, { kind: "tensor", datatype: "FP32", shape: [n_features] });
    const encoder = new TextEncoder();
    return {
      types: withTypes(types, changes),
      apply(frame) {
        const data = new Float32Array(frame.rows * n_features);
        for (const name of columns) {
          const prefix = input_type === "dict" ? `${name}=` : "";
          for (const [row, text] of columnOf(frame, name, "text").values.entries()) {
            if (!text) continue;
            const hash = murmurHash3(encoder.encode(prefix + text));
            const sign = alternate_sign && hash < 0 ? -1 : 1;
            data[row * n_features + (Math.abs(hash) % n_features)]! += sign;
          }
          frame.columns.delete(name);
        }
        const tensor = { datatype: "FP32", shape: [frame.rows, n_features], data } as const;
        frame.columns.set(into, { kind: "tensor", tensor });
      },
    };
  },
});
