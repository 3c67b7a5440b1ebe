import { z } from "zod";
import { DATATYPES } from "../../datatype.ts";
import type { Dimension } from "../../signature.ts";
import { elementCount, toTypedArray } from "../../tensor.ts";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { tensorOf } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";

/** From the layout that `image` makes, `[rows, height, width, channels]`, to the model's. */
export const layout: Step = defineStep({
  name: "layout",
  phase: "before",
  summary: "Arranges pixels as the model takes them: planes of channels, no channels, or one list.",
  options: z.strictObject({
    column: z.string().describe("A tensor [rows, height, width, channels], as `image` makes it."),
    into: z.string().optional().describe("Where the result goes; in place by default."),
    order: z
      .enum(["channels-first", "no-channels", "flat"])
      .describe(
        "`channels-first`: [rows, channels, height, width]. `no-channels`, of grey images: " +
          "[rows, height, width]. `flat`: [rows, height * width * channels].",
      ),
  }),
  examples: [
    {
      options: { column: "x", order: "channels-first" },
      given: { x: { datatype: "UINT8", shape: [1, 1, 2, 3], data: [1, 2, 3, 4, 5, 6] } },
      gives: { x: { datatype: "UINT8", shape: [1, 3, 1, 2], data: [1, 4, 2, 5, 3, 6] } },
    },
    {
      options: { column: "x", into: "list", order: "flat" },
      given: { x: { datatype: "FP32", shape: [1, 2, 1, 2], data: [1, 2, 3, 4] } },
      gives: {
        x: { datatype: "FP32", shape: [1, 2, 1, 2], data: [1, 2, 3, 4] },
        list: { datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] },
      },
    },
  ],
  prepare({ column, into = column, order }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    const { datatype } = type;
    if (type.shape.length !== 3 || DATATYPES[datatype].array === undefined)
      throw new StepProblem(`column "${column}" is not [height, width, channels] a row`, "column");
    const shape = arranged(type.shape, order);
    if (shape === undefined)
      throw new StepProblem(`column "${column}" has ${type.shape[2]} channels, not 1`, "order");
    return {
      types: withTypes(types, { [into]: { kind: "tensor", datatype, shape } }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const [rows, ...of] = tensor.shape as [number, number, number, number];
        const data =
          order === "channels-first"
            ? toPlanes(toTypedArray(datatype, tensor.data) as Uint8Array, of[0] * of[1], of[2])
            : tensor.data;
        const result = { datatype, shape: [rows, ...(arranged(of, order) as number[])], data };
        frame.columns.set(into, { kind: "tensor", tensor: result });
      },
      lower(lowering) {
        const { builder, columns } = lowering;
        const lowered = tensorOf(lowering, column);
        const axes = (values: number[]): string =>
          builder.constant("INT64", [values.length], BigInt64Array.from(values, BigInt));
        const value =
          order === "channels-first"
            ? builder.node("Transpose", [lowered.value], { perm: { ints: [0, 3, 1, 2] } })
            : order === "no-channels"
              ? builder.node("Squeeze", [lowered.value, axes([3])])
              : builder.node("Flatten", [lowered.value], { axis: { int: 1 } });
        columns.set(into, { kind: "tensor", value, datatype, shape });
      },
    };
  },
});

/** The shape of a row afterwards; undefined where channels would be lost. */
function arranged(
  [height, width, channels]: readonly Dimension[],
  order: "channels-first" | "no-channels" | "flat",
): readonly Dimension[] | undefined {
  if (order === "channels-first") return [channels!, height!, width!];
  if (order === "no-channels") return channels === 1 ? [height!, width!] : undefined;
  const sizes = [height!, width!, channels!];
  return [sizes.every((size) => typeof size === "number") ? elementCount(sizes) : "pixels"];
}

/** Interleaved channels one after the other, image by image. */
function toPlanes(pixels: Uint8Array, plane: number, channels: number): Uint8Array {
  const planes = pixels.slice();
  const each = plane * channels;
  for (let start = 0; start < pixels.length; start += each)
    for (let channel = 0; channel < channels; channel++)
      for (
        let pixel = 0, to = start + channel * plane, from = start + channel;
        pixel < plane;
        pixel++
      )
        planes[to++] = pixels[from + pixel * channels]!;
  return planes;
}
