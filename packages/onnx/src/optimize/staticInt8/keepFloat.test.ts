/** What is kept in float stays so in ONNX Runtime, too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { network, randomSamples } from "../../../../../test/support/network.ts";
import { openRunnable, optimizedByOrt } from "../../../../../test/support/ort.ts";
import { calibrate } from "../calibrate/calibrate.ts";
import { nodeLabel } from "../pass.ts";
import { quantizeStatic } from "./quantizeStatic.ts";

test("ONNX Runtime computes a kept convolution between integers in float", async () => {
  const net = network(3);
  const shape = [1, 4, 8, 8];
  const first = net.conv("x", 4, 8, 3);
  const kept = net.conv(first, 8, 8, 3);
  const model = net.toModel({ x: shape }, [net.conv(kept, 8, 4, 3)]);
  const ranges = await calibrate(model, randomSamples(7, shape, 3), openRunnable);
  const convolutions = model.graph.nodes.filter(({ opType }) => opType === "Conv");
  const keep = new Set([nodeLabel(convolutions[1]!)]);
  const fused = await optimizedByOrt(quantizeStatic(model, ranges, { keep }).model, "extended");
  const operators = fused.graph.nodes
    .map(({ opType }) => opType)
    .filter((op) => op.includes("Conv"));
  assert.deepEqual(operators, ["QLinearConv", "Conv", "QLinearConv"]);
});
