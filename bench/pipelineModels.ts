/** Models of a table, as `pipelines.ts` puts steps in front of: FP32 `input` [N,width] to `output`. */
import { model, node, tensor, type Model } from "@longshore/onnx";

/** width-hidden-2, ReLU between. */
export function buildTablePerceptron(random: () => number, width: number, hidden: number): Model {
  const weights = (name: string, dims: number[]) => {
    const length = dims.reduce((a, b) => a * b);
    return tensor(
      name,
      "FP32",
      dims,
      Float32Array.from({ length }, () => random() - 0.5),
    );
  };
  return model({
    inputs: [{ name: "input", datatype: "FP32", shape: ["N", width] }],
    outputs: [{ name: "output", datatype: "FP32", shape: ["N", 2] }],
    initializers: [
      weights("w1", [width, hidden]),
      weights("b1", [hidden]),
      weights("w2", [hidden, 2]),
      weights("b2", [2]),
    ],
    nodes: [
      node("Gemm", ["input", "w1", "b1"], ["sum"]),
      node("Relu", ["sum"], ["hidden"]),
      node("Gemm", ["hidden", "w2", "b2"], ["output"]),
    ],
  });
}

/** Complete binary trees, as gradient boosting of this depth grows them: their leaves are added up. */
export function buildTrees(
  random: () => number,
  width: number,
  { count, depth }: { readonly count: number; readonly depth: number },
): Model {
  const inner = 2 ** depth - 1;
  const nodes = Array.from({ length: count * (2 * inner + 1) }, (_, index) => ({
    tree: Math.floor(index / (2 * inner + 1)),
    place: index % (2 * inner + 1),
  }));
  const leaves = nodes.filter(({ place }) => place >= inner);
  const child = (side: 1 | 2) => nodes.map(({ place }) => (place < inner ? 2 * place + side : 0));
  return model({
    inputs: [{ name: "input", datatype: "FP32", shape: ["N", width] }],
    outputs: [{ name: "output", datatype: "FP32", shape: ["N", 1] }],
    opset: { "": 17, "ai.onnx.ml": 3 },
    nodes: [
      node(
        "TreeEnsembleRegressor",
        ["input"],
        ["output"],
        {
          n_targets: 1,
          nodes_treeids: nodes.map(({ tree }) => tree),
          nodes_nodeids: nodes.map(({ place }) => place),
          nodes_featureids: nodes.map(() => Math.floor(random() * width)),
          nodes_modes: nodes.map(({ place }) => (place < inner ? "BRANCH_LEQ" : "LEAF")),
          nodes_values: Float32Array.from(nodes, () => 2 * random() - 1),
          nodes_truenodeids: child(1),
          nodes_falsenodeids: child(2),
          target_ids: leaves.map(() => 0),
          target_treeids: leaves.map(({ tree }) => tree),
          target_nodeids: leaves.map(({ place }) => place),
          target_weights: Float32Array.from(leaves, () => random() - 0.5),
          base_values: Float32Array.of(0.5),
        },
        "ai.onnx.ml",
      ),
    ],
  });
}
