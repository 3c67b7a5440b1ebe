/** A repository of Triton, with `config.pbtxt` and without, served as Triton serves it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, mixingModel, temporaryFolder } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";
import {
  scoresModel,
  writeTritonModel,
  writeTritonRepository,
} from "./support/tritonRepository.ts";

interface Tensor {
  readonly name: string;
  readonly shape: number[];
  readonly data: (number | string)[];
}

/** Calls of one server, the answer's body as JSON. */
function callsOf({ url }: TestServer) {
  const read = async (answer: Response): Promise<unknown> => JSON.parse(await answer.text());
  return {
    get: async (path: string): Promise<unknown> => read(await fetch(url + path)),
    infer: async (
      name: string,
      shape: number[],
      data: number[],
      more: { input?: string; datatype?: string; parameters?: object; outputs?: object[] } = {},
    ): Promise<Tensor[] | string> => {
      const { input = "x", datatype = "FP32", ...rest } = more;
      const inputs = [{ name: input, shape, datatype, data }];
      const body = JSON.stringify({ inputs, ...rest });
      const path = `/v2/models/${name}/infer`;
      const answer = (await read(await fetch(url + path, { method: "POST", body }))) as {
        outputs?: Tensor[];
        error?: string;
      };
      return answer.outputs ?? answer.error!;
    },
  };
}

/** Waits for a line of the log, which comes behind the answers, and sees that it came once. */
async function logged(server: TestServer, line: RegExp): Promise<void> {
  while (!line.test(server.log())) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal([...server.log().matchAll(new RegExp(line, "g"))].length, 1, String(line));
}

const dataOf = (outputs: Tensor[] | string): unknown =>
  typeof outputs === "string" ? outputs : outputs[0]!.data;

