import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cleaned,
  floats,
  modelOf,
  operators,
  positive,
} from "../../../../../test/support/clean.ts";
import { float, node, tensor } from "../../build.ts";
import type { Node, TensorProto } from "../../proto/types.ts";

const batchNorm = ["g", "b", "m", "v"];
const statistics = (channels: number): TensorProto[] => [
  floats("g", [channels], 2),
  floats("b", [channels], 3),
  floats("m", [channels], 4),
  positive("v", channels),
];

interface Folded {
  readonly shape: readonly number[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly TensorProto[];
  readonly left: readonly string[];
}

const norm = (from: string, to: string): Node =>
  node("BatchNormalization", [from, ...batchNorm], [to]);

/** What stands next to a BatchNormalization or arithmetic, and what is left of both. */
const FOLDED: Readonly<Record<string, Folded>> = {
  "Conv and BatchNormalization": {
    shape: [2, 3, 5, 5],
    nodes: [node("Conv", ["x", "w"], ["c"], { pads: [1, 1, 1, 1] }), norm("c", "y")],
    initializers: [floats("w", [4, 3, 3, 3]), ...statistics(4)],
    left: ["Conv"],
  },
  "grouped Conv with bias, and BatchNormalization": {
    shape: [1, 4, 6],
    nodes: [node("Conv", ["x", "w", "k"], ["c"], { group: 2 }), norm("c", "y")],
    initializers: [floats("w", [6, 2, 3]), floats("k", [6]), ...statistics(6)],
    left: ["Conv"],
  },
  "grouped ConvTranspose and BatchNormalization": {
    shape: [1, 4, 5, 5],
    nodes: [
      node("ConvTranspose", ["x", "w"], ["c"], { group: 2, strides: [2, 2] }),
      norm("c", "y"),
    ],
    initializers: [floats("w", [4, 3, 2, 2]), ...statistics(6)],
    left: ["ConvTranspose"],
  },
  "Gemm with scaled bias, and BatchNormalization": {
    shape: [2, 3],
    nodes: [
      node("Gemm", ["x", "w", "k"], ["c"], { alpha: float(0.5), beta: float(2), transB: 1 }),
      norm("c", "y"),
    ],
    initializers: [floats("w", [5, 3]), floats("k", [1, 5]), ...statistics(5)],
    left: ["Gemm"],
  },
  "MatMul, Add and BatchNormalization": {
    shape: [2, 3],
    nodes: [node("MatMul", ["x", "w"], ["p"]), node("Add", ["k", "p"], ["c"]), norm("c", "y")],
    initializers: [floats("w", [3, 5]), floats("k", [5]), ...statistics(5)],
    left: ["MatMul", "Add"],
  },
  "MatMul and BatchNormalization": {
    shape: [2, 3],
    nodes: [node("MatMul", ["x", "w"], ["c"]), norm("c", "y")],
    initializers: [floats("w", [3, 5]), ...statistics(5)],
    left: ["MatMul", "Add"],
  },
  "BatchNormalization and a grouped Conv without padding": {
    shape: [1, 4, 6, 6],
    nodes: [norm("x", "n"), node("Conv", ["n", "w", "k"], ["y"], { group: 2 })],
    initializers: [floats("w", [6, 2, 3, 3]), floats("k", [6]), ...statistics(4)],
    left: ["Conv"],
  },
  "BatchNormalization and Gemm": {
    shape: [3, 4],
    nodes: [norm("x", "n"), node("Gemm", ["n", "w"], ["y"], { alpha: float(0.5), transB: 1 })],
    initializers: [floats("w", [5, 4]), ...statistics(4)],
    left: ["Gemm"],
  },
  "BatchNormalization, MatMul and Add": {
    shape: [3, 4],
    nodes: [norm("x", "n"), node("MatMul", ["n", "w"], ["p"]), node("Add", ["p", "k"], ["y"])],
    initializers: [floats("w", [4, 5]), floats("k", [5]), ...statistics(4)],
    left: ["MatMul", "Add"],
  },
  "Conv and arithmetic per channel": {
    shape: [1, 2, 5, 5],
    nodes: [
      node("Conv", ["x", "w"], ["c"]),
      node("Mul", ["s", "c"], ["d"]),
      node("Sub", ["k", "d"], ["e"]),
      node("Div", ["e", "s"], ["f"]),
      node("Add", ["f", "k"], ["y"]),
    ],
    initializers: [
      floats("w", [3, 2, 2, 2]),
      tensor("s", "FP32", [3, 1, 1], Float32Array.of(0.5, -2, 3)),
      tensor("k", "FP32", [1], Float32Array.of(0.25)),
    ],
    left: ["Conv"],
  },
  "weights in double precision": {
    shape: [2, 3],
    nodes: [
      node("Cast", ["x"], ["d"], { to: 11 }),
      node("MatMul", ["d", "w"], ["p"]),
      node("Mul", ["p", "s"], ["y"]),
    ],
    initializers: [
      tensor("w", "FP64", [3, 2], Float64Array.of(1, 2, 3, 4, 5, 6)),
      tensor("s", "FP64", [2], Float64Array.of(1 / 3, 3)),
    ],
    left: ["Cast", "MatMul"],
  },
};

for (const [what, { shape, nodes, initializers, left }] of Object.entries(FOLDED)) {
  test(`${what}: ${left.join(" and ")} is left`, async () => {
    const result = await cleaned(modelOf(["N", ...shape.slice(1)], { nodes, initializers }), shape);
    assert.deepEqual(operators(result.model), left);
    assert.deepEqual(result.skipped, []);
  });
}

/** Graphs whose affine nodes have to stay. */
const KEPT: Readonly<Record<string, Omit<Folded, "left">>> = {
  "BatchNormalization before a Conv that pads": {
    shape: [1, 4, 6, 6],
    nodes: [norm("x", "n"), node("Conv", ["n", "w"], ["y"], { pads: [1, 1, 1, 1] })],
    initializers: [floats("w", [2, 4, 3, 3]), ...statistics(4)],
  },
  "BatchNormalization in training": {
    shape: [2, 3, 5, 5],
    nodes: [
      node("Conv", ["x", "w"], ["c"]),
      node("BatchNormalization", ["c", ...batchNorm], ["y", "mean", "var"], { training_mode: 1 }),
    ],
    initializers: [floats("w", [4, 3, 3, 3]), ...statistics(4)],
  },
  "BatchNormalization of what another node reads too": {
    shape: [1, 2, 5, 5],
    nodes: [node("Conv", ["x", "w"], ["c"]), norm("c", "n"), node("Add", ["c", "n"], ["y"])],
    initializers: [floats("w", [3, 2, 3, 3]), ...statistics(3)],
  },
  "BatchNormalization over the axis that a MatMul of rank 3 does not make": {
    shape: [1, 4, 3],
    nodes: [node("MatMul", ["x", "w"], ["c"]), norm("c", "y")],
    initializers: [floats("w", [3, 4]), ...statistics(4)],
  },
  "arithmetic that makes more of a value": {
    shape: [1, 2, 5, 5],
    nodes: [node("Conv", ["x", "w"], ["c"]), node("Mul", ["c", "s"], ["y"])],
    initializers: [floats("w", [1, 2, 5, 5]), floats("s", [1, 3, 1, 1])],
  },
  "arithmetic along another axis": {
    shape: [1, 2, 5, 5],
    nodes: [node("Conv", ["x", "w"], ["c"]), node("Mul", ["c", "s"], ["y"])],
    initializers: [floats("w", [4, 2, 2, 2]), floats("s", [4])],
  },
  "a Mul before a MatMul, with which activations end": {
    shape: [2, 3],
    nodes: [
      node("Erf", ["x"], ["e"]),
      node("Mul", ["e", "s"], ["h"]),
      node("MatMul", ["h", "w"], ["y"]),
    ],
    initializers: [floats("w", [3, 4]), tensor("s", "FP32", [], Float32Array.of(0.5))],
  },
};

for (const [what, { shape, nodes, initializers }] of Object.entries(KEPT)) {
  test(`${what} stays`, async () => {
    const result = await cleaned(modelOf(["N", ...shape.slice(1)], { nodes, initializers }), shape);
    assert.deepEqual(
      operators(result.model),
      nodes.map(({ opType }) => opType),
    );
    const norms = nodes.filter(({ opType }) => opType === "BatchNormalization").length;
    assert.equal(result.skipped.length, norms, "it is told of each BatchNormalization");
  });
}

test("weights that another node reads too are not changed under its feet", async () => {
  const shared = modelOf([1, 3, 5, 5], {
    nodes: [
      node("Conv", ["x", "w"], ["c"]),
      norm("c", "n"),
      node("Conv", ["x", "w"], ["d"]),
      node("Add", ["n", "d"], ["y"]),
    ],
    initializers: [floats("w", [4, 3, 3, 3]), ...statistics(4)],
  });
  const { model: clean } = await cleaned(shared, [1, 3, 5, 5]);
  assert.deepEqual(operators(clean), ["Conv", "Conv", "Add"]);
});
