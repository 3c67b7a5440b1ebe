import { z } from "zod";
import { columnOf, requireType, withTypes } from "../columns.ts";
import { tensorOf } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { isStrings, toTypedArray, type Tensor } from "../../tensor.ts";

/** numpy's `transpose`, of each row. */
export const transpose: Step = defineStep({
  name: "transpose",
  phase: "either",
  summary: "Puts the axes of a tensor in another order.",
  options: z.strictObject({
    column: z.string().describe("A tensor."),
    axes: z
      .array(z.int().nonnegative())
      .min(1)
      .describe("The axes of one row, counted from 0, in their new order: `[1, 2, 0]`."),
    into: z.string().optional().describe("Where the result goes; in place by default."),
  }),
  examples: [
    {
      options: { column: "y", axes: [1, 0] },
      given: { y: { datatype: "FP32", shape: [1, 2, 3], data: [1, 2, 3, 4, 5, 6] } },
      gives: { y: { datatype: "FP32", shape: [1, 3, 2], data: [1, 4, 2, 5, 3, 6] } },
    },
  ],
  prepare({ column, axes, into = column }, { types }) {
    const type = requireType(types, column, "tensor", "column");
    if (
      axes.length !== type.shape.length ||
      axes.toSorted((a, b) => a - b).some((axis, index) => axis !== index)
    )
      throw new StepProblem(
        `[${axes.join(", ")}] is no order of the ${type.shape.length} axes [${type.shape.join(", ")}]`,
        "axes",
      );
    const { datatype } = type;
    const shape = axes.map((axis) => type.shape[axis]!);
    const last = axes.at(-1) === axes.length - 1;
    const labels = last ? type.labels : undefined;
    const order = [0, ...axes.map((axis) => axis + 1)];
    return {
      types: withTypes(types, {
        [into]: { kind: "tensor", datatype, shape, ...(labels && { labels }) },
      }),
      apply(frame) {
        const { tensor } = columnOf(frame, column, "tensor");
        frame.columns.set(into, { kind: "tensor", tensor: transposeTensor(tensor, order) });
      },
      lower(lowering) {
        const { builder, columns } = lowering;
        const { value } = tensorOf(lowering, column);
        const perm = { perm: { ints: order } };
        const turned = builder.node("Transpose", [value], perm);
        columns.set(into, { kind: "tensor", value: turned, datatype, shape });
      },
    };
  },
});

/** @param order of all axes, that of the rows included. */
function transposeTensor(tensor: Tensor, order: readonly number[]): Tensor {
  const { datatype, data } = tensor;
  const shape = order.map((axis) => tensor.shape[axis]!);
  const strides = tensor.shape.map((_, axis) =>
    tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1),
  );
  const steps = order.map((axis) => strides[axis]!);
  const from = isStrings(data) ? data : toTypedArray(datatype, data);
  const to: (string | number | bigint)[] | typeof from = isStrings(from) ? [...from] : from.slice();
  const place = shape.map(() => 0);
  let source = 0;
  for (let index = 0; index < from.length; index++) {
    (to as (string | number | bigint)[])[index] = from[source]!;
    // The next place in row-major order, and where that was before.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      source -= steps[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return { datatype, shape, data: to as Tensor["data"] };
}
