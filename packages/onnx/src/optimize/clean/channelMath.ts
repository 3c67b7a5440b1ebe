import type { TensorProto } from "../../proto/types.ts";
import { floatsLike, readFloats, type Floats } from "../../graph/floats.ts";
import type { Layout } from "./linear.ts";

/** Weights whose results are `scale` times as large: one factor an output channel. */
export function scaleOutputs(weights: TensorProto, layout: Layout, scale: Float64Array): Floats {
  return scaleBy(weights, layout, (group, output) => scale[group * layout.outputs + output]!);
}

/** Weights that give for x what the given ones give for `scale * x`: one factor an input channel. */
export function scaleInputs(weights: TensorProto, layout: Layout, scale: Float64Array): Floats {
  return scaleBy(weights, layout, (group, _, input) => scale[group * layout.inputs + input]!);
}

function scaleBy(
  weights: TensorProto,
  layout: Layout,
  factor: (group: number, output: number, input: number) => number,
): Floats {
  const values = readFloats(weights);
  const scaled = floatsLike(weights);
  forEachKernel(layout, (group, output, input, start) => {
    const by = factor(group, output, input);
    // The product is rounded once, when it is stored.
    for (let at = start; at < start + layout.kernel; at++) scaled[at] = values[at]! * by;
  });
  return scaled;
}

/** What a layer gives where each input channel holds one constant: one value an output channel. */
export function respond(
  weights: TensorProto,
  layout: Layout,
  inputs: Float64Array,
): Float64Array<ArrayBuffer> {
  const values = readFloats(weights);
  const response = new Float64Array(layout.groups * layout.outputs);
  forEachKernel(layout, (group, output, input, start) => {
    let sum = 0;
    for (let at = start; at < start + layout.kernel; at++) sum += values[at]!;
    response[group * layout.outputs + output]! += sum * inputs[group * layout.inputs + input]!;
  });
  return response;
}

function forEachKernel(
  { groups, outputs, inputs, strides }: Layout,
  visit: (group: number, output: number, input: number, start: number) => void,
): void {
  for (let group = 0; group < groups; group++)
    for (let output = 0; output < outputs; output++)
      for (let input = 0; input < inputs; input++)
        visit(
          group,
          output,
          input,
          group * strides.group + output * strides.output + input * strides.input,
        );
}
