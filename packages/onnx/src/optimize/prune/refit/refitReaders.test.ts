import assert from "node:assert/strict";
import { test } from "node:test";
import { toTypedArray, type Tensors } from "@longshore/core";
import fc from "fast-check";
import {
  network,
  randomSamples,
  type Attributes,
  type Network,
} from "../../../../../../test/support/network.ts";
import { openRunnable } from "../../../../../../test/support/ort.ts";
import { float, node, tensor } from "../../../build.ts";
import { checkGraph } from "../../../check/checkGraph.ts";
import { floatsOf } from "../../../graph/tensorData.ts";
import type { Model } from "../../../proto/types.ts";
import type { PassResult } from "../../pass.ts";
import { pruneChannels } from "../pruneChannels.ts";

/** Samples of `x`, and the same list as often as one asks. */
type Samples = ReturnType<typeof randomSamples>;

/** Sum of squares of what the two models' outputs differ by, and of the first's alone. */
async function compare(
  a: Model,
  b: Model,
  samples: Samples,
): Promise<{ error: number; power: number }> {
  const [first, second] = [await openRunnable(a), await openRunnable(b)];
  let [error, power] = [0, 0];
  const outputOf = (results: Tensors): Float32Array => {
    const [output] = results.values();
    return toTypedArray("FP32", output!.data) as Float32Array;
  };
  for (const sample of samples.list) {
    const expected = outputOf(await first.run(sample));
    const actual = outputOf(await second.run(sample));
    for (const [at, value] of expected.entries()) {
      error += (actual[at]! - value) ** 2;
      power += value ** 2;
    }
  }
  await first.close();
  await second.close();
  return { error, power };
}

async function prunedTwice(
  original: Model,
  samples: Samples,
): Promise<{ plain: PassResult; refitted: PassResult }> {
  const plain = await pruneChannels(original, { fraction: 0.5 });
  const options = { fraction: 0.5, samples, open: openRunnable };
  const refitted = await pruneChannels(original, options);
  assert.deepEqual(checkGraph(refitted.model), []);
  return { plain, refitted };
}

/** A layer whose channels come in pairs, and another that reads them: half of them tell all. */
interface TwinCase {
  readonly name: string;
  readonly input: readonly number[];
  readonly build: (net: Network, twins: string) => string;
  readonly layer: (net: Network) => string;
}

/** Filters 0 to 3 again as 4 to 7, much smaller: those are the ones to go. */
function twinConv(net: Network): string {
  const half = floatsOf({ dims: [4, 3, 3, 3], dataType: 1, rawData: new Uint8Array(432) }).map(
    () => net.random() - 0.5,
  );
  const filters = Float32Array.from([...half, ...half.map((w) => w * 0.1)]);
  const weights = net.constant(tensor("twins", "FP32", [8, 3, 3, 3], filters));
  return net.op("Relu", [net.op("Conv", ["x", weights], { pads: [1, 1, 1, 1] })]);
}

function twinGemm(net: Network): string {
  const half = Array.from({ length: 6 }, () => [0, 1, 2, 3].map(() => net.random() - 0.5));
  const columns = Float32Array.from(half.flatMap((row) => [...row, ...row.map((w) => w * 0.1)]));
  return net.op("Relu", [
    net.op("MatMul", ["x", net.constant(tensor("twins", "FP32", [6, 8], columns))]),
  ]);
}

const convolved = (attributes: Attributes, kernel: readonly number[], bias = false): TwinCase => ({
  name: `Conv ${JSON.stringify(attributes)}`,
  input: [1, 3, 9, 8],
  layer: twinConv,
  build: (net, twins) => {
    const weights = net.weights([5, 8, ...kernel], 0.5);
    const inputs = bias ? [twins, weights, net.weights([5], 1)] : [twins, weights];
    return net.op("Conv", inputs, attributes);
  },
});

