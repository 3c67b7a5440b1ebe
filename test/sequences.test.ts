/** Sequences over HTTP: by the Open Inference Protocol and by the plain route. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "./badInput/library.ts";
import { writeBundle } from "./support/bundles.ts";
import { memoryModel, memoryYaml } from "./support/memory.ts";
import { temporaryFolder } from "./support/models.ts";

test("the requests of a sequence share a state, by whatever route they come", async () => {
  using folder = temporaryFolder();
  writeBundle(folder.path, "memory", memoryModel(), memoryYaml());
  await using server = await listen({ models: [folder.path] });
  const post = async (path: string, body: object): Promise<{ status: number; value: any }> => {
    const response = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, value: await response.json() };
  };
  const infer = (x: number, parameters: object): Promise<{ status: number; value: any }> =>
    post("/v2/models/memory/infer", {
      inputs: [{ name: "x", shape: [1, 1], datatype: "INT64", data: [x] }],
      outputs: [{ name: "y" }],
      parameters,
    });
  const predict = (x: number, parameters: object): Promise<{ status: number; value: any }> =>
    post("/predict/memory", { inputs: { x: [[x]] }, outputs: ["y"], parameters });

  const first = await infer(1, { sequence_id: 5, sequence_start: true });
  assert.deepEqual(first.value.outputs[0].data, [22]);
  const second = await predict(2, { sequence_id: 5 });
  assert.equal(second.status, 200, JSON.stringify(second.value));
  assert.deepEqual(second.value.outputs, { y: [[68]] });
  const last = await infer(3, { sequence_id: 5, sequence_end: true });
  assert.deepEqual(last.value.outputs[0].data, [207]);

  const cases: [parameters: object, code: string][] = [
    [{ sequence_id: 5 }, "SEQUENCE_UNKNOWN"],
    [{ sequence_id: 6, sequence_end: true }, "SEQUENCE_UNKNOWN"],
    [{}, "PARAMETER_INVALID"],
    [{ sequence_id: 0 }, "PARAMETER_INVALID"],
  ];
  for (const [parameters, code] of cases) {
    for (const route of [infer, predict]) {
      const { status, value } = await route(1, parameters);
      assert.deepEqual([status, value.code], [400, code]);
    }
  }
});
