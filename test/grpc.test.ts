/** Every service over gRPC, through a client that others wrote. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { startServer, type TestServer } from "./support/server.ts";
import { connectGrpc, floatsOf, toRequest, type GrpcClient, type Message } from "./support/grpc.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { until } from "./support/metrics.ts";
import { slowBody, writeModels, writeSlowModels } from "./badInput/models.ts";

const folder = temporaryFolder();
let server: TestServer;
let client: GrpcClient;

before(async () => {
  writeModels(folder.path);
  writeSlowModels(folder.path);
  writeOnnx(join(folder.path, "kept", "model.onnx"), affineModel());
  server = await startServer([folder.path]);
  client = connectGrpc(server.grpc!);
});

after(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const get = async (path: string): Promise<unknown> => (await fetch(server.url + path)).json();

/** What a call failed with. */
const failureOf = async (call: Promise<unknown>): Promise<ServiceError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error && "details" in error, `no failure but ${String(error)}`);
  return error as ServiceError;
};

test("live, ready, and what there is", async () => {
  assert.deepEqual(await client.call("ServerLive"), { live: true });
  assert.deepEqual(await client.call("ServerReady"), { ready: true });
  assert.deepEqual(await client.call("ServerMetadata"), await get("/v2"));
  assert.deepEqual(await client.call("ModelReady", { name: "affine" }), { ready: true });
  assert.deepEqual(await client.call("ModelReady", { name: "affine", version: "1" }), {
    ready: true,
  });
  assert.deepEqual(await client.call("ModelReady", { name: "nope" }), { ready: false });
  assert.deepEqual(await client.call("ModelReady", { name: "affine", version: "9" }), {
    ready: false,
  });
});

test("metadata, configuration and statistics say what HTTP says", async () => {
  for (const name of ["affine", "pair", "echo"]) {
    assert.deepEqual(await client.call("ModelMetadata", { name }), await get(`/v2/models/${name}`));
    const { config } = (await client.call("ModelConfig", { name })) as { config: Message };
    assertCovers(config, await get(`/v2/models/${name}/config`), name);
  }
  const request = toRequest("affine", [1, 2], [1, 2]);
  await client.call("ModelInfer", request);
  const answer = (await client.call("ModelStatistics", { name: "affine" })) as {
    model_stats: Message[];
  };
  const [statistics] = answer.model_stats;
  assertCovers(
    statistics,
    ((await get("/v2/models/affine/stats")) as typeof answer).model_stats[0],
    "",
  );
  assert.ok(Number(statistics!["inference_count"]) > 0);
  const all = (await client.call("ModelStatistics")) as { model_stats: Message[] };
  assert.ok(all.model_stats.length > 5);
});

/** Asserts that everything in `expected` is in `got` too, which may hold defaults beside it. */
function assertCovers(got: unknown, expected: unknown, path: string): void {
  if (typeof expected !== "object" || expected === null) {
    assert.equal(got, expected, path);
    return;
  }
  for (const [key, value] of Object.entries(expected)) {
    assertCovers((got as Message)[key], value, `${path}.${key}`);
  }
}

test("raw contents", async () => {
  const answer = await client.call(
    "ModelInfer",
    toRequest("affine", [2, 2], [1, 2, 3, 4.5], { id: "a1" }),
  );
  assert.deepEqual(floatsOf(answer), [3, 5, 7, 10]);
  const { model_name, model_version, id, outputs } = answer;
  assert.deepEqual(
    { model_name, model_version, id },
    { model_name: "affine", model_version: "1", id: "a1" },
  );
  const [output] = outputs as Message[];
  assert.equal(output!["name"], "y");
  assert.equal(output!["datatype"], "FP32");
  assert.deepEqual(output!["shape"], [2, 2]);
});