const CASES: readonly TwinCase[] = [
  convolved({}, [1, 1], true),
  convolved({ pads: [1, 1, 1, 1] }, [3, 3]),
  convolved({ pads: [0, 2, 1, 1], strides: [2, 3], dilations: [2, 1] }, [3, 2], true),
  convolved({ auto_pad: "SAME_UPPER", strides: [2, 2] }, [3, 4]),
  convolved({ auto_pad: "SAME_LOWER", strides: [2, 2] }, [4, 3]),
  convolved({ auto_pad: "VALID" }, [2, 3]),
  {
    name: "Gemm",
    input: [16, 6],
    layer: twinGemm,
    build: (net, twins) => net.op("Gemm", [twins, net.weights([8, 3], 1)], { alpha: float(0.5) }),
  },
  {
    name: "Gemm, transposed",
    input: [16, 6],
    layer: twinGemm,
    build: (net, twins) =>
      net.op("Gemm", [twins, net.weights([3, 8], 1), net.weights([1, 3], 1)], {
        transB: 1,
        alpha: float(2),
        beta: float(0.5),
      }),
  },
  {
    name: "Gemm with one number added",
    input: [16, 6],
    layer: twinGemm,
    build: (net, twins) => net.op("Gemm", [twins, net.weights([8, 3], 1), net.weights([1], 1)]),
  },
  {
    name: "MatMul of three axes, and a bias",
    input: [4, 5, 6],
    layer: twinGemm,
    build: (net, twins) =>
      net.op("Add", [net.weights([3], 1), net.op("MatMul", [twins, net.weights([8, 3], 1)])]),
  },
  {
    name: "Flatten and Gemm",
    input: [4, 3, 3, 2],
    layer: twinConv,
    build: (net, twins) => net.op("Gemm", [net.op("Flatten", [twins]), net.weights([48, 3], 1)]),
  },
];

test("what the channels that are left tell of the others is made use of", async () => {
  for (const { name, input, layer, build } of CASES) {
    const net = network(7);
    const original = net.toModel({ x: input }, [build(net, layer(net))]);
    const samples = randomSamples(5, input, 12);
    const { plain, refitted } = await prunedTwice(original, samples);
    const before = await compare(original, plain.model, samples);
    const after = await compare(original, refitted.model, samples);
    assert.match(refitted.changes.at(-1)!, /refitted, error/, name);
    assert.deepEqual(refitted.skipped.length, 1, name);
    const gain = after.error / before.error;
    // Not quite nothing, as the ridge holds the weights back a little.
    assert.ok(gain < 1e-3, `${name}: ${gain} of the error is left`);
  }
});

test("a layer that has lost outputs too is compared with those that are left", async () => {
  const net = network(8);
  const input = [1, 3, 9, 8];
  const middle = net.op("Relu", [net.conv(twinConv(net), 8, 12, 3)]);
  const original = net.toModel({ x: input }, [net.conv(middle, 12, 2, 1)]);
  const { refitted } = await prunedTwice(original, randomSamples(5, input, 12));
  const [label, after] = /"(conv\d+)": refitted, error .* → (\S+) %/
    .exec(refitted.changes.find((change) => change.includes("refitted"))!)!
    .slice(1);
  assert.equal(label, "conv2");
  assert.ok(Number(after) < 1, `${after} % of error is left`);
});

test("on the samples, the layer's error is what is told, and never larger than without", async () => {
  const cases = fc.record({
    seed: fc.nat(),
    size: fc.integer({ min: 3, max: 7 }),
    stride: fc.constantFrom(1, 2),
    kernel: fc.constantFrom(1, 3),
    // Fewer rows than weights, too.
    count: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, size, stride, kernel, count }) => {
      const net = network(seed);
      const hidden = net.op("Relu", [net.conv("x", 3, 10, 3)]);
      const y = net.conv(hidden, 10, 4, kernel, { stride });
      const input = [2, 3, size, size];
      const original = net.toModel({ x: input }, [y]);
      const samples = randomSamples(seed + 1, input, count);
      const { plain, refitted } = await prunedTwice(original, samples);
      const before = await compare(original, plain.model, samples);
      const after = await compare(original, refitted.model, samples);
      assert.ok(after.error <= before.error * (1 + 1e-5), `${before.error} → ${after.error}`);
      const told = /error (\S+) % → (\S+) %/.exec(refitted.changes.at(-1)!)!;
      for (const [index, { error, power }] of [before, after].entries()) {
        const expected = 100 * Math.sqrt(error / power);
        const stated = Number(told[index + 1]);
        assert.ok(Math.abs(stated - expected) <= 0.01 * expected + 1e-3, `${stated}, ${expected}`);
      }
    }),
    { numRuns: 40 },
  );
});

