/** Valid graphs of random operators, whose every value is an output, to try inference on. */
import {
  inferShapes,
  model,
  node,
  tensor,
  type AttributeValue,
  type Model,
  type Node,
  type TensorProto,
} from "@longshore/onnx";
import { seededRandom } from "../network.ts";

/** What the operators are drawn from. */
export interface RandomGraph {
  readonly opset: number;
  readonly random: () => number;
  /** A whole number from `low` to `high`. */
  int(low: number, high: number): number;
  pick<T>(values: readonly T[]): T;
  /** FP32 values that exist, with their shapes. */
  readonly values: { readonly name: string; readonly shape: readonly number[] }[];
  /** An INT64 constant. */
  integers(values: readonly number[], dims?: readonly number[]): string;
  /** An FP32 constant of random elements. */
  floats(dims: readonly number[]): string;
  /** Adds a node with fresh outputs; other domains as `domain:name`. @returns the outputs' names. */
  op(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    outputs?: number,
  ): string[];
}

export interface Built {
  /** Its outputs are stated without types. */
  readonly model: Model;
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Adds nodes to a graph, around one of its values. */
export type Step = (graph: RandomGraph, x: string, shape: readonly number[]) => void;

/** @param steps what is drawn from. @param count how many times. */
export function randomGraph(
  seed: number,
  opset: number,
  steps: readonly Step[],
  count: number,
): Built {
  const random = seededRandom(seed);
  const int = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const inputs = [
    { name: "image", shape: [int(1, 3), 2 * int(1, 3), int(4, 9), int(4, 9)] },
    { name: "rows", shape: [int(1, 4), int(2, 6)] },
    { name: "steps", shape: [int(1, 4), int(1, 3), int(1, 4)] },
  ];
  const nodes: Node[] = [];
  const initializers: TensorProto[] = [];
  const domains: Record<string, number> = { "": opset };
  const constant = (made: (name: string) => TensorProto): string => {
    const name = `c${initializers.length}`;
    initializers.push(made(name));
    return name;
  };
  const self: RandomGraph = {
    opset,
    random,
    int,
    pick: (values) => values[int(0, values.length - 1)]!,
    values: [...inputs],
    integers: (values, dims = [values.length]) =>
      constant((name) => tensor(name, "INT64", dims, BigInt64Array.from(values, BigInt))),
    floats: (dims) =>
      constant((name) => {
        const data = new Float32Array(dims.reduce((a, b) => a * b, 1)).map(() => random() - 0.5);
        return tensor(name, "FP32", dims, data);
      }),
    op(name, from, attributes = {}, outputs = 1) {
      const [opType = "", domain = ""] = name.split(":").toReversed();
      if (domain !== "") domains[domain] = 1;
      const made = Array.from({ length: outputs }, (_, index) => `v${nodes.length}_${index}`);
      nodes.push(node(opType, from, made, attributes, domain));
      return made;
    },
  };
  const build = (): Model => {
    const values = nodes.flatMap(({ outputs }) => outputs);
    return {
      ...model({
        opset: domains,
        inputs: inputs.map(({ name, shape }) => ({ name, datatype: "FP32" as const, shape })),
        outputs: values.map((name) => ({ name })),
        nodes,
        initializers,
      }),
    };
  };
  for (const { name } of inputs) self.op("Neg", [name]);
  for (let step = 0; step < count; step++) {
    const { name, shape } = self.pick(self.values);
    const before = nodes.length;
    self.pick(steps)(self, name, shape);
    // The next step needs the shapes; should they be wrong, the runtime will tell.
    const { outputs } = inferShapes(build()).graph;
    for (const added of nodes.slice(before).flatMap((made) => made.outputs)) {
      const type = outputs.find((output) => output.name === added)?.type?.tensorType;
      const dims = type?.shape?.dims.map(({ dimValue }) => dimValue ?? Number.NaN);
      if (type?.elemType !== 1 || dims === undefined || dims.length > 5) continue;
      const size = dims.reduce((a, b) => a * b, 1);
      if (size > 0 && size < 5000) self.values.push({ name: added, shape: dims });
    }
  }
  return { model: build(), inputs };
}
