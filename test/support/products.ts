/** Small graphs around matrix products with constant weights, in the forms that exporters write. */
import type { Tensor } from "@longshore/core";
import { float, graph, model, node, tensor, type Model, type Node } from "@longshore/onnx";
import fc from "fast-check";
import { createRandom } from "../../bench/random.ts";

export interface ProductCase {
  readonly opType: "MatMul" | "Gemm";
  /** Axes of the left factor in front of the last. Gemm has one. */
  readonly leading: readonly number[];
  readonly rows: number;
  readonly columns: number;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
  readonly beta: number;
  /** What a Gemm adds, or an Add behind a MatMul. */
  readonly addend: keyof typeof ADDENDS;
  /** In an Add: `addend + product`. */
  readonly addendFirst: boolean;
  /** Where the product stands; in a subgraph it captures its left factor. */
  readonly place: "main" | "branches" | "loop";
  readonly weightsAs: "initializer" | "constantNode" | "output" | "listedInput";
  /** A second product with the same factors, in a branch's other side where there are branches. */
  readonly twice: boolean;
  readonly opset: number;
  readonly seed: number;
}

/** A MatMul of the main graph, without anything around it. */
export const plainProduct: ProductCase = {
  opType: "MatMul",
  leading: [3],
  rows: 32,
  columns: 8,
  transA: false,
  transB: false,
  alpha: 1,
  beta: 1,
  addend: "none",
  addendFirst: false,
  place: "main",
  weightsAs: "initializer",
  twice: false,
  opset: 17,
  seed: 1,
};

/** Shapes that can be added to [M, N]. */
const ADDENDS = {
  none: undefined,
  scalar: () => [],
  one: () => [1],
  vector: (_: number, columns: number) => [columns],
  row: (_: number, columns: number) => [1, columns],
  column: (rows: number) => [rows, 1],
  full: (rows: number, columns: number) => [rows, columns],
  computed: (rows: number, columns: number) => [rows, columns],
} as const;

/** Products in every form that {@link buildProduct} knows, of opsets from `oldest` to 21. */
export function productCases(oldest: number): fc.Arbitrary<ProductCase> {
  const length = fc.integer({ min: 1, max: 5 });
  return fc
    .record({
      opType: fc.constantFrom("MatMul" as const, "Gemm" as const),
      leading: fc.array(length, { maxLength: 2 }),
      rows: fc.integer({ min: 1, max: 150 }),
      columns: fc.integer({ min: 1, max: 20 }),
      transA: fc.boolean(),
      transB: fc.boolean(),
      alpha: fc.constantFrom(1, 1, 0.5, -2),
      beta: fc.constantFrom(1, 1, 0, 0.25),
      addend: fc.constantFrom(...(Object.keys(ADDENDS) as (keyof typeof ADDENDS)[])),
      addendFirst: fc.boolean(),
      place: fc.constantFrom(
        "main" as const,
        "main" as const,
        "branches" as const,
        "loop" as const,
      ),
      weightsAs: fc.constantFrom(
        "initializer" as const,
        "initializer" as const,
        "constantNode" as const,
        "output" as const,
        "listedInput" as const,
      ),
      twice: fc.boolean(),
      opset: fc.integer({ min: oldest, max: 21 }),
      seed: fc.nat(),
    })
    .map((drawn): ProductCase => {
      const gemm = drawn.opType === "Gemm";
      return {
        ...drawn,
        leading: gemm ? [drawn.leading[0] ?? 1] : drawn.leading,
        transA: gemm && drawn.transA,
        transB: gemm && drawn.transB,
        // Before opset 11, a Gemm must add something.
        addend: gemm && drawn.opset < 11 && drawn.addend === "none" ? "vector" : drawn.addend,
      };
    });
}

export interface BuiltProduct {
  readonly model: Model;
  /** Inputs to run with; where there are branches, once each. */
  readonly runs: readonly Readonly<Record<string, Tensor>>[];
  /** Names of the outputs that are products: [..., M, columns]. */
  readonly products: readonly string[];
  /** The left factor, [M, rows]. */
  readonly left: Float32Array;
  /** The right factor times alpha, [rows, columns]. */
  readonly right: Float32Array;
}