test("models are served as their configurations say, completed where they do not", async () => {
  using folder = temporaryFolder();
  writeTritonRepository(folder.path);
  await using server = await startServer([folder.path]);
  const { get, infer } = callsOf(server);
  const index = await (await fetch(`${server.url}/v2/repository/index`, { method: "POST" })).json();
  assert.deepEqual(
    (index as { name: string; version: string; state: string }[])
      .map(({ name, version, state }) => `${name}/${version} ${state}`)
      .toSorted(),
    [
      "apart/1 READY",
      "bare/4 READY",
      "both/1 READY",
      "line/1 READY",
      "memory/1 READY",
      "partial/1 READY",
      "scores/1 READY",
      "scores/3 READY",
      "square/1 READY",
      "square/2 READY",
    ],
  );

  const scores = (await get("/v2/models/scores/config")) as { instance_group: { count: number }[] };
  assert.deepEqual(scores, {
    name: "scores",
    platform: "onnxruntime_onnx",
    backend: "onnxruntime",
    default_model_filename: "scores.onnx",
    version_policy: { specific: { versions: [1, 3] } },
    max_batch_size: 8,
    input: [{ name: "x", data_type: "TYPE_FP32", dims: [3] }],
    output: [{ name: "y", data_type: "TYPE_FP32", dims: [3], label_filename: "animals.txt" }],
    instance_group: [{ name: "scores", kind: "KIND_CPU", count: 1 }],
    dynamic_batching: {
      preferred_batch_size: [4, 8],
      max_queue_delay_microseconds: 300,
      priority_levels: 2,
      default_priority_level: 2,
      default_queue_policy: {
        timeout_action: "REJECT",
        default_timeout_microseconds: 0,
        allow_timeout_override: true,
        max_queue_size: 32,
      },
      priority_queue_policy: {
        1: {
          timeout_action: "DELAY",
          default_timeout_microseconds: 5_000_000,
          allow_timeout_override: false,
          max_queue_size: 0,
        },
      },
    },
    optimization: { graph: { level: 1 } },
    parameters: {
      team: { string_value: "zoo" },
      enable_mem_pattern: { string_value: "0" },
      intra_op_thread_count: { string_value: "1" },
    },
    model_warmup: [
      {
        name: "zeros",
        batch_size: 2,
        inputs: { x: { data_type: "TYPE_FP32", dims: [3], zero_data: true } },
      },
    ],
    response_cache: { enable: true },
  });
  for (const notice of [
    /config\.pbtxt:10:\d+: instance_group\[0\]\.kind \(KIND_GPU\) has no effect here/,
    /config\.pbtxt:10:\d+: instance_group\[0\]\.gpus has no effect here/,
    /config\.pbtxt:27:1: the field \\?"unheard_of\\?" is not known/,
  ])
    await logged(server, notice);

  assert.deepEqual(dataOf(await infer("scores", [1, 3], [1, 2, 3])), [5, 7, 9]);
  assert.deepEqual(dataOf(await infer("scores/versions/1", [1, 3], [1, 2, 3])), [3, 5, 7]);
  assert.match(String(await infer("scores/versions/2", [1, 3], [1, 2, 3])), /^Request for unknown/);
  const wanted = { outputs: [{ name: "y", parameters: { classification: 2 } }] };
  assert.deepEqual(dataOf(await infer("scores", [2, 3], [3, 1, 2, 0, 0, 9], wanted)), [
    "9.000000:0:cat",
    "7.000000:2:owl",
    "21.000000:2:owl",
    "3.000000:0:cat",
  ]);
  assert.match(
    String(await infer("scores", [1, 3], [1, 2, 3], { parameters: { priority: 3 } })),
    /priority/,
  );

  const bare = (await get("/v2/models/bare/config")) as Record<string, unknown>;
  assert.equal(bare["max_batch_size"], 64);
  assert.deepEqual(bare["input"], [{ name: "x", data_type: "TYPE_FP32", dims: [-1] }]);
  assert.equal(bare["default_model_filename"], "model.onnx");
  assert.deepEqual(bare["version_policy"], { latest: { num_versions: 1 } });

  const partial = (await get("/v2/models/partial/config")) as Record<string, unknown>;
  assert.equal(partial["max_batch_size"], 5);
  assert.deepEqual(partial["input"], [{ name: "x", data_type: "TYPE_FP32", dims: [2] }]);
  assert.deepEqual(partial["output"], [{ name: "y", data_type: "TYPE_FP32", dims: [-1] }]);
  assert.match(String(await infer("partial", [1, 3], [1, 2, 3])), /expected FP32\[-1,2\]/);

  const apart = (await get("/v2/models/apart/config")) as Record<string, unknown>;
  assert.equal(apart["max_batch_size"], 0);
  assert.deepEqual(apart["input"], [{ name: "x", data_type: "TYPE_FP32", dims: [-1, -1] }]);
  assert.equal(apart["dynamic_batching"], undefined);

  const lines = (await infer("line", [3, 1], [1, 2, 3])) as Tensor[];
  assert.deepEqual(
    [lines[0]!.shape, lines[0]!.data],
    [
      [3, 1],
      [3, 6, 9],
    ],
  );
  const line = (await get("/v2/models/line/config")) as Record<string, unknown>;
  const reshaped = { data_type: "TYPE_FP32", dims: [1], reshape: { shape: [] } };
  assert.deepEqual(line["input"], [{ name: "x", ...reshaped }]);
  assert.deepEqual(line["output"], [{ name: "y", ...reshaped }]);
  assert.deepEqual(((await get("/v2/models/line")) as { inputs: object[] }).inputs, [
    { name: "x", datatype: "FP32", shape: [-1, 1] },
  ]);
  const many = Array.from({ length: 40 }, (_, row) => row);
  const split = (await infer("line", [40, 1], many)) as Tensor[];
  assert.deepEqual(
    split[0]!.data,
    many.map((value) => 3 * value),
  );

  const square = (await infer("square", [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])) as Tensor[];
  assert.deepEqual(
    [square[0]!.shape, square[0]!.data],
    [
      [2, 4],
      [4, 6, 8, 10, 12, 14, 16, 18],
    ],
  );
  assert.match(String(await infer("square", [1, 4], [1, 2, 3, 4])), /expected FP32\[-1,2,2\]/);
  assert.deepEqual(dataOf(await infer("square/versions/1", [1, 2, 2], [0, 0, 0, 0])), [1, 1, 1, 1]);

  const remember = async (x: number, parameters: object): Promise<unknown> =>
    dataOf(await infer("memory", [1, 1], [x], { datatype: "INT64", parameters }));
  assert.deepEqual(await remember(4, { sequence_id: 9, sequence_start: true }), [4]);
  assert.deepEqual(await remember(1, { sequence_id: 9 }), [13]);
  assert.deepEqual(await remember(0, { sequence_id: 9, sequence_end: true }), [39]);
  const memory = (await get("/v2/models/memory/config")) as Record<string, Record<string, unknown>>;
  assert.equal(memory["dynamic_batching"], undefined);
  assert.deepEqual(memory["sequence_batching"]!["direct"], {});

  assert.deepEqual(
    dataOf(await infer("both", [1, 3], [1, 2, 3], { input: "IN" })),
    [3, 5, 7].map((value) => 2 * value + 4),
  );
});

