/** Small networks with random weights, for tests of graph passes. */
import type { Tensor, Tensors } from "@longshore/core";
import {
  model,
  node,
  tensor,
  tensorType,
  type AttributeValue,
  type Model,
  type Node,
  type TensorProto,
} from "@longshore/onnx";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A network that grows node by node; each method gives the name of the new value. */
export interface Network {
  readonly random: () => number;
  /** Any node, under the names that it has. */
  add(added: Node): void;
  op(opType: string, inputs: readonly string[], attributes?: Attributes): string;
  /** The two parts of a value along its second axis. */
  split(x: string, sizes: string): readonly [string, string];
  /** The largest of each 3×3 values, and where they were. */
  maxPool(x: string): readonly [values: string, indices: string];
  /** A constant with values from -bound to bound. */
  weights(dims: readonly number[], bound: number): string;
  constant(value: TensorProto): string;
  /** A convolution with a bias, `weight` [to, from/group, size, size], "same" padding for odd sizes. */
  conv(x: string, from: number, to: number, size: number, attributes?: ConvAttributes): string;
  /** A fully connected layer with a bias. */
  gemm(x: string, from: number, to: number): string;
  /** The network as a model with FP32 inputs `x` (and others) and the given outputs. */
  toModel(
    inputs: Readonly<Record<string, readonly (number | string)[]>>,
    outputs: readonly string[],
    opset?: number,
  ): Model;
}

export interface ConvAttributes {
  readonly stride?: number;
  readonly group?: number;
}

export function network(seed: number): Network {
  const random = seededRandom(seed);
  const nodes: Node[] = [];
  const initializers: TensorProto[] = [];
  const self: Network = {
    random,
    add(added) {
      nodes.push(added);
    },
    op(opType, inputs, attributes = {}) {
      const name = `${opType.toLowerCase()}${nodes.length}`;
      nodes.push(node(opType, inputs, [name], attributes));
      return name;
    },
    split(x, sizes) {
      const [first, second] = [`split${nodes.length}_0`, `split${nodes.length}_1`];
      nodes.push(node("Split", [x, sizes], [first, second], { axis: 1 }));
      return [first, second];
    },
    maxPool(x) {
      const [values, indices] = [`pool${nodes.length}`, `indices${nodes.length}`];
      const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      nodes.push(node("MaxPool", [x], [values, indices], attributes));
      return [values, indices];
    },
    constant(value) {
      initializers.push(value);
      return value.name ?? "";
    },
    weights(dims, bound) {
      const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
        return (2 * random() - 1) * bound;
      });
      return self.constant(tensor(`w${initializers.length}`, "FP32", dims, data));
    },
    conv(x, from, to, size, { stride = 1, group = 1 } = {}) {
      const fanIn = (from / group) * size * size;
      const pad = (size - 1) / 2;
      const weight = self.weights([to, from / group, size, size], Math.sqrt(6 / fanIn));
      return self.op("Conv", [x, weight, self.weights([to], 0.2)], {
        kernel_shape: [size, size],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
        group,
      });
    },
    gemm(x, from, to) {
      const weight = self.weights([from, to], Math.sqrt(6 / from));
      return self.op("Gemm", [x, weight, self.weights([to], 0.2)]);
    },
    toModel(inputs, outputs, opset = 17) {
      return model({
        inputs: Object.entries(inputs).map(([name, shape]) => ({ name, datatype: "FP32", shape })),
        outputs: outputs.map((name) => ({ name, type: tensorType("FP32") })),
        nodes,
        initializers,
        opset: { "": opset },
      });
    },
  };
  return self;
}

/** A tensor of values from -1 to 1. */
export function randomTensor(random: () => number, shape: readonly number[]): Tensor {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map(() => 2 * random() - 1);
  return { datatype: "FP32", shape, data };
}

/** Random samples of a model's only input `x`, the same ones each time they are gone through. */
export function randomSamples(
  seed: number,
  shape: readonly number[],
  count: number,
): AsyncIterable<Tensors> & { readonly list: readonly Tensors[] } {
  const random = seededRandom(seed);
  const list = Array.from({ length: count }, () => new Map([["x", randomTensor(random, shape)]]));
  return {
    list,
    async *[Symbol.asyncIterator]() {
      yield* list;
    },
  };
}