export function buildProduct(drawn: ProductCase): BuiltProduct {
  const { opType, leading, rows, columns, transA, transB, place, weightsAs, twice } = drawn;
  const random = createRandom(drawn.seed);
  const count = leading.reduce((a, b) => a * b, 1);
  // Of different size by column, and not around 0.
  const left = uniform(random, count * rows, 1, 0.3);
  const right = uniform(random, rows * columns, 0.5, 0.1).map(
    (value, at) => value * (1 + (at % columns)),
  );
  const addendDims = ADDENDS[drawn.addend]?.(leading.at(-1) ?? 1, columns);
  const addend = addendDims && uniform(random, size(addendDims), 1, 0);
  const computed = drawn.addend === "computed";

  const weights = tensor(
    "w",
    "FP32",
    transB ? [columns, rows] : [rows, columns],
    transB ? exchange(right, rows, columns) : right,
  );
  const leftDims = transA ? [rows, count] : [...leading, rows];
  const inputs = [{ name: "x", datatype: "FP32" as const, shape: leftDims }];
  const values: Record<string, Tensor> = {
    x: { datatype: "FP32", shape: leftDims, data: transA ? exchange(left, count, rows) : left },
  };
  const initializers = [];
  const nodes: Node[] = [];
  if (weightsAs === "constantNode") nodes.push(node("Constant", [], ["w"], { value: weights }));
  else initializers.push(weights);
  if (addendDims && addend) {
    if (computed) {
      inputs.push({ name: "c", datatype: "FP32", shape: addendDims });
      values["c"] = { datatype: "FP32", shape: addendDims, data: addend };
    } else initializers.push(tensor("c", "FP32", addendDims, addend));
  }

  const make = (output: string): Node[] => product(drawn, addendDims !== undefined, output);
  const outputs = [{ name: "y" }, ...(twice || place === "branches" ? [{ name: "z" }] : [])];
  let runs = [values];
  let products = outputs.map(({ name }) => name);
  if (place === "main") {
    nodes.push(...make("y"), ...(products.includes("z") ? make("z") : []));
  } else if (place === "branches") {
    const branch = (name: string): ReturnType<typeof graph> =>
      graph({ inputs: [], outputs: [{ name, type: FP32 }], nodes: make(name) });
    nodes.push(
      node("If", ["which"], ["y"], { then_branch: branch("then"), else_branch: branch("else") }),
      ...make("z"),
    );
    const which = (on: number): Tensor => ({
      datatype: "BOOL",
      shape: [],
      data: Uint8Array.of(on),
    });
    runs = [
      { ...values, which: which(1) },
      { ...values, which: which(0) },
    ];
  } else {
    nodes.push(
      node("Loop", ["trips", "on", "start"], ["end", "y"], { body: loopBody(make("made")) }),
    );
    initializers.push(
      tensor("trips", "INT64", [], BigInt64Array.of(2n)),
      tensor("on", "BOOL", [], Uint8Array.of(1)),
      tensor("start", "INT64", [], BigInt64Array.of(0n)),
    );
    if (twice) nodes.push(...make("z"));
  }
  products = [...new Set(products)];
  const listed = weightsAs === "listedInput";
  return {
    model: model({
      opset: { "": drawn.opset },
      // In IR version 3, constants are listed as inputs, and are constant all the same.
      irVersion: listed ? 3 : 8,
      inputs: [
        ...inputs,
        ...(place === "branches" ? [{ name: "which", datatype: "BOOL" as const, shape: [] }] : []),
        ...(listed
          ? initializers.map(({ name = "", dims, dataType }) => listing(name, dims, dataType))
          : []),
      ],
      outputs: [
        ...outputs.map(({ name }) => ({ name, type: FP32 })),
        ...(weightsAs === "output" ? [{ name: "w", type: FP32 }] : []),
      ],
      nodes,
      initializers,
    }),
    runs,
    products,
    left,
    right: right.map((value) => value * (opType === "Gemm" ? drawn.alpha : 1)),
  };
}

const FP32 = { tensorType: { elemType: 1 } };

function listing(name: string, dims: readonly number[], elemType: number) {
  const shape = { dims: dims.map((dimValue) => ({ dimValue })) };
  return { name, type: { tensorType: { elemType, shape } } };
}

function product(drawn: ProductCase, adds: boolean, output: string): Node[] {
  const { opType, transA, transB, alpha, beta, addendFirst } = drawn;
  if (opType === "Gemm") {
    const attributes = {
      transA: Number(transA),
      transB: Number(transB),
      alpha: float(alpha),
      beta: float(beta),
    };
    return [node("Gemm", adds ? ["x", "w", "c"] : ["x", "w"], [output], attributes)];
  }
  if (!adds) return [node("MatMul", ["x", "w"], [output])];
  const bare = `${output}_bare`;
  return [
    node("MatMul", ["x", "w"], [bare]),
    node("Add", addendFirst ? ["c", bare] : [bare, "c"], [output]),
  ];
}

/** Collects what some nodes make each time; carries a value, as opsets before 13 must. */
function loopBody(nodes: readonly Node[]) {
  return graph({
    inputs: [
      { name: "trip", datatype: "INT64", shape: [] },
      { name: "condition", datatype: "BOOL", shape: [] },
      { name: "state", datatype: "INT64", shape: [] },
    ],
    outputs: [
      { name: "again", datatype: "BOOL", shape: [] },
      { name: "carried", datatype: "INT64", shape: [] },
      { name: "made", type: FP32 },
    ],
    nodes: [
      node("Identity", ["condition"], ["again"]),
      node("Identity", ["state"], ["carried"]),
      ...nodes,
    ],
  });
}

function uniform(random: () => number, count: number, bound: number, mean: number): Float32Array {
  return Float32Array.from({ length: count }, () => mean + (2 * random() - 1) * bound);
}

function size(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}

/** [rows, columns] to [columns, rows]. */
function exchange(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}