test("a configuration that is wrong is told with its place, and the others are served", async () => {
  using folder = temporaryFolder();
  const broken: Record<string, [config: string, says: RegExp]> = {
    syntax: ['name: "syntax"\nmax_batch_size 4', /config\.pbtxt:2:16: expected ":" or "\{", got 4/],
    twice: [
      "max_batch_size: 1\n max_batch_size: 2",
      /:2:2: the field "max_batch_size" is given tw/,
    ],
    renamed: ['\nname: "other"', /config\.pbtxt:2:1: name: expected "renamed", got "other"/],
    python: ['backend: "python"', /:1:1: backend: expected onnxruntime or longshore/],
    types: [
      'input {\n  name: "x"\n  data_type: TYPE_INT64 }',
      /config\.pbtxt:3:3: input\[0\]\.data_type: input "x" is TYPE_FP32, not TYPE_INT64/,
    ],
    dims: [
      'max_batch_size: 4\noutput { name: "y" dims: [1, 2] }',
      /config\.pbtxt:2:20: output\[0\]\.dims: output "y" is \[-1\], not \[1, 2\]/,
    ],
    names: ['input { name: "z" }', /:1:9: input\[0\]\.name: input "z" does not exist; .* has x/],
    labels: ['output { name: "y" label_filename: "none.txt" }', /none\.txt: there is no such file/],
    file: ['default_model_filename: "none.onnx"', /there is no .*none\.onnx/],
    cold: [
      'model_warmup { name: "w" inputs { key: "x" value { data_type: TYPE_FP32 dims: [1] input_data_file: "none" } } }',
      /none/,
    ],
    versions: ["version_policy { specific { versions: 9 } }", /./],
  };
  for (const [name, [config]] of Object.entries(broken))
    writeTritonModel(folder.path, name, { config, versions: { 1: affineModel() } });
  writeTritonModel(folder.path, "good", {
    config: "# all as it is",
    versions: { 1: affineModel() },
  });
  await using server = await startServer([folder.path], ["--watch"]);
  const { infer } = callsOf(server);
  assert.deepEqual(dataOf(await infer("good", [1, 1], [1])), [3]);
  const index = (await (
    await fetch(`${server.url}/v2/repository/index`, { method: "POST" })
  ).json()) as { name: string; state: string; reason: string }[];
  for (const [name, [, says]] of Object.entries(broken)) {
    if (name === "versions") continue;
    const entry = index.find((each) => each.name === name);
    assert.equal(entry?.state, "UNAVAILABLE", name);
    assert.match(entry.reason, says, name);
    assert.ok(!entry.reason.includes(folder.path), "callers are not told the server's folders");
  }
  const load = await fetch(`${server.url}/v2/repository/models/syntax/load`, { method: "POST" });
  assert.match(await load.text(), /failed to load .{2}syntax.{2}: syntax\/config\.pbtxt:2:16: /);

  // What is put wrong does not take away what answers.
  writeFileSync(join(folder.path, "good", "config.pbtxt"), "max_batch_size: none");
  await logged(
    server,
    /good\/config\.pbtxt:1:1: the field .{2}max_batch_size.{2} must be an integer/,
  );
  assert.deepEqual(dataOf(await infer("good", [1, 1], [1])), [3]);

  // What is put right is served, without a new start.
  writeFileSync(join(folder.path, "python", "config.pbtxt"), 'backend: "onnxruntime"');
  for (let ready = false; !ready;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    ready = (await fetch(`${server.url}/v2/models/python/ready`)).ok;
  }
  assert.deepEqual(dataOf(await infer("python", [1, 1], [1])), [3]);
});

test("rows that influence each other never share runs, whatever a configuration says", async () => {
  using folder = temporaryFolder();
  writeTritonModel(folder.path, "mixing", {
    config: "max_batch_size: 8 dynamic_batching { }",
    versions: { 1: mixingModel() },
  });
  await using server = await startServer([folder.path]);
  const config = (await callsOf(server).get("/v2/models/mixing/config")) as Record<string, unknown>;
  assert.equal(config["max_batch_size"], 0);
  assert.equal(config["dynamic_batching"], undefined);
});

test("a request's configuration stands in place of the file as a whole", async () => {
  using folder = temporaryFolder();
  writeTritonModel(folder.path, "m", {
    config: "max_batch_size: 4 dynamic_batching { max_queue_delay_microseconds: 900 }",
    versions: { 1: scoresModel(1) },
  });
  await using server = await startServer([folder.path]);
  const { get } = callsOf(server);
  const load = (parameters: object): Promise<Response> =>
    fetch(`${server.url}/v2/repository/models/m/load`, {
      method: "POST",
      body: JSON.stringify({ parameters }),
    });
  const delayOf = async (): Promise<unknown[]> => {
    const config = (await get("/v2/models/m/config")) as {
      max_batch_size: number;
      dynamic_batching: { max_queue_delay_microseconds: number };
    };
    return [config.max_batch_size, config.dynamic_batching.max_queue_delay_microseconds];
  };
  assert.deepEqual(await delayOf(), [4, 900]);
  const answered = await get("/v2/models/m/config");
  const config = JSON.stringify({ max_batch_size: 6, instance_group: [{ kind: "KIND_GPU" }] });
  assert.equal((await load({ config })).status, 200);
  assert.deepEqual(await delayOf(), [6, 0]);
  await logged(server, /config: instance_group\[0\]\.kind \(KIND_GPU\) has no effect here/);
  assert.equal((await load({ config: JSON.stringify(answered) })).status, 200);
  assert.deepEqual(await get("/v2/models/m/config"), answered);
  assert.equal((await load({})).status, 200);
  assert.deepEqual(await delayOf(), [4, 900]);
});
