import assert from "node:assert/strict";
import { test } from "node:test";
import { network, randomTensor, type Network } from "../../../../../test/support/network.ts";
import { openRunnable, runModel } from "../../../../../test/support/ort.ts";
import { graph, node, tensor, tensorType } from "../../build.ts";
import { joinChunks, writeModel } from "../../model.ts";
import type { Model } from "../../proto/types.ts";
import type { PassResult } from "../pass.ts";
import { pruneChannels } from "./pruneChannels.ts";

/** A model with one picture [N, 4, 6, 6] in, and what is built out. */
function pictureModel(build: (net: Network) => string | readonly string[], opset = 17): Model {
  const net = network(1);
  return net.toModel({ x: ["N", 4, 6, 6] }, [build(net)].flat(), opset);
}

const ints = (net: Network, values: readonly number[]): string =>
  net.constant(
    tensor(`i${net.random()}`, "INT64", [values.length], BigInt64Array.from(values, BigInt)),
  );

const half = (model: Model, keep?: ReadonlySet<string>): Promise<PassResult> =>
  pruneChannels(model, { fraction: 0.5, ...(keep && { keep }) });

const reasons = ({ skipped }: PassResult): string[] =>
  skipped.map(({ node: label, reason }) => `${label}: ${reason}`);

const run = (model: Model): Promise<unknown> =>
  runModel(model, { x: randomTensor(Math.random, [2, 4, 6, 6]) });

/** What becomes of channels between two convolutions: `middle` is given [N, 8, 6, 6]. */
function between(middle: (net: Network, x: string) => string, opset?: number): Promise<PassResult> {
  return half(
    pictureModel((net) => {
      const x = middle(net, net.conv("x", 4, 8, 3));
      return net.op("Conv", [x, net.weights([3, 8, 1, 1], 1)]);
    }, opset),
  );
}

test("a chain loses half of its channels, and gives as many outputs as before", async () => {
  const original = pictureModel((net) => {
    const x = net.op("Relu", [net.conv("x", 4, 64, 3)]);
    const pooled = net.op("GlobalAveragePool", [net.conv(x, 64, 33, 3)]);
    return net.gemm(net.op("Flatten", [pooled]), 33, 5);
  });
  const bytes = joinChunks(writeModel(original));
  const { model: pruned, changes, skipped } = await half(original);
  assert.deepEqual(changes, ['Conv "conv0": 64 → 32 channels', 'Conv "conv2": 33 → 16 channels']);
  assert.deepEqual(reasons({ model: pruned, changes, skipped }), [
    'gemm5: "gemm5" is an output of the model',
  ]);
  assert.deepEqual(
    pruned.graph.initializers.map(({ name, dims }) => `${name} ${dims.join("×")}`),
    ["w0 32×4×3×3", "w1 32", "w2 16×32×3×3", "w3 16", "w4 16×5", "w5 5"],
  );
  await run(pruned);
  assert.deepEqual(joinChunks(writeModel(original)), bytes, "the given model was changed");
});

test("shapes that the model states are those of what is left", async () => {
  const bare = pictureModel((net) => {
    const x = net.op("Relu", [net.conv("x", 4, 8, 3)]);
    return net.conv(x, 8, 3, 3);
  });
  const stated = { name: "relu1", type: tensorType("FP32", ["N", 8, 6, 6]) };
  const original = { ...bare, graph: { ...bare.graph, valueInfos: [stated] } };
  const { model } = await half(original);
  assert.deepEqual(model.graph.valueInfos, [
    { name: "relu1", type: tensorType("FP32", ["N", 4, 6, 6]) },
  ]);
  assert.deepEqual(model.graph.outputs, original.graph.outputs);
});

