/** Models that are computed by other models, over every protocol of the real server. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  BOTH,
  get,
  infer,
  post,
  stateOf,
  type Answer,
  writeBoth,
  writeManifest,
} from "./support/ensembles.ts";
import { slowModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { memoryModel, memoryYaml } from "./support/memory.ts";
import { writeBundle } from "./support/bundles.ts";
import { connectGrpc, floatsOf, toRequest, type Message } from "./support/grpc.ts";
import { readMetric, until } from "./support/metrics.ts";
import { startServer } from "./support/server.ts";

test("an ensemble answers over every protocol, and is described as a model", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const { url } = server;

  const json = await infer(url, "both", [1, 2]);
  assert.equal(json.status, 200);
  assert.deepEqual(
    json.body.outputs?.map(({ name, data }) => [name, data]),
    [
      ["out", [16, 20]],
      ["middle", [3, 5]],
    ],
  );
  const header = JSON.stringify({
    inputs: [{ name: "in", shape: [2, 1], datatype: "FP32", parameters: { binary_data_size: 8 } }],
    outputs: [{ name: "out", parameters: { binary_data: true } }],
  });
  const binary = await fetch(`${url}/v2/models/both/infer`, {
    method: "POST",
    headers: { "inference-header-content-length": String(header.length) },
    body: Buffer.concat([Buffer.from(header), Buffer.from(Float32Array.of(1, 2).buffer)]),
  });
  const bytes = await binary.arrayBuffer();
  assert.deepEqual([...new Float32Array(bytes.slice(-8))], [16, 20]);
  const [, predicted] = await post(url, "/predict/both", { inputs: { in: [[1], [2]] } });
  assert.deepEqual((JSON.parse(predicted) as { outputs: unknown }).outputs, {
    out: [[16], [20]],
    middle: [[3], [5]],
  });
  using client = connectGrpc(server.grpc!);
  const request = toRequest("both", [2, 1], [1, 2]) as Message & { inputs: Message[] };
  request.inputs[0]!["name"] = "in";
  const answered = await client.call("ModelInfer", request);
  assert.deepEqual(floatsOf(answered), [16, 20]);

  assert.deepEqual(await get(url, "/v2/models/both"), {
    name: "both",
    versions: ["1"],
    platform: "ensemble",
    inputs: [{ name: "in", datatype: "FP32", shape: [-1, -1] }],
    outputs: [
      { name: "out", datatype: "FP32", shape: [-1, -1] },
      { name: "middle", datatype: "FP32", shape: [-1, -1] },
    ],
  });
  const step = (model_name: string, input: string, output: string): object => ({
    model_name,
    model_version: -1,
    input_map: { x: input },
    output_map: { y: output },
  });
  const scheduling = { step: [step("second", "middle", "out"), step("first", "in", "middle")] };
  const config = await get<Record<string, unknown>>(url, "/v2/models/both/config");
  assert.equal(config["platform"], "ensemble");
  assert.equal(config["max_batch_size"], 64);
  assert.deepEqual(config["ensemble_scheduling"], scheduling);
  assert.equal(config["dynamic_batching"], undefined);
  const { config: told } = (await client.call("ModelConfig", { name: "both" })) as {
    config: Message;
  };
  assert.deepEqual(
    (told["ensemble_scheduling"] as { step: Message[] }).step.map(
      ({ model_name, model_version, input_map, output_map }) => ({
        model_name,
        model_version,
        input_map,
        output_map,
      }),
    ),
    scheduling.step,
  );

  const counts = async (model: string): Promise<number[]> => {
    const { model_stats: stats } = await get<{
      model_stats: { inference_count: number; execution_count: number }[];
    }>(url, `/v2/models/${model}/stats`);
    return [stats[0]!.inference_count, stats[0]!.execution_count];
  };
  for (const model of ["both", "first", "second"]) {
    assert.deepEqual(await counts(model), [8, 4], model);
    const labels = `{model="${model}",version="1"}`;
    assert.equal(await readMetric(url, `nv_inference_count${labels}`), 8);
    assert.equal(await readMetric(url, `nv_inference_request_success${labels}`), 4);
  }
  const api = await get<{ paths: Record<string, unknown> }>(url, "/openapi.json");
  assert.ok("/v2/models/both/infer" in api.paths);
  const page = await fetch(`${url}/docs`);
  assert.equal(page.status, 200);
});

test("a bundle's terms and golden examples go around an ensemble", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  const write = (name: string, answer: number): void => {
    writeManifest(
      folder.path,
      name,
      `${BOTH}
inputs:
  amount: { type: number }
pipeline:
  before:
    - { step: combine, columns: [amount], into: in }
outputs:
  out: { type: tensor }
golden: { file: golden.jsonl, tolerance: 0 }
`,
    );
    const example = { request: { inputs: { amount: 1 } }, answer: { outputs: { out: answer } } };
    writeFileSync(join(folder.path, name, "golden.jsonl"), `${JSON.stringify(example)}\n`);
  };
  write("terms", 16);
  write("off", 17);
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const [status, text] = await post(server.url, "/predict/terms", { inputs: { amount: 2 } });
  assert.equal(status, 200, text);
  assert.deepEqual((JSON.parse(text) as { outputs: unknown }).outputs, { out: 20 });
  assert.match((await stateOf(server.url, "off")).reason, /1 of 1 golden answers/);
});

test("sequences go through an ensemble in their order", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "slow.onnx"), slowModel());
  writeBundle(folder.path, "memory", memoryModel(), memoryYaml());
  writeManifest(
    folder.path,
    "remembering",
    "ensemble: { outputs: [y], steps: [{ model: memory, inputs: { x: x }, outputs: { y: y } }] }",
  );
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const send = async (
    model: string,
    id: number,
    value: number,
    start: boolean,
  ): Promise<number> => {
    const [status, text] = await post(server.url, `/v2/models/${model}/infer`, {
      parameters: { sequence_id: id, sequence_start: start, sequence_end: false },
      inputs: [{ name: "x", shape: [1, 1], datatype: "INT64", data: [value] }],
      outputs: [{ name: "y" }],
    });
    assert.equal(status, 200, text);
    return (JSON.parse(text) as { outputs: { data: number[] }[] }).outputs[0]!.data[0]!;
  };
  const values = [4, -2, 0, 9];
  const expected: number[] = [];
  for (const [index, value] of values.entries())
    expected.push(await send("memory", 1, value, index === 0));
  const got: number[] = [];
  for (const [index, value] of values.entries())
    got.push(await send("remembering", 2, value, index === 0));
  assert.deepEqual(got, expected);
  const [status, text] = await post(server.url, "/v2/models/remembering/infer", {
    inputs: [{ name: "x", shape: [1, 1], datatype: "INT64", data: [1] }],
  });
  assert.equal(status, 400);
  assert.match(text, /step 1 \(\\"memory\\"\): .*sequence_id/);
});

test("a client that goes away ends the steps of its request", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "slow.onnx"), slowModel());
  writeManifest(
    folder.path,
    "twice",
    `ensemble:
  steps:
    - { model: slow, inputs: { steps: steps }, outputs: { done: again } }
    - { model: slow, inputs: { steps: again }, outputs: { done: done } }
`,
  );
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const ask = (model: string, steps: number, signal?: AbortSignal): Promise<Response> =>
    fetch(`${server.url}/v2/models/${model}/infer`, {
      method: "POST",
      body: JSON.stringify({
        inputs: [{ name: "steps", shape: [1], datatype: "INT64", data: [steps] }],
      }),
      ...(signal && { signal }),
    });
  const metric = (name: string, labels: string): Promise<number> =>
    readMetric(server.url, `${name}{${labels}}`);
  const slow = 'model="slow",version="1"';
  // Long runs, until one has to wait: what comes then waits too.
  const blockers: Promise<Response>[] = [];
  const waiting = (): Promise<number> => metric("nv_inference_pending_request_count", slow);
  await until("a run waits", async () => {
    blockers.push(ask("slow", 100_000));
    return (await waiting()) > 0;
  });
  const before = await waiting();
  const controller = new AbortController();
  const gone = ask("twice", 1, controller.signal);
  await until("its first step waits", async () => (await waiting()) > before);
  controller.abort();
  await assert.rejects(gone, { name: "AbortError" });
  await until("both models know", async () => {
    const counts = ["slow", "twice"].map((model) =>
      metric("longshore_request_failures_total", `model="${model}",version="1",reason="CANCELLED"`),
    );
    return (await Promise.all(counts)).every((count) => count === 1);
  });
  for (const blocker of blockers) assert.equal((await blocker).status, 200);
  assert.equal(await metric("nv_inference_request_success", slow), blockers.length);
});

/** As it lies in a repository of Triton. */
const CONFIG = `name: "triton"
platform: "ensemble"
max_batch_size: 8
input [ { name: "IN" data_type: TYPE_FP32 dims: [ 2 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
ensemble_scheduling {
  step [
    {
      model_name: "first"
      model_version: -1
      input_map { key: "x" value: "IN" }
      output_map { key: "y" value: "between" }
    },
    {
      model_name: "second"
      model_version: 1
      input_map { key: "x" value: "between" }
      output_map { key: "y" value: "OUT" }
    }
  ]
}
`;

