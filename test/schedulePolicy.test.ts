/** Queue policies, priorities, the order of answers and the cache, over HTTP and gRPC. */
import assert from "node:assert/strict";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { writeBundle } from "./support/bundles.ts";
import { connectGrpc } from "./support/grpc.ts";
import { readMetric, until } from "./support/metrics.ts";
import {
  affineModel,
  crashOnRunModel,
  echoModel,
  slowModel,
  temporaryFolder,
  writeOnnx,
} from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

const LEVELS = `
queue:
  maxLength: 200
  priorities:
    levels: 3
    default: 2
    policies:
      "1": { maxLength: 2 }
`;

let server: TestServer;
const folder = temporaryFolder();

before(async () => {
  writeBundle(folder.path, "levels", slowModel(), LEVELS);
  writeBundle(folder.path, "rejects", slowModel(), "queue: { timeoutMs: 50 }\n");
  const delay = "queue: { timeoutMs: 400, timeoutAction: delay }\n";
  writeBundle(folder.path, "delays", slowModel(), delay);
  writeBundle(folder.path, "strict", slowModel(), "queue: { allowTimeoutOverride: false }\n");
  writeBundle(folder.path, "ordered", slowModel(), "batching: { preserveOrdering: true }\n");
  writeBundle(folder.path, "cached", affineModel(), "cache: { maxMib: 1 }\n");
  writeBundle(folder.path, "texts", echoModel(), "cache: {}\n");
  server = await startServer([folder.path], ["--log-level", "error"]);
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
}

/** About 10 µs of computing a step. */
async function slow(name: string, steps: number, parameters: object = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/v2/models/${name}/infer`, {
    method: "POST",
    body: JSON.stringify({
      inputs: [{ name: "steps", datatype: "INT64", shape: [1], data: [steps] }],
      outputs: [{ name: "done" }],
      parameters,
    }),
  });
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, code };
}

const depthOf = (name: string): Promise<number> =>
  readMetric(server.url, `longshore_queue_depth{model="${name}",version="1"}`);

test("a flood of low priority does not hold up the highest", async () => {
  const ended: string[] = [];
  const flood = Array.from({ length: 200 }, async () => {
    await slow("levels", 1_000, { priority: 3 });
    ended.push("low");
  });
  await until("most wait", async () => (await depthOf("levels")) > 100);
  const waiting = await depthOf("levels");
  await slow("levels", 1, { priority: 1 });
  ended.push("high");
  await Promise.all(flood);
  const overtaken = ended.length - 1 - ended.indexOf("high");
  // At most two messages of 32 runs were taken between the look and the request.
  assert.ok(overtaken >= waiting - 64, `${overtaken} of ${waiting} that waited`);
});

test("each priority has its own room, and there are no others", async () => {
  const flood = Array.from({ length: 60 }, () => slow("levels", 4_000));
  await until("requests wait", async () => (await depthOf("levels")) > 10);
  const urgent = await Promise.all(
    Array.from({ length: 10 }, () => slow("levels", 1, { priority: 1 })),
  );
  assert.ok(urgent.some(({ status, code }) => status === 503 && code === "QUEUE_FULL"));
  assert.ok(urgent.some(({ status }) => status === 200));
  assert.deepEqual(await slow("levels", 1, { priority: 4 }), {
    status: 400,
    code: "PARAMETER_INVALID",
  });
  assert.ok((await Promise.all(flood)).every(({ status }) => status === 200));
});

test("who waits too long is rejected, or let others go first", async () => {
  const flood = (name: string): Promise<Answer[]> =>
    Promise.all(Array.from({ length: 60 }, () => slow(name, 4_000)));
  const rejected = await flood("rejects");
  assert.ok(rejected.some(({ status, code }) => status === 503 && code === "TIMEOUT"));
  assert.ok(
    rejected.some(({ status }) => status === 200),
    "those whose runs began in time",
  );

  const ended: string[] = [];
  const late = Array.from({ length: 200 }, async () => {
    const { status } = await slow("delays", 2_000);
    assert.equal(status, 200);
    ended.push("late");
  });
  await until("most wait", async () => (await depthOf("delays")) > 120);
  await new Promise((resolve) => setTimeout(resolve, 800));
  const waiting = await depthOf("delays");
  assert.ok(waiting > 64);
  await slow("delays", 1);
  ended.push("fresh");
  await Promise.all(late);
  const overtaken = ended.length - 1 - ended.indexOf("fresh");
  assert.ok(overtaken >= waiting - 64, `${overtaken} of ${waiting} that waited`);
});

test("a request's own timeout ends it, unless the model does not allow that", async () => {
  assert.equal((await slow("levels", 200_000, { timeout: 20_000 })).code, "TIMEOUT");
  assert.equal((await slow("strict", 10_000, { timeout: 1_000 })).status, 200);
  const body = JSON.stringify({ inputs: { steps: [10_000] }, parameters: { timeout: 1_000 } });
  const statuses = ["strict", "levels"].map(async (name) => {
    const response = await fetch(`${server.url}/predict/${name}`, { method: "POST", body });
    await response.arrayBuffer();
    return response.status;
  });
  assert.deepEqual(await Promise.all(statuses), [200, 503]);
});

interface Binary {
  readonly status: number;
  readonly head: string;
  readonly bytes: Buffer;
}

/** A binary request for binary answers; its header is JSON, what follows are the tensor's bytes. */
async function binary(name: string, input: object, bytes: Uint8Array): Promise<Binary> {
  const header = Buffer.from(
    JSON.stringify({
      inputs: [{ name: "x", parameters: { binary_data_size: bytes.length }, ...input }],
      parameters: { binary_data_output: true },
    }),
  );
  const response = await fetch(`${server.url}/v2/models/${name}/infer`, {
    method: "POST",
    headers: { "inference-header-content-length": String(header.length) },
    body: Buffer.concat([header, bytes]),
  });
  const length = response.headers.get("inference-header-content-length") ?? "none";
  return {
    status: response.status,
    head: length,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

interface Statistics {
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<
    Record<
      "success" | "queue" | "compute_infer" | "cache_hit" | "cache_miss",
      { readonly count: number; readonly ns: number }
    >
  >;
}

async function statisticsOf(name: string): Promise<Statistics> {
  const response = await fetch(`${server.url}/v2/models/${name}/stats`);
  const { model_stats: stats } = (await response.json()) as { model_stats: Statistics[] };
  return stats[0]!;
}

test("what comes from the cache is byte for byte what the run gave, and is counted", async () => {
  const floats = Buffer.from(Float32Array.of(1, -0, Number.NaN, 1e-40).buffer);
  const input = { datatype: "FP32", shape: [2, 2] };
  const ran = await binary("cached", input, floats);
  assert.equal(ran.status, 200);
  for (let again = 0; again < 3; again++) {
    assert.deepEqual(await binary("cached", input, floats), ran);
  }
  const other = await binary("cached", { datatype: "FP32", shape: [4, 1] }, floats);
  assert.notDeepEqual(other.bytes, ran.bytes);

  const { inference_count, execution_count, inference_stats } = await statisticsOf("cached");
  assert.deepEqual([inference_count, execution_count], [6, 2], "rows of runs, and runs");
  const { success, queue, compute_infer, cache_hit, cache_miss } = inference_stats;
  assert.deepEqual(
    [success, queue, compute_infer, cache_hit, cache_miss].map(({ count }) => count),
    [5, 5, 2, 3, 2],
  );
  assert.ok(cache_hit.ns > 0 && cache_miss.ns > 0);
  using grpc = connectGrpc(server.grpc!);
  const told = (await grpc.call("ModelStatistics", { name: "cached" })) as {
    model_stats: { inference_stats: Record<string, { count: number }> }[];
  };
  const over = told.model_stats[0]!.inference_stats;
  assert.deepEqual([over["cache_hit"]!.count, over["cache_miss"]!.count], [3, 2]);
  const read = (metric: string): Promise<number> =>
    readMetric(server.url, `${metric}{model="cached",version="1"}`);
  assert.equal(await read("nv_cache_num_hits_per_model"), 3);
  assert.equal(await read("nv_cache_num_misses_per_model"), 2);
  assert.ok((await read("nv_cache_hit_duration_per_model")) > 0);
  assert.ok((await read("nv_cache_miss_duration_per_model")) > 0);
  assert.equal(await read("nv_inference_request_success"), 5);
  assert.ok((await read("longshore_cache_bytes")) > 0);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(text, /longshore_cache_requests_total\{model="cached",version="1",result="hit"\} 3/);
  assert.doesNotMatch(text, /nv_cache_\w+\{model="levels"/, "only models that have one");
});

test("texts come from the cache too, in JSON and binary, whole and in part", async () => {
  const elements = Buffer.from("\x02\0\0\0ab\x00\0\0\0\x02\0\0\0\u00fc", "utf8");
  const input = { datatype: "BYTES", shape: [3, 1] };
  const ran = await binary("texts", input, elements);
  assert.equal(ran.status, 200);
  assert.deepEqual(await binary("texts", input, elements), ran);
  const ask = async (outputs?: object[]): Promise<string> => {
    const body = JSON.stringify({
      inputs: [{ name: "x", data: ["ab", "", "ü"], ...input }],
      ...(outputs && { outputs }),
    });
    const url = `${server.url}/v2/models/texts/infer`;
    return (await fetch(url, { method: "POST", body })).text();
  };
  assert.match(await ask(), /"data":\["ab","","ü"\]/);
  const { execution_count, inference_stats } = await statisticsOf("texts");
  assert.deepEqual([execution_count, inference_stats.cache_hit.count], [1, 2]);
  assert.match(await ask([{ name: "y" }]), /"data":\["ab","","ü"\]/);
  assert.equal((await statisticsOf("texts")).execution_count, 2, "asked for by name");
  assert.equal(await ask([{ name: "y" }]), await ask([{ name: "y" }]));
});

/** `value = table[index]` on INT64[N], into a table of so many. */
function tableModel(length: number): Model {
  return model({
    inputs: [{ name: "index", datatype: "INT64", shape: ["N"] }],
    outputs: [{ name: "value", datatype: "FP32", shape: ["N"] }],
    initializers: [tensor("table", "FP32", [length], new Float32Array(length).fill(length))],
    nodes: [node("Gather", ["table", "index"], ["value"])],
  });
}

test("--watch: a version whose warm-up fails does not take traffic; one that loads has no old answers", async () => {
  using place = temporaryFolder();
  const repository = join(place.path, "models");
  const addVersion = (version: number, length: number): void => {
    const staging = join(place.path, `staging-${version}`);
    writeOnnx(join(staging, "model.onnx"), tableModel(length));
    renameSync(staging, join(repository, "table", String(version)));
  };
  mkdirSync(join(repository, "table", "warmup"), { recursive: true });
  const bytes = Buffer.from(BigInt64Array.of(50n).buffer);
  writeFileSync(join(repository, "table", "warmup", "fifty"), bytes);
  writeFileSync(
    join(repository, "table", "bundle.yaml"),
    "cache: {}\nwarmup:\n  - name: fifty\n    inputs:\n" +
      "      index: { datatype: INT64, shape: [], file: warmup/fifty }\n",
  );
  addVersion(1, 100);
  await using watched = await startServer([repository, "--watch"]);
  const ask = async (): Promise<number> => {
    const response = await fetch(`${watched.url}/v2/models/table/infer`, {
      method: "POST",
      body: JSON.stringify({
        inputs: [{ name: "index", datatype: "INT64", shape: [1], data: [0] }],
      }),
    });
    const { outputs } = (await response.json()) as { outputs: { data: number[] }[] };
    assert.equal(response.status, 200);
    return outputs[0]!.data[0]!;
  };
  assert.deepEqual([await ask(), await ask()], [100, 100]);
  addVersion(2, 10);
  await until("the bad version is reported", () =>
    /failed to load .*its warm-up .*fifty.* failed/.test(watched.log()),
  );
  assert.equal(await ask(), 100);
  addVersion(3, 200);
  await until("version 3 answers", async () => (await ask()) === 200);
});

test("a warm-up that would crash the server keeps its model from loading, and no other", async () => {
  using place = temporaryFolder();
  const input = "{ datatype: INT32, shape: [1], file: least }";
  const bundle = writeBundle(
    place.path,
    "division",
    crashOnRunModel(),
    `warmup: [{ name: w, inputs: { x: ${input} } }]\n`,
  );
  writeFileSync(join(bundle, "least"), Buffer.from(Int32Array.of(-(2 ** 31)).buffer));
  writeBundle(place.path, "affine", affineModel(), "");
  await using other = await startServer([place.path], ["--log-level", "error"]);
  const answer = await fetch(`${other.url}/v2/repository/index`, { method: "POST" });
  const index = (await answer.json()) as { name: string; state: string; reason: string }[];
  assert.deepEqual(
    index.map(({ name, state }) => [name, state]),
    [
      ["affine", "READY"],
      ["division", "UNAVAILABLE"],
    ],
  );
  assert.match(index[1]!.reason, /its warm-up: .*crashed while loading or running it: SIGFPE/);
  assert.doesNotMatch(other.log(), /serving process ended/);
});
