import { z } from "zod";
import { toFloat16 } from "../../float16.ts";
import { toTypedArray } from "../../tensor.ts";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { tensorOf } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";

/** `(value * factor - mean) / std`: torchvision's ToTensor and Normalize, or any other rescaling. */
export const normalize: Step = defineStep({
  name: "normalize",
  phase: "before",
  summary: "Brings pixels to the range that the model learnt: `(value * factor - mean) / std`.",
  options: z.strictObject({
    column: z.string().describe("A tensor of numbers, such as the pixels of `image`."),
    into: z.string().optional().describe("Where the result goes; in place by default."),
    factor: z
      .number()
      .default(1 / 255)
      .describe(
        "What pixels are multiplied with first; 1/255 by default, so that they are 0 to 1.",
      ),
    mean: z
      .array(z.number())
      .min(1)
      .default([0])
      .describe("What is subtracted then: one value, or one a channel."),
    std: z
      .array(z.number().positive())
      .min(1)
      .default([1])
      .describe("What is divided by at last: one value, or one a channel."),
    channels: z
      .enum(["first", "last"])
      .default("last")
      .describe("Which axis of a row the channels are; `image` makes them the last."),
    datatype: z.enum(["FP32", "FP16"]).default("FP32"),
  }),
  examples: [
    {
      options: { column: "x", mean: [0.5, 0.4, 0.4], std: [0.5, 0.2, 0.2] },
      given: { x: { datatype: "UINT8", shape: [1, 1, 2, 3], data: [255, 255, 0, 0, 51, 102] } },
      gives: { x: { datatype: "FP32", shape: [1, 1, 2, 3], data: [1, 3, -2, -1, -1, 0] } },
    },
  ],
  prepare({ column, into = column, factor, mean, std, channels, datatype }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    if (type.datatype !== "UINT8" && type.datatype !== "FP32")
      throw new StepProblem(`column "${column}" is ${type.datatype}, expected UINT8 or FP32`);
    const { shape } = type;
    const count = Math.max(mean.length, std.length);
    const axis = channels === "last" ? shape.length - 1 : 0;
    for (const [option, values] of Object.entries({ mean, std })) {
      if (values.length === 1 || values.length === shape[axis]) continue;
      const has = `the ${channels} axis of "${column}" has ${shape[axis] ?? "no"} channels`;
      throw new StepProblem(`${values.length} values, but ${has}`, option);
    }
    // As one product and one sum: value * scale + shift.
    const each = <T>(make: (channel: number) => T): T[] =>
      Array.from({ length: count }, (_, c) => make(c));
    const at = (values: readonly number[], channel: number): number =>
      values[values.length === 1 ? 0 : channel]!;
    const scale = each((channel) => factor / at(std, channel));
    const shift = each((channel) => -at(mean, channel) / at(std, channel));
    return {
      types: withTypes(types, { [into]: { kind: "tensor", datatype, shape } }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        const values = toTypedArray(tensor.datatype, tensor.data) as Uint8Array | Float32Array;
        const rest = tensor.shape.slice(1);
        // Elements until the channel changes.
        const run =
          count === 1
            ? values.length
            : rest.slice(axis + 1).reduce((product, length) => product * length, 1);
        const floats = new Float32Array(values.length);
        for (let start = 0, channel = 0; start < floats.length; start += run) {
          const [by, add] = [scale[channel]!, shift[channel]!];
          for (let index = start; index < start + run; index++)
            floats[index] = values[index]! * by + add;
          channel = channel + 1 === count ? 0 : channel + 1;
        }
        const data = datatype === "FP16" ? Uint16Array.from(floats, toFloat16) : floats;
        frame.columns.set(into, {
          kind: "tensor",
          tensor: { datatype, shape: tensor.shape, data },
        });
      },
      lower(lowering) {
        const { builder, columns } = lowering;
        const lowered = tensorOf(lowering, column);
        // [count, 1, 1] lies along the channels of [N, C, H, W]; [count] along those of [N, H, W, C].
        const along = [count, ...shape.slice(axis + 1).map(() => 1)];
        let { value } = lowered;
        if (type.datatype !== "FP32") value = builder.node("Cast", [value], { to: { int: 1 } });
        value = builder.node("Mul", [value, builder.constant("FP32", along, scale)]);
        if (shift.some((add) => add !== 0))
          value = builder.node("Add", [value, builder.constant("FP32", along, shift)]);
        if (datatype === "FP16") value = builder.node("Cast", [value], { to: { int: 10 } });
        columns.set(into, { kind: "tensor", value, datatype, shape });
      },
    };
  },
});