test("ensembles of Triton's config.pbtxt are the same, mistakes told with their line", async () => {
  using folder = temporaryFolder();
  writeBoth(folder.path);
  for (const [name, text] of [
    ["triton", CONFIG],
    ["wrong", CONFIG.replace('"triton"', '"wrong"').replace('value: "between"', 'value: "betwen"')],
    ["typed", CONFIG.replace('"triton"', '"typed"').replace("TYPE_FP32", "TYPE_INT32")],
  ] as const) {
    mkdirSync(join(folder.path, name, "1"), { recursive: true });
    writeFileSync(join(folder.path, name, "config.pbtxt"), text);
  }
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  const { url } = server;
  const [status, text] = await post(url, "/v2/models/triton/infer", {
    inputs: [{ name: "IN", shape: [1, 2], datatype: "FP32", data: [1, 2] }],
  });
  assert.equal(status, 200, text);
  assert.deepEqual((JSON.parse(text) as Answer["body"]).outputs?.[0]?.data, [16, 20]);
  const config = await get<Record<string, unknown>>(url, "/v2/models/triton/config");
  assert.deepEqual(
    [config["platform"], config["max_batch_size"], config["input"]],
    ["ensemble", 8, [{ name: "IN", data_type: "TYPE_FP32", dims: [2] }]],
  );
  assert.match((await stateOf(url, "wrong")).reason, /^config\.pbtxt:\d+:\d+: .*betwe/);
  assert.match(
    (await stateOf(url, "typed")).reason,
    /^config\.pbtxt:\d+:\d+: .*INT32.*step 1 \("first"\) takes FP32/,
  );
});