test("a version, listed outputs, and a request of parameters", async () => {
  const request = {
    model_name: "pair",
    model_version: "1",
    inputs: [
      { name: "b", datatype: "INT64", shape: [1, 1], contents: { int64_contents: [7] } },
      { name: "a", datatype: "FP32", shape: [1, 2], contents: { fp32_contents: [1.5, -2] } },
    ],
    outputs: [{ name: "b_same", parameters: { binary_data: { bool_param: true } } }],
    parameters: {
      priority: { uint64_param: 1 },
      timeout: { int64_param: 5_000_000 },
      anything: { double_param: 0.5 },
    },
  };
  const names = ((await get("/v2/models/pair")) as { outputs: { name: string }[] }).outputs;
  request.outputs[0]!.name = names[1]!.name;
  const answer = await client.call("ModelInfer", request);
  assert.deepEqual(
    (answer["outputs"] as Message[]).map(({ name }) => name),
    [names[1]!.name],
  );
  assert.deepEqual((answer["raw_output_contents"] as Buffer[])[0]!.readBigInt64LE(), 7n);
});

test("typed contents of each data type come back as they were", async () => {
  const cases: readonly [model: string, datatype: string, contents: Message, raw: Uint8Array][] = [
    ["bytes", "UINT8", { uint_contents: [0, 200, 255] }, Uint8Array.of(0, 200, 255)],
    ["flags", "BOOL", { bool_contents: [true, false, true] }, Uint8Array.of(1, 0, 1)],
  ];
  for (const [name, datatype, contents, raw] of cases) {
    const { inputs } = (await get(`/v2/models/${name}`)) as {
      inputs: { name: string; shape: number[] }[];
    };
    const shape = inputs[0]!.shape.length === 1 ? [3] : [1, 3];
    const input = { name: inputs[0]!.name, datatype, shape, contents };
    const answer = await client.call("ModelInfer", { model_name: name, inputs: [input] });
    assert.deepEqual(Uint8Array.from((answer["raw_output_contents"] as Buffer[])[0]!), raw);
  }
});

