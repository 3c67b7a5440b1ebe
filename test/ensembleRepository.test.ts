/** Ensembles as models come, change and go. */
import assert from "node:assert/strict";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeModel } from "@longshore/onnx";
import {
  BOTH,
  get,
  infer,
  post,
  stateOf,
  type State,
  writeBoth,
  writeManifest,
} from "./support/ensembles.ts";
import { affineModel, lookupModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { connectGrpc } from "./support/grpc.ts";
import { readMetric, until } from "./support/metrics.ts";
import { startServer } from "./support/server.ts";

test("a composing model is replaced under load without a failed request", async () => {
  using folder = temporaryFolder();
  const repository = join(folder.path, "repository");
  writeBoth(repository);
  await using server = await startServer([repository, "--watch"], ["--log-level", "error"]);
  const { url } = server;
  let over = false;
  const seen = new Set<number>();
  const failures: unknown[] = [];
  const load = async (): Promise<void> => {
    while (!over) {
      const { status, body } = await infer(url, "both", [1]);
      const [out, middle] = body.outputs?.map(({ data }) => data[0]!) ?? [];
      if (status !== 200 || out !== 2 * middle! + 10) failures.push(body);
      else seen.add(middle!);
    }
  };
  const clients = Array.from({ length: 8 }, load);
  for (const [version, middle] of [
    [2, 102],
    [3, 1002],
  ] as const) {
    // Written elsewhere and moved into place, as one that is half there must not be taken.
    writeOnnx(join(folder.path, `${version}/model.onnx`), affineModel(middle - 2));
    renameSync(join(folder.path, String(version)), join(repository, `first/${version}`));
    await until(`version ${version} answers`, () => seen.has(middle));
  }
  over = true;
  await Promise.all(clients);
  assert.deepEqual(failures, []);
  assert.deepEqual([...seen], [3, 102, 1002]);
});

test("--watch: an ensemble waits for its models, and types follow them", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "other.onnx"), affineModel());
  writeManifest(folder.path, "both", BOTH);
  writeManifest(
    folder.path,
    "outer",
    "ensemble: { steps: [{ model: both, inputs: { in: in }, outputs: { out: out } }] }",
  );
  writeManifest(
    folder.path,
    "self",
    "ensemble: { steps: [{ model: self, inputs: { a: a }, outputs: { b: b } }] }",
  );
  await using server = await startServer([folder.path, "--watch"], ["--log-level", "error"]);
  const { url } = server;
  assert.match(
    (await stateOf(url, "both")).reason,
    /^step 1 \("second"\): .*"second" is not found/,
  );
  assert.match(
    (await stateOf(url, "outer")).reason,
    /^step 1 \("both"\): model "both" is not ready/,
  );
  assert.match((await stateOf(url, "self")).reason, /in a circle: self → self$/);
  const early = await infer(url, "both", [1]);
  assert.deepEqual([early.status, early.body.code], [503, "MODEL_UNREADY"]);

  writeBoth(folder.path);
  await until("both answers", async () => (await infer(url, "outer", [1])).status === 200);
  assert.deepEqual((await infer(url, "outer", [1])).body.outputs?.[0]?.data, [16]);

  // What comes instead does not fit: the ensemble says so rather than that it answers wrongly.
  rmSync(join(folder.path, "second.onnx"));
  writeOnnx(join(folder.path, "second.onnx"), lookupModel());
  await until("it is unready", async () => (await stateOf(url, "both")).state === "UNAVAILABLE");
  const misfit = await infer(url, "both", [1]);
  assert.deepEqual([misfit.status, misfit.body.code], [503, "MODEL_UNREADY"]);
  assert.match(misfit.body.error!, /step 1 \("second"\).*has no input "x"/);
  writeOnnx(join(folder.path, "second.onnx"), affineModel(0));
  await until("it is back", async () => (await infer(url, "outer", [1])).status === 200);
  assert.deepEqual((await infer(url, "outer", [1])).body.outputs?.[0]?.data, [6]);
});

