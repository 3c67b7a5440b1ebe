/** Triton's classification extension, from the request's parameter to the answer's bytes. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeByteElements } from "@longshore/core";
import { model, node } from "@longshore/onnx";
import { listen } from "./badInput/library.ts";
import { writeBundle } from "./support/bundles.ts";
import { temporaryFolder, writeOnnx } from "./support/models.ts";

interface Answer {
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly data?: readonly string[];
    readonly parameters?: { readonly binary_data_size: number };
  }[];
}

const same = (shape: (number | string)[]): ReturnType<typeof model> =>
  model({
    inputs: [{ name: "x", datatype: "FP32", shape }],
    outputs: [{ name: "y", datatype: "FP32", shape }],
    nodes: [node("Identity", ["x"], ["y"])],
  });

test("outputs are answered as classes, in JSON and in binary", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "rows.onnx"), same(["N", 3]));
  writeOnnx(join(folder.path, "fixed.onnx"), same([2, 2]));
  await using server = await listen({ models: [folder.path] });
  const ask = (name: string, shape: number[], data: number[], parameters: object) =>
    fetch(`${server.url}/v2/models/${name}/infer`, {
      method: "POST",
      body: JSON.stringify({
        inputs: [{ name: "x", shape, datatype: "FP32", data }],
        outputs: [{ name: "y", parameters }],
      }),
    });

  const rows = await ask("rows", [2, 3], [0.5, 4, 1, 9, 8, 7], { classification: 2 });
  assert.deepEqual(((await rows.json()) as Answer).outputs, [
    {
      name: "y",
      datatype: "BYTES",
      shape: [2, 2],
      data: ["4.000000:1", "1.000000:2", "9.000000:0", "8.000000:1"],
    },
  ]);

  const fixed = await ask("fixed", [2, 2], [1, 4, 3, 2], { classification: 9 });
  assert.deepEqual(((await fixed.json()) as Answer).outputs[0]!.shape, [4]);

  const binary = await ask("rows", [1, 3], [1, 2, 3], { classification: 1, binary_data: true });
  const length = Number(binary.headers.get("inference-header-content-length"));
  const body = new Uint8Array(await binary.arrayBuffer());
  const { outputs } = JSON.parse(new TextDecoder().decode(body.subarray(0, length))) as Answer;
  const text = "3.000000:2";
  assert.deepEqual(outputs[0], {
    name: "y",
    datatype: "BYTES",
    shape: [1, 1],
    parameters: { binary_data_size: 4 + text.length },
  });
  assert.deepEqual(decodeByteElements("y", body.subarray(length)), [text]);
});

test("classes have the names that a bundle gives them, from its text or from a file", async () => {
  using folder = temporaryFolder();
  const named = (labels: string): string =>
    `signature: { outputs: { y: { labels: ${labels} } } }\n`;
  writeBundle(folder.path, "listed", same(["N", 3]), named("[cat, dog, owl]"));
  writeBundle(folder.path, "filed", same(["N", 3]), named("names.txt"));
  writeFileSync(join(folder.path, "filed", "names.txt"), "\uFEFFcrane\r\ncrane\r\n");
  writeBundle(folder.path, "lost", same(["N", 3]), named("nowhere.txt"));
  writeBundle(
    folder.path,
    "unknown",
    same(["N", 3]),
    "signature: { outputs: { z: { labels: [a] } } }",
  );
  await using server = await listen({ models: [folder.path] });
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });
    return answer.json();
  };
  const classesOf = async (name: string): Promise<unknown> => {
    const inputs = [{ name: "x", shape: [1, 3], datatype: "FP32", data: [1, 3, 2] }];
    const outputs = [{ name: "y", parameters: { classification: 3 } }];
    const answer = await post(`/v2/models/${name}/infer`, { inputs, outputs });
    return (answer as Answer).outputs[0]!.data;
  };
  assert.deepEqual(await classesOf("listed"), [
    "3.000000:1:dog",
    "2.000000:2:owl",
    "1.000000:0:cat",
  ]);
  assert.deepEqual(await classesOf("filed"), [
    "3.000000:1:crane",
    "2.000000:2",
    "1.000000:0:crane",
  ]);
  const predicted = async (name: string): Promise<unknown> =>
    ((await post(`/predict/${name}`, { inputs: { x: [[1, 3, 2]] } })) as { outputs: object })
      .outputs;
  assert.deepEqual(await predicted("listed"), { y: [{ cat: 1, dog: 3, owl: 2 }] });
  assert.deepEqual(await predicted("filed"), { y: [[1, 3, 2]] });
  const index = (await post("/v2/repository/index", {})) as { name: string; reason: string }[];
  const reasonOf = (name: string): string | undefined =>
    index.find((entry) => entry.name === name)?.reason;
  assert.match(reasonOf("lost")!, /nowhere\.txt: there is no such file in the bundle/);
  assert.match(
    reasonOf("unknown")!,
    /bundle\.yaml:1:25: signature\.outputs\.z: the model's outputs are y/,
  );
});