test("the filters with the smallest weights go", async () => {
  const filters = [3, -1, 0.5, -4, 2, 0.1];
  const original = pictureModel((net) => {
    const first = tensor(
      "first",
      "FP32",
      [6, 4, 1, 1],
      Float32Array.from(filters.flatMap((w) => [w, w, w, w])),
    );
    const second = tensor("second", "FP32", [1, 6, 1, 1], new Float32Array(6).fill(1));
    const x = net.op("Relu", [net.op("Conv", ["x", net.constant(first)])]);
    return net.op("Conv", [x, net.constant(second)]);
  });
  const { model } = await half(original);
  const left = model.graph.initializers.find(({ name }) => name === "first")!;
  assert.deepEqual(
    new Float32Array(left.rawData!.slice().buffer).filter((_, at) => at % 4 === 0),
    Float32Array.of(3, -4, 2),
  );
});

test("a wide layer keeps blocks of 16, a narrow one at least one channel", async () => {
  const widths = async (count: number, fraction: number): Promise<number> => {
    const original = pictureModel((net) => {
      const x = net.op("Relu", [net.conv("x", 4, count, 1)]);
      return net.conv(x, count, 1, 1);
    });
    const { model } = await pruneChannels(original, { fraction });
    return model.graph.initializers[1]!.dims[0]!;
  };
  const cases = [
    [64, 0.3, 48],
    [100, 0.5, 48],
    [32, 0.9, 16],
    [64, 0.05, 64],
    [20, 0.5, 10],
    [5, 0.5, 3],
    [2, 0.99, 1],
    [8, 0, 8],
  ] as const;
  for (const [count, fraction, expected] of cases)
    assert.equal(await widths(count, fraction), expected, `${count} channels less ${fraction}`);
});

