/** Inference over gRPC, by calls and streams, through a client that others wrote. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { slowBody, writeModels, writeSlowModels } from "./badInput/models.ts";
import {
  connectGrpc,
  failureOf,
  floatsOf,
  toRequest,
  type GrpcClient,
  type Message,
} from "./support/grpc.ts";
import { until } from "./support/metrics.ts";
import { temporaryFolder } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

const folder = temporaryFolder();
let server: TestServer;
let client: GrpcClient;

before(async () => {
  writeModels(folder.path);
  writeSlowModels(folder.path);
  server = await startServer([folder.path]);
  client = connectGrpc(server.grpc!);
});

after(async () => {
  client[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const get = async (path: string): Promise<unknown> => (await fetch(server.url + path)).json();

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
