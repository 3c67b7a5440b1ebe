import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Infer, TypedArray } from "@longshore/core";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { writeBundle } from "../../../../test/support/bundles.ts";
import { affineModel, temporaryFolder } from "../../../../test/support/models.ts";
import { lineModel } from "../../../../test/support/tritonRepository.ts";
import { createModelHost } from "../modelHost.ts";

/** `y = x + 1` on FP32[N,L,2]. */
function pairsModel(): Model {
  const type = { datatype: "FP32", shape: ["N", "L", 2] } as const;
  return model({
    inputs: [{ name: "x", ...type, shape: [...type.shape] }],
    outputs: [{ name: "y", ...type, shape: [...type.shape] }],
    initializers: [tensor("one", "FP32", [], new Float32Array([1]))],
    nodes: [node("Add", ["x", "one"], ["y"])],
  });
}

/** What comes of bundles of these models and settings. */
async function serve(bundles: Readonly<Record<string, readonly [Model, yaml: string]>>) {
  const folder = temporaryFolder();
  for (const [name, [graph, yaml]] of Object.entries(bundles))
    writeBundle(folder.path, name, graph, yaml);
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  return {
    ...host,
    async infer(name: string, shape: number[]): Promise<[shape: readonly number[], number[]]> {
      const infer: Infer = host.registry.get(name).infer;
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at);
      const { outputs } = await infer(
        { inputs: new Map([["x", { datatype: "FP32", shape, data }]]) },
        {},
      );
      const { shape: got, data: values } = outputs.get("y")!;
      return [got, [...(values as Float32Array as TypedArray as Float32Array)]];
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

test("callers send and get shapes of their own", async () => {
  await using served = await serve({
    line: [
      lineModel(),
      "signature: { inputs: { x: { callerShape: [rows, 1] } }, outputs: { y: { callerShape: [rows, 1] } } }",
    ],
    half: [lineModel(), "signature: { inputs: { x: { callerShape: [N, 1, 1] } } }"],
    renamed: [
      pairsModel(),
      "signature: { inputs: { x: { name: x, shape: [N, L, 2], callerShape: [N, L, 1, 2] } } }",
    ],
    narrow: [
      affineModel(1),
      "signature: { inputs: { x: { callerShape: [N, 2, 3], modelShape: [N, 6] } } }",
    ],
  });
  assert.deepEqual(await served.infer("line", [3, 1]), [
    [3, 1],
    [0, 3, 6],
  ]);
  assert.deepEqual(served.registry.get("line").signature.inputs[0]!.shape, ["rows", 1]);
  assert.deepEqual(served.registry.get("line").graph.inputs[0]!.shape, ["N"]);
  assert.deepEqual(await served.infer("half", [2, 1, 1]), [[2], [0, 3]]);
  assert.deepEqual(await served.infer("renamed", [1, 2, 1, 2]), [
    [1, 2, 2],
    [1, 2, 3, 4],
  ]);
  assert.deepEqual(await served.infer("narrow", [1, 2, 3]), [
    [1, 6],
    [1, 3, 5, 7, 9, 11],
  ]);
  // More rows than a batch has, of many callers at a time.
  const shapes = Array.from({ length: 20 }, (_, index) => [index * 9, 1]);
  const answers = await Promise.all(shapes.map((shape) => served.infer("line", shape)));
  for (const [index, [shape, values]] of answers.entries()) {
    assert.deepEqual(shape, shapes[index]);
    assert.deepEqual(
      values,
      Array.from({ length: index * 9 }, (_, at) => 3 * at),
    );
  }
});

test("shapes that do not fit are told at their places", async () => {
  const cases: Readonly<Record<string, readonly [Model, yaml: string, says: RegExp]>> = {
    axes: [
      pairsModel(),
      "signature:\n  inputs:\n    x: { callerShape: [N, 2] }",
      /bundle\.yaml:3:23: signature\.inputs\.x\.callerShape: \[N,2\] and the model's \[N,L,2\] must have/,
    ],
    elements: [
      pairsModel(),
      "signature: { outputs: { y: { callerShape: [N, L, 3] } } }",
      /bundle\.yaml:1:43: .*\[N,L,3\] and the model's \[N,L,2\]/,
    ],
    rows: [
      lineModel(),
      "signature: { inputs: { x: { callerShape: [1, N] } } }",
      /the first axis of \[1,N\] must be that of rows, as rows of "x" share runs/,
    ],
    inner: [
      pairsModel(),
      "signature: { inputs: { x: { callerShape: [N, 3], modelShape: [N, 1, 3] } } }",
      /the modelShape \[N,1,3\] does not fit the model's \[N,L,2\]/,
    ],
    name: [
      pairsModel(),
      "signature: { inputs: { z: { callerShape: [N] } } }",
      /bundle\.yaml:1:24: signature\.inputs\.z: the model's inputs are x/,
    ],
    file: [
      pairsModel(),
      "signature: { outputs: { y: { labels: ../names.txt } } }",
      /names\.txt: (there is no such file|lies outside)/,
    ],
    empty: [
      pairsModel(),
      "signature: { outputs: { y: { labels: bundle.yaml.txt } } }",
      /bundle\.yaml\.txt: /,
    ],
  };
  await using served = await serve(
    Object.fromEntries(Object.entries(cases).map(([name, [graph, yaml]]) => [name, [graph, yaml]])),
  );
  const index = served.registry.index();
  for (const [name, [, , says]] of Object.entries(cases))
    assert.match(index.find((entry) => entry.name === name)!.reason, says, name);
});

test("a file of labels that is empty, or changes, is seen", async () => {
  using folder = temporaryFolder();
  writeBundle(folder.path, "m", affineModel(), "signature: { outputs: { y: { labels: l.txt } } }");
  const file = join(folder.path, "m", "l.txt");
  mkdirSync(join(folder.path, "m"), { recursive: true });
  writeFileSync(file, "\n \n");
  const host = createModelHost({ paths: [folder.path], isolateTrials: false });
  await host.registry.sync(false);
  assert.match(host.registry.index()[0]!.reason, /l\.txt: has no labels; write one a line/);
  writeFileSync(file, "a\n\nb");
  await host.registry.sync(false);
  assert.deepEqual(host.registry.get("m").signature.outputs[0]!.labels, ["a", "", "b"]);
  writeFileSync(file, "other\n");
  await host.registry.sync(false);
  assert.deepEqual(host.registry.get("m").signature.outputs[0]!.labels, ["other"]);
  await host[Symbol.asyncDispose]();
});