test("strings, typed and raw", async () => {
  const texts = ["café", "", "😀"];
  const encoded = texts.map((text) => Buffer.from(text));
  const raw = Buffer.concat(
    encoded.flatMap((bytes) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
  const input = { name: "x", datatype: "BYTES", shape: [1, 3] };
  const requests = [
    { model_name: "echo", inputs: [{ ...input, contents: { bytes_contents: encoded } }] },
    { model_name: "echo", inputs: [input], raw_input_contents: [raw] },
  ];
  for (const request of requests) {
    const answer = await client.call("ModelInfer", request);
    assert.deepEqual((answer["raw_output_contents"] as Buffer[])[0], raw);
  }
});

test("no rows: an entry without bytes", async () => {
  const answer = await client.call("ModelInfer", toRequest("affine", [0, 2], []));
  assert.deepEqual(
    (answer["raw_output_contents"] as Buffer[]).map(({ length }) => length),
    [0],
  );
});

test("16 MB in one message", async () => {
  const values = Float32Array.from({ length: 2 ** 22 }, (_, index) => index % 1000);
  const answer = await client.call("ModelInfer", {
    model_name: "affine",
    inputs: [{ name: "x", datatype: "FP32", shape: [1, values.length] }],
    raw_input_contents: [Buffer.from(values.buffer)],
  });
  const [raw] = answer["raw_output_contents"] as Buffer[];
  const found = new Float32Array(Uint8Array.from(raw!).buffer);
  assert.ok(found.every((value, index) => value === 2 * values[index]! + 1));
});

test("gzip and deflate", async () => {
  for (const algorithm of [1, 2]) {
    using compressing = connectGrpc(server.grpc!, undefined, undefined, {
      "grpc.default_compression_algorithm": algorithm,
    });
    const answer = await compressing.call("ModelInfer", toRequest("affine", [1, 2], [1, 2]));
    assert.deepEqual(floatsOf(answer), [3, 5]);
  }
});

test("a request's id: the caller's own is answered and logged", async () => {
  const metadata = new Metadata();
  metadata.set("x-request-id", "grpc-test-77");
  await client.call("ModelInfer", toRequest("affine", [1, 1], [1]), { metadata });
  await until("its line is there", () => server.log().includes('"requestId":"grpc-test-77"'));
  const line = server
    .log()
    .split("\n")
    .find((text) => text.includes("grpc-test-77"))!;
  const { method, url, status: code } = JSON.parse(line) as Message;
  assert.deepEqual(
    { method, url, code },
    { method: "gRPC", url: "/inference.GRPCInferenceService/ModelInfer", code: 200 },
  );
});

test("a stream: answers in the order of the requests, errors in their place", async () => {
  const stream = client.open("ModelStreamInfer");
  const answers: Message[] = [];
  stream.on("data", (answer: Message) => answers.push(answer));
  const ended = once(stream, "status");
  // The first takes long and must still be answered first.
  stream.write(slowRequest(20_000, "slow"));
  for (let index = 0; index < 600; index++) {
    stream.write(toRequest(index === 300 ? "nope" : "affine", [1, 1], [index], { id: `${index}` }));
  }
  stream.end();
  assert.equal(((await ended) as [{ code: number }])[0].code, status.OK);
  const ids = answers.map(({ infer_response }) => (infer_response as Message)["id"]);
  assert.deepEqual(ids, ["slow", ...Array.from({ length: 600 }, (_, index) => `${index}`)]);
  for (const [index, answer] of answers.slice(1).entries()) {
    if (index === 300)
      assert.match(String(answer["error_message"]), /^Request for unknown model: "nope"/);
    else {
      assert.equal(answer["error_message"], "");
      assert.deepEqual(floatsOf(answer["infer_response"] as Message), [2 * index + 1]);
    }
  }
});

test("a stream marks the last answer of a request where it is asked to", async () => {
  const stream = client.open("ModelStreamInfer");
  const parameters = { triton_enable_empty_final_response: { bool_param: true } };
  stream.write(toRequest("affine", [1, 1], [1], { parameters }));
  stream.end();
  const [answer] = (await once(stream, "data")) as [{ infer_response: Message }];
  const marks = answer.infer_response["parameters"] as Record<string, Message>;
  assert.equal(marks["triton_final_response"]!["bool_param"], true);
});

/** A run of the slow model. */
function slowRequest(steps: number, id = ""): Message {
  const { inputs } = JSON.parse(slowBody(steps)) as { inputs: { data: number[] }[] };
  const { data, ...input } = inputs[0]!;
  return {
    model_name: "slow",
    id,
    inputs: [{ ...input, contents: { int64_contents: data } }],
    outputs: [{ name: "done" }],
  };
}

test("deadlines and cancelled calls leave the queue", async () => {
  const deadline = Date.now() + 300;
  const late = await failureOf(client.call("ModelInfer", slowRequest(200_000), { deadline }));
  assert.equal(late.code, status.DEADLINE_EXCEEDED);
  const own = { ...slowRequest(200_000), parameters: { timeout: { int64_param: 50_000 } } };
  const timedOut = await failureOf(client.call("ModelInfer", own));
  assert.equal(timedOut.code, status.DEADLINE_EXCEEDED);
  assert.match(timedOut.details, /timed out after \d+ ms, before "slow" answered/);

  const stream = client.open("ModelStreamInfer");
  stream.on("error", () => undefined);
  for (let index = 0; index < 20; index++) stream.write(slowRequest(200_000));
  await until("they wait", async () => (await depth()) > 5);
  stream.cancel();
  await until("the queue is empty", async () => (await depth()) === 0);
});

async function depth(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/longshore_queue_depth\{model="slow"[^}]*\} (\d+)/.exec(text)?.[1]);
}

test("the repository: index, unload, load", async () => {
  const { models } = (await client.call("RepositoryIndex")) as { models: Message[] };
  assert.deepEqual(
    models,
    await (await fetch(`${server.url}/v2/repository/index`, { method: "POST" })).json(),
  );
  const ready = (await client.call("RepositoryIndex", { ready: true })) as { models: Message[] };
  assert.ok(ready.models.length < models.length);
  const parameters = { unload_dependents: { bool_param: true } };
  await client.call("RepositoryModelUnload", { model_name: "kept", parameters });
  assert.deepEqual(await client.call("ModelReady", { name: "kept" }), { ready: false });
  await client.call("RepositoryModelLoad", { model_name: "kept" });
  assert.deepEqual(await client.call("ModelReady", { name: "kept" }), { ready: true });
  const failed = await failureOf(client.call("RepositoryModelLoad", { model_name: "nope" }));
  assert.match(failed.details, /failed to load/);
});

