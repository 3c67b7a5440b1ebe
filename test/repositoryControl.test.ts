/** Loading with a config and with files, over HTTP. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { writeModel } from "@longshore/onnx";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";

test("models are loaded with what a request brings, and unloaded", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const post = async (path: string, body: object): Promise<[number, unknown]> => {
    const response = await fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    return [response.status, text && JSON.parse(text)];
  };
  const control = (model: string, what: string, parameters: object): Promise<[number, unknown]> =>
    post(`/v2/repository/models/${model}/${what}`, { parameters });
  const offsetOf = async (model: string): Promise<unknown> => {
    const input = { name: "x", shape: [1, 1], datatype: "FP32", data: [0] };
    const [status, value] = await post(`/v2/models/${model}/infer`, { inputs: [input] });
    return status === 200
      ? (value as { outputs: { data: number[] }[] }).outputs[0]!.data[0]
      : (value as { code: string }).code;
  };
  const fileOf = (offset: number): string =>
    Buffer.concat(writeModel(affineModel(offset))).toString("base64");

  assert.deepEqual(await control("affine", "load", { "file:2/model.onnx": fileOf(5) }), [200, ""]);
  assert.equal(await offsetOf("affine"), 5);
  const config = JSON.stringify({ max_batch_size: 2 });
  assert.deepEqual(await control("new", "load", { config, "file:1/model.onnx": fileOf(6) }), [
    200,
    "",
  ]);
  assert.equal(await offsetOf("new"), 6);
  const answer = await fetch(`${server.url}/v2/models/new/config`);
  assert.equal(((await answer.json()) as { max_batch_size: number }).max_batch_size, 2);

  const [status, error] = await control("affine", "load", { "file:3/model.onnx": "AAAA" });
  assert.equal(status, 400);
  assert.doesNotMatch((error as { error: string }).error, /longshore-uploads/);
  assert.equal(await offsetOf("affine"), 5);

  assert.deepEqual(await control("new", "unload", { unload_dependents: true }), [200, ""]);
  assert.equal(await offsetOf("new"), "MODEL_UNKNOWN");
  assert.deepEqual(await control("affine", "load", {}), [200, ""]);
  assert.equal(await offsetOf("affine"), 1);
});
