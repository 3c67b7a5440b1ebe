import { model, node, tensor, type Model, type Node, type TensorProto } from "@longshore/onnx";

export interface FeedForwardShape {
  /** Feed-forward blocks, two matrices each. */
  readonly layers: number;
  readonly width: number;
  readonly hidden: number;
}

/**
 * The feed-forward blocks of a transformer and nothing else, with random weights: FP32 `input`
 * [S,width] to `output` [S,width], each block `relu(x W₁ + b₁) W₂ + b₂`. With width 768 and hidden
 * 3072 they are those of BERT base.
 *
 * Source: Vaswani et al. 2017, "Attention is all you need", section 3.3.
 */
export function buildFeedForward(
  random: () => number,
  { layers, width, hidden }: FeedForwardShape,
): Model {
  const nodes: Node[] = [];
  const initializers: TensorProto[] = [];
  /** Uniform in ±bound. */
  const weights = (name: string, dims: number[], bound: number): string => {
    const data = new Float32Array(dims.reduce((a, b) => a * b));
    for (let at = 0; at < data.length; at++) data[at] = (2 * random() - 1) * bound;
    initializers.push(tensor(name, "FP32", dims, data));
    return name;
  };
  const dense = (x: string, from: number, to: number, gain: number, name: string): string => {
    const w = weights(`${name}.weight`, [from, to], gain * Math.sqrt(3 / from));
    const b = weights(`${name}.bias`, [to], 0.1);
    nodes.push({ ...node("MatMul", [x, w], [`${name}.product`]), name });
    nodes.push(node("Add", [`${name}.product`, b], [`${name}.sum`]));
    return `${name}.sum`;
  };
  let x = "input";
  for (let layer = 0; layer < layers; layer++) {
    // ReLU halves the variance, which the gain makes up for: activations keep their scale.
    const inner = dense(x, width, hidden, Math.SQRT2, `block${layer}.inner`);
    nodes.push(node("Relu", [inner], [`${inner}.relu`]));
    x = dense(`${inner}.relu`, hidden, width, 1, `block${layer}.outer`);
  }
  nodes.push({ ...nodes.pop()!, outputs: ["output"] });
  return model({
    inputs: [{ name: "input", datatype: "FP32", shape: ["S", width] }],
    outputs: [{ name: "output", datatype: "FP32", shape: ["S", width] }],
    nodes,
    initializers,
  });
}