test("the log's level is read and changed, and nothing is traced", async () => {
  const settingsOf = async (settings: Message): Promise<Record<string, Message>> =>
    ((await client.call("LogSettings", { settings })) as { settings: Record<string, Message> })
      .settings;
  const before = await settingsOf({});
  assert.equal(before["log_info"]!["bool_param"], true);
  assert.equal(before["log_verbose_level"]!["uint32_param"], 0);
  await settingsOf({ log_info: { bool_param: false } });
  const metadata = new Metadata();
  metadata.set("x-request-id", "not-logged-1");
  await client.call("ServerMetadata", {}, { metadata });
  const after = await settingsOf({
    log_info: { bool_param: true },
    log_verbose_level: { uint32_param: 1 },
  });
  assert.equal(after["log_verbose_level"]!["uint32_param"], 1);
  metadata.set("x-request-id", "logged-1");
  await client.call("ServerLive", {}, { metadata });
  await until("a probe is logged", () => server.log().includes('"requestId":"logged-1"'));
  assert.ok(!server.log().includes("not-logged-1"));
  await settingsOf({ log_verbose_level: { uint32_param: 0 } });
  for (const wrong of [
    { log_warning: { bool_param: false } },
    { log_file: { string_param: "/tmp/x" } },
    { log_info: { string_param: "yes" } },
    { nope: { bool_param: true } },
  ]) {
    const refused = await failureOf(client.call("LogSettings", { settings: wrong }));
    assert.equal(refused.code, status.INVALID_ARGUMENT);
  }

  const trace = (await client.call("TraceSetting")) as { settings: Record<string, Message> };
  assert.deepEqual(trace.settings["trace_level"], { value: ["OFF"] });
  await client.call("TraceSetting", {
    settings: { trace_level: { value: ["OFF"] }, trace_rate: {} },
  });
  const on = { settings: { trace_level: { value: ["TIMESTAMPS"] } } };
  const refused = await failureOf(client.call("TraceSetting", on));
  assert.match(refused.details, /"trace_level" is not supported/);
});

test("health: checked and watched", async () => {
  using health = connectGrpc(server.grpc!, "grpc.health.v1.Health");
  for (const service of [
    "",
    "inference.GRPCInferenceService",
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
  ]) {
    assert.deepEqual(await health.call("Check", { service }), { status: "SERVING" });
  }
  const unknown = await failureOf(health.call("Check", { service: "nope" }));
  assert.equal(unknown.code, status.NOT_FOUND);
  const watch = health.watch("Watch", { service: "nope" });
  watch.on("error", () => undefined);
  assert.deepEqual(await once(watch, "data"), [{ status: "SERVICE_UNKNOWN" }]);
  watch.cancel();
});

test("reflection, of both versions", async () => {
  for (const version of ["v1", "v1alpha"]) {
    using reflection = connectGrpc(server.grpc!, `grpc.reflection.${version}.ServerReflection`);
    const ask = async (request: Message): Promise<Message> => {
      const stream = reflection.open("ServerReflectionInfo");
      stream.write(request);
      stream.end();
      const [answer] = (await once(stream, "data")) as [Message];
      return answer;
    };
    const { list_services_response: list } = await ask({ list_services: "*" });
    const services = (list as { service: { name: string }[] }).service.map(({ name }) => name);
    assert.deepEqual(services.toSorted(), [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "inference.GRPCInferenceService",
      "tensorflow.serving.ModelService",
      "tensorflow.serving.PredictionService",
    ]);
    for (const request of [
      { file_containing_symbol: "inference.GRPCInferenceService" },
      { file_containing_symbol: "inference.GRPCInferenceService.ModelInfer" },
      { file_by_filename: "grpc_service.proto" },
    ]) {
      const answer = await ask(request);
      const files = (answer["file_descriptor_response"] as { file_descriptor_proto: Buffer[] })
        .file_descriptor_proto;
      assert.deepEqual(files.map(nameOfFile), ["grpc_service.proto", "model_config.proto"]);
    }
    const unknown = await ask({ file_containing_symbol: "no.Such" });
    assert.equal((unknown["error_response"] as Message)["error_code"], status.NOT_FOUND);
  }
});

/** The first field of a `FileDescriptorProto`. */
function nameOfFile(descriptor: Buffer): string {
  const reader = protobuf.Reader.create(descriptor);
  reader.uint32();
  return reader.string();
}
