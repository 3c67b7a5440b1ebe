import { model, node, tensor, type Model, type Node, type TensorProto } from "@longshore/onnx";

/** Bottleneck blocks of each stage, with the width of their 3×3 convolution. */
const STAGES = [
  { blocks: 3, width: 64 },
  { blocks: 4, width: 128 },
  { blocks: 6, width: 256 },
  { blocks: 3, width: 512 },
] as const;
const EXPANSION = 4;
const CLASSES = 1000;

/**
 * ResNet-50 with random weights: FP32 `input` [N,3,224,224] to `output` [N,1000], 25.5 million
 * parameters. Batch normalisation is folded into the convolutions, as an exporter does for
 * inference; the stride sits on the 3×3 convolution, as in torchvision.
 *
 * Source: He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", table 1.
 */
export function buildResnet50(random: () => number): Model {
  const nodes: Node[] = [];
  const initializers: TensorProto[] = [];

  const add = (
    op: string,
    inputs: string[],
    attributes?: Parameters<typeof node>[3],
    output = `v${nodes.length}`,
  ): string => {
    nodes.push(node(op, inputs, [output], attributes));
    return output;
  };
  const weights = (dims: number[], fanIn: number, gain: number): string => {
    const name = `w${initializers.length}`;
    const bound = gain * Math.sqrt(6 / fanIn);
    const data = new Float32Array(dims.reduce((a, b) => a * b));
    for (let i = 0; i < data.length; i++) data[i] = (2 * random() - 1) * bound;
    initializers.push(tensor(name, "FP32", dims, data));
    return name;
  };
  const convolve = (
    x: string,
    from: number,
    to: number,
    size: number,
    stride: number,
    gain = 1,
  ): string => {
    const fanIn = from * size * size;
    const pad = (size - 1) / 2;
    return add(
      "Conv",
      [x, weights([to, from, size, size], fanIn, gain), weights([to], fanIn, 0.1)],
      {
        kernel_shape: [size, size],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
      },
    );
  };
  const bottleneck = (x: string, from: number, width: number, stride: number): string => {
    const to = width * EXPANSION;
    const reduced = add("Relu", [convolve(x, from, width, 1, 1)]);
    const spatial = add("Relu", [convolve(reduced, width, width, 3, stride)]);
    // Small, so that activations keep their scale through sixteen additions.
    const expanded = convolve(spatial, width, to, 1, 1, 0.2);
    const shortcut = from === to && stride === 1 ? x : convolve(x, from, to, 1, stride, 0.7);
    return add("Relu", [add("Add", [expanded, shortcut])]);
  };

  let x = add("Relu", [convolve("input", 3, 64, 7, 2)]);
  x = add("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  for (const [index, { blocks, width }] of STAGES.entries()) {
    for (let block = 0; block < blocks; block++) {
      x = bottleneck(x, channels, width, block === 0 && index > 0 ? 2 : 1);
      channels = width * EXPANSION;
    }
  }
  x = add("Flatten", [add("GlobalAveragePool", [x])]);
  const bias = weights([CLASSES], channels, 0.1);
  add("Gemm", [x, weights([channels, CLASSES], channels, 1), bias], {}, "output");

  return model({
    inputs: [{ name: "input", datatype: "FP32", shape: ["N", 3, 224, 224] }],
    outputs: [{ name: "output", datatype: "FP32", shape: ["N", CLASSES] }],
    nodes,
    initializers,
  });
}