test("channels are followed through what works on each of them alone", async () => {
  const ways: Readonly<Record<string, (net: Network, x: string) => string>> = {
    depthwise: (net, x) => net.conv(x, 8, 8, 3, { group: 8 }),
    "whole groups": (net, x) => net.conv(x, 8, 8, 3, { group: 4 }),
    "squeeze and excite": (net, x) =>
      net.op("Mul", [net.op("Sigmoid", [net.op("GlobalAveragePool", [x])]), x]),
    "a split": (net, x) => {
      net.add(node("Split", [x, ints(net, [2, 6])], ["a", "b"], { axis: 1 }));
      return net.op("Concat", ["b", "a"], { axis: 1 });
    },
    "a size": (net, x) =>
      net.op("Resize", [x, "", "", ints(net, [2, 8, 6, 6])], { mode: "nearest" }),
    "two axes and back": (net, x) => {
      const flat = net.op("Reshape", [x, ints(net, [0, 8, -1])]);
      const turned = net.op("Transpose", [flat], { perm: [2, 0, 1] });
      const back = net.op("Transpose", [turned], { perm: [1, 2, 0] });
      return net.op("Reshape", [back, ints(net, [-1, 8, 6, 6])]);
    },
    squeezed: (net, x) => {
      const pooled = net.op("ReduceMean", [x], { axes: [2, 3], keepdims: 0 });
      return net.op("Unsqueeze", [pooled, ints(net, [2, 3])]);
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    const result = await between(way);
    assert.equal(result.changes[0], 'Conv "conv0": 8 → 4 channels', name);
    await run(result.model);
  }
});

test("a grouped convolution keeps whole groups", async () => {
  const { model } = await between((net, x) => net.conv(x, 8, 8, 3, { group: 4 }));
  const layer = model.graph.nodes[1]!;
  assert.equal(layer.attributes.find(({ name }) => name === "group")!.i, 2n);
});

test("channels that cannot be followed stay, and the reason is told", async () => {
  const shuffle = (net: Network, x: string): string => {
    const groups = net.op("Reshape", [x, ints(net, [0, 2, 4, 6, 6])]);
    const turned = net.op("Transpose", [groups], { perm: [0, 2, 1, 3, 4] });
    return net.op("Reshape", [turned, ints(net, [0, 8, 6, 6])]);
  };
  const ways: readonly [(net: Network, x: string) => string, string][] = [
    [
      (net, x) => net.op("Softmax", [x], { axis: 1 }),
      'read by Softmax "softmax1": it cannot be followed',
    ],
    [
      (net, x) => net.op("Sub", [x, net.op("ReduceMax", [x], { axes: [1], keepdims: 1 })]),
      'read by ReduceMax "reducemax1": it works along the axis of the channels',
    ],
    [
      shuffle,
      'read by Reshape "reshape1": it splits them, or joins them with axes of unknown length',
    ],
    [
      (net, x) => net.op("Pad", [x, ints(net, [0, 1, 0, 0, 0, -1, 0, 0])]),
      'read by Pad "pad1": it adds or takes away channels',
    ],
    [
      (net, x) => net.op("Add", [x, net.op("Concat", ["x", "x"], { axis: 1 })]),
      'read by Add "add2": it meets "concat1", whose channels cannot be followed',
    ],
    [
      (net, x) =>
        net.op("Slice", [x, ints(net, [7]), ints(net, [-9]), ints(net, [1]), ints(net, [-1])]),
      'read by Slice "slice1": it takes them in steps',
    ],
    [
      (net, x) => net.op("Reshape", [x, net.op("Shape", [x])]),
      'read by Shape "shape1": their number may be asked for',
    ],
    [
      (net, x) => {
        const inner = graph({
          inputs: [],
          outputs: [{ name: "inner", type: tensorType("FP32") }],
          nodes: [node("Identity", [x], ["inner"])],
        });
        const condition = net.constant(tensor("c", "BOOL", [], Uint8Array.of(1)));
        return net.op("If", [condition], { then_branch: inner, else_branch: inner });
      },
      'read by If "if1": it cannot be followed',
    ],
  ];
  for (const [way, expected] of ways) {
    const result = await between(way);
    assert.deepEqual(result.changes, [], expected);
    assert.equal(reasons(result)[0], `conv0: ${expected}`);
  }
});

test("what a caller sees, and what was asked to stay, stays", async () => {
  const original = pictureModel((net) => {
    const hidden = net.conv("x", 4, 8, 1);
    const shown = net.op("Relu", [net.conv(hidden, 8, 8, 1)]);
    return [net.conv(net.conv(shown, 8, 8, 1), 8, 3, 1), shown];
  });
  assert.deepEqual((await half(original)).changes, [
    'Conv "conv0": 8 → 4 channels',
    'Conv "conv3": 8 → 4 channels',
  ]);
  const result = await half(original, new Set(["conv0", "conv3"]));
  assert.equal(result.model, original);
  assert.deepEqual(reasons(result), [
    "conv0: it was asked to stay",
    'conv1: "relu2" is an output of the model',
    "conv3: it was asked to stay",
    'conv4: "conv4" is an output of the model',
  ]);
});

test("weights in another file that are not loaded stay", async () => {
  const original = pictureModel((net) => net.conv(net.conv("x", 4, 8, 1), 8, 3, 1));
  const [first, ...others] = original.graph.initializers;
  const { name, dims, dataType } = first!;
  const external = { name: name!, dims, dataType, dataLocation: 1 };
  const elsewhere = {
    ...original,
    graph: { ...original.graph, initializers: [external, ...others] },
  };
  const result = await half(elsewhere);
  assert.equal(result.model, elsewhere);
  assert.equal(
    reasons(result)[0],
    "conv0: its weights are not constant floating-point numbers, or not loaded",
  );
});

test("products of whole numbers stay", async () => {
  const result = await between((net, x) => {
    const weights = tensor("whole", "INT32", [6, 6], new Int32Array(36).fill(1));
    const product = net.op("MatMul", [net.op("Cast", [x], { to: 6 }), net.constant(weights)]);
    return net.op("Cast", [product], { to: 1 });
  });
  assert.match(reasons(result)[1]!, /^matmul2: its weights are not constant floating-point/);
});

test("weights that a caller may override stay", async () => {
  const original = pictureModel((net) => net.conv(net.conv("x", 4, 8, 1), 8, 3, 1));
  const type = tensorType("FP32", [8, 4, 1, 1]);
  const inputs = [...original.graph.inputs, { name: "w0", type }];
  const open = { ...original, graph: { ...original.graph, inputs } };
  const result = await half(open);
  assert.equal(result.model, open);
  assert.equal(
    reasons(result)[0],
    "conv0: its weights are not constant floating-point numbers, or not loaded",
  );
});

test("layers that share weights lose the same channels, and go on sharing them", async () => {
  const tower = (net: Network, x: string, weights: readonly string[]): string =>
    net.op("Conv", [net.op("Relu", [net.op("Conv", [x, weights[0]!])]), weights[1]!]);
  const result = await half(
    pictureModel((net) => {
      const weights = [net.weights([8, 4, 1, 1], 1), net.weights([8, 8, 1, 1], 1)];
      const towers = [tower(net, "x", weights), tower(net, net.op("Neg", ["x"]), weights)];
      const joined = net.op("Concat", towers, { axis: 1 });
      return net.op("Conv", [joined, net.weights([2, 16, 1, 1], 1)]);
    }),
  );
  assert.deepEqual(
    result.model.graph.initializers.map(({ dims }) => dims.join("×")),
    ["4×4×1×1", "4×4×1×1", "2×8×1×1"],
  );
  await run(result.model);
});

test("weights that something else reads too stay whole", async () => {
  const original = pictureModel((net) => {
    const weights = net.weights([8, 4, 1, 1], 1);
    const x = net.op("Conv", ["x", weights]);
    const y = net.op("Conv", [x, net.weights([3, 8, 1, 1], 1)]);
    return net.op("Add", [y, net.op("ReduceMax", [weights], { keepdims: 0 })]);
  });
  const result = await half(original);
  assert.equal(result.model, original);
  assert.equal(reasons(result)[0], 'conv0: its weights are also those of ReduceMax "reducemax2"');
});

test("biases that layers share become one for each that differs", async () => {
  const result = await half(
    pictureModel((net) => {
      const bias = net.weights([8], 1);
      const conv = (x: string, from: number): string =>
        net.op("Relu", [net.op("Conv", [x, net.weights([8, from, 1, 1], 1), bias])]);
      return net.op("Conv", [conv(conv("x", 4), 8), net.weights([8, 8, 1, 1], 1), bias]);
    }),
  );
  const [first, second, last] = result.model.graph.nodes.filter(({ opType }) => opType === "Conv");
  assert.equal(new Set([first!.inputs[2], second!.inputs[2], last!.inputs[2]]).size, 3);
  assert.equal(last!.inputs[2], "w0");
  await run(result.model);
});

test("a branch's own layers are left alone, and told", async () => {
  const result = await half(
    pictureModel((net) => {
      const weights = net.weights([4, 4, 1, 1], 1);
      const inner = (name: string) =>
        graph({
          inputs: [],
          outputs: [{ name, type: tensorType("FP32") }],
          nodes: [node("Conv", ["x", weights], [name])],
        });
      const condition = net.constant(tensor("c", "BOOL", [], Uint8Array.of(1)));
      const branches = { then_branch: inner("t"), else_branch: inner("e") };
      return net.op("If", [condition], branches);
    }),
  );
  assert.deepEqual(reasons(result), ["t: it is in a subgraph", "e: it is in a subgraph"]);
});

test("a fraction of all channels is an error", async () => {
  const original = pictureModel((net) => net.conv("x", 4, 8, 1));
  await assert.rejects(() => pruneChannels(original, { fraction: 1 }), RangeError);
  await assert.rejects(() => pruneChannels(original, { fraction: Number.NaN }), RangeError);
});

test("samples that the model does not take are an error that counts them", async () => {
  const original = pictureModel((net) => net.conv(net.conv("x", 4, 8, 1), 8, 3, 1));
  const samples = {
    async *[Symbol.asyncIterator]() {
      yield new Map([["x", randomTensor(Math.random, [1, 4, 6, 6])]]);
      yield new Map([["x", randomTensor(Math.random, [1, 5, 6, 6])]]);
    },
  };
  await assert.rejects(
    () => pruneChannels(original, { fraction: 0.5, samples, open: openRunnable }),
    { code: "DATA_INVALID", message: /sample 2/ },
  );
});