test("mistakes are told where they stand in bundle.yaml, and other models are served", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  writeManifest(
    folder.path,
    "wrong",
    "ensemble:\n  steps:\n    - { model: first, inputs: { z: in }, outputs: { y: out } }\n",
  );
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const { reason } = await stateOf(server.url, "wrong");
  assert.match(
    reason,
    /^bundle\.yaml:3:\d+: ensemble\.steps\[0\]\.inputs\.z: the model "first" has no input "z"; there is "x"$/,
  );
  assert.equal((await infer(server.url, "both", [1])).status, 200);
});

test("unloading and loading by request minds what needs what", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  writeManifest(
    folder.path,
    "single",
    "ensemble: { steps: [{ model: first, inputs: { x: in }, outputs: { y: out } }] }",
  );
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const { url } = server;
  const control = (
    model: string,
    what: string,
    parameters: object = {},
  ): Promise<[number, string]> =>
    post(url, `/v2/repository/models/${model}/${what}`, { parameters });
  const states = async (): Promise<Record<string, string>> => {
    const [, text] = await post(url, "/v2/repository/index");
    return Object.fromEntries(
      (JSON.parse(text) as State[]).map(({ name, state }) => [name, state]),
    );
  };

  assert.deepEqual(await control("second", "unload"), [200, ""]);
  const without = await infer(url, "both", [1]);
  assert.deepEqual([without.status, without.body.code], [503, "MODEL_UNREADY"]);
  assert.match(
    without.body.error!,
    /step 1 \("second"\): model "second" is not ready: unloaded by request/,
  );
  assert.equal((await fetch(`${url}/v2/models/both/ready`)).status, 503);
  assert.equal((await stateOf(url, "both")).state, "UNAVAILABLE");
  assert.deepEqual(await control("both", "load"), [200, ""], "loads what it needs");
  assert.equal((await infer(url, "both", [1])).status, 200);

  assert.deepEqual(await control("both", "unload", { unload_dependents: true }), [200, ""]);
  assert.deepEqual(await states(), {
    both: "UNAVAILABLE",
    first: "READY", // Needed by `single`.
    second: "UNAVAILABLE",
    single: "READY",
  });
  assert.deepEqual(await control("both", "load"), [200, ""]);
  assert.deepEqual(await control("both", "unload", { unload_dependents: false }), [200, ""]);
  assert.equal((await states())["second"], "READY");
  assert.deepEqual(await control("both", "load"), [200, ""]);

  using client = connectGrpc(server.grpc!);
  await client.call("RepositoryModelUnload", { model_name: "single" });
  await client.call("RepositoryModelUnload", {
    model_name: "both",
    parameters: { unload_dependents: { bool_param: true } },
  });
  assert.deepEqual([...new Set(Object.values(await states()))], ["UNAVAILABLE"]);
});

test("a model that a request brings is taken by the ensembles that need it", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const { url } = server;
  const [status] = await post(url, "/v2/repository/models/second/load", {
    parameters: { config: JSON.stringify({ max_batch_size: 4 }) },
  });
  assert.equal(status, 200);
  const config = await get<{ max_batch_size: number }>(url, "/v2/models/both/config");
  assert.equal(config.max_batch_size, 4);
  assert.equal((await infer(url, "both", [1, 2, 3, 4, 5, 6])).status, 200);
});

test("answers that an ensemble keeps are forgotten with the models that gave them", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  writeManifest(folder.path, "both", `${BOTH}cache: { maxMib: 1 }\n`);
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const { url } = server;
  const outOf = async (): Promise<number | undefined> =>
    (await infer(url, "both", [1])).body.outputs?.[0]?.data[0];
  const executions = (): Promise<number> =>
    readMetric(url, 'nv_inference_exec_count{model="first",version="1"}');
  assert.deepEqual([await outOf(), await outOf(), await outOf()], [16, 16, 16]);
  assert.equal(await executions(), 1);
  const file = Buffer.concat(writeModel(affineModel(20))).toString("base64");
  const [status, text] = await post(url, "/v2/repository/models/second/load", {
    parameters: { config: "{}", "file:1/model.onnx": file },
  });
  assert.equal(status, 200, text);
  assert.equal(await outOf(), 26);
  assert.equal(await executions(), 2);
});