test("a deep network with residual blocks comes nearer to the original on other data too", async () => {
  const net = network(11);
  let x = net.op("Relu", [net.conv("x", 3, 16, 3)]);
  for (let block = 0; block < 3; block++) {
    const inner = net.op("Relu", [net.conv(x, 16, 16, 3)]);
    x = net.op("Relu", [net.op("Add", [net.conv(inner, 16, 16, 1), x])]);
  }
  const flat = net.op("Flatten", [net.op("GlobalAveragePool", [x])]);
  const original = net.toModel({ x: ["N", 3, 8, 8] }, [net.gemm(flat, 16, 6)]);
  const { plain, refitted } = await prunedTwice(original, randomSamples(1, [4, 3, 8, 8], 20));
  const others = randomSamples(2, [4, 3, 8, 8], 20);
  const before = await compare(original, plain.model, others);
  const after = await compare(original, refitted.model, others);
  assert.ok(after.error < before.error / 20, `${before.error} → ${after.error}`);
});

test("a layer that cannot be refitted is told, and still right", async () => {
  const net = network(3);
  const hidden = net.op("Relu", [net.conv("x", 3, 8, 3)]);
  const y = net.op("ConvTranspose", [hidden, net.weights([8, 2, 2, 2], 1)], { strides: [2, 2] });
  const original = net.toModel({ x: ["N", 3, 4, 4] }, [y]);
  const { plain, refitted } = await prunedTwice(original, randomSamples(1, [1, 3, 4, 4], 2));
  assert.deepEqual(refitted.model, plain.model);
  assert.deepEqual(refitted.skipped.at(-1), {
    node: y,
    opType: "ConvTranspose",
    reason: "not refitted: only Conv, Gemm and MatMul are refitted",
  });
});

test("a layer that is too wide for least squares stays as it is", async () => {
  const net = network(6);
  const hidden = net.op("Relu", [net.gemm("x", 2, 10_400)]);
  const original = net.toModel({ x: ["N", 2] }, [net.gemm(hidden, 10_400, 1)]);
  const { plain, refitted } = await prunedTwice(original, randomSamples(1, [4, 2], 2));
  assert.deepEqual(refitted.model, plain.model);
  const { reason } = refitted.skipped.at(-1)!;
  assert.equal(reason, "not refitted: it has 5200 weights an output, more than 5120");
});

test("numbers that are not finite leave the layer as it is", async () => {
  const net = network(4);
  const huge = net.constant(tensor("huge", "FP32", [8, 3, 1, 1], new Float32Array(24).fill(3e38)));
  const y = net.conv(net.op("Conv", ["x", huge]), 8, 2, 1);
  const original = net.toModel({ x: ["N", 3, 4, 4] }, [y]);
  const { plain, refitted } = await prunedTwice(original, randomSamples(1, [1, 3, 4, 4], 2));
  assert.deepEqual(refitted.model, plain.model);
  assert.match(refitted.skipped.at(-1)!.reason, /not finite/);
});

test("a sum that is broadcast to more rows than the layer has is not compared", async () => {
  const net = network(5);
  net.add(node("Slice", ["x", "zero", "one", "zero"], ["row"]));
  for (const [name, value] of [
    ["zero", 0],
    ["one", 1],
  ] as const)
    net.constant(tensor(name, "INT64", [1], BigInt64Array.of(BigInt(value))));
  const hidden = net.op("Relu", [net.gemm("row", 6, 8)]);
  const product = net.op("MatMul", [hidden, net.weights([8, 6], 1)]);
  const original = net.toModel({ x: ["N", 6] }, [net.op("Add", [product, "x"])]);
  const { refitted } = await prunedTwice(original, randomSamples(1, [4, 6], 10));
  assert.deepEqual(refitted.skipped.at(-1), {
    node: product,
    opType: "MatMul",
    reason: "not refitted: what it makes is broadcast",
  });
});
