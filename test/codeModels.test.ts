/** Models that are code, through the real server: whatever they do, the others are served. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

/** Does what the number in a row says; else `y = 2x`. A wish is met only alone, unless it ends all. */
const WISHES = `
import { execSync } from "node:child_process";
import { defineModel } from "longshore/model";
import { double } from "./parts/double.ts";

const wish: Record<number, () => unknown> = {
  101: () => { throw new RangeError("101 is not taken"); },
  102: () => { for (;;); },
  103: () => { for (const all: unknown[] = [];;) all.push(new Float64Array(100_000).fill(1)); },
  104: () => { for (const all: unknown[] = [];;) all.push({ all }); },
  105: () => process.exit(3),
  106: () => new Promise(() => {}),
  107: () => { Promise.reject(new Error("left alone")); return new Promise(() => {}); },
  108: () => { for (let line = 0; line < 20_000; line++) console.log("x".repeat(500)); },
  109: () => ({}),
  110: () => ({ y: new Float64Array(1) }),
  111: () => ({ y: new Float32Array(7) }),
  112: () => ({ y: { shape: [2, 2], data: new Float32Array(4) } }),
  113: () => ({ y: new Float32Array(1), z: 1 }),
  114: () => "y",
  115: () => { throw null; },
  116: () => execSync("sleep 30"),
};

export default defineModel({
  inputs: { x: { datatype: "FP32", shape: ["N"] } },
  outputs: { y: { datatype: "FP32", shape: ["N"] } },
  async predict({ x }) {
    for (const value of x.data) {
      const given = await wish[value]?.();
      if (given !== undefined) return given as { y: Float32Array<ArrayBuffer> };
    }
    return { y: x.data.map(double) };
  },
});
`;

const DOUBLE = "export const double = (value: number): number => 2 * value;\n";

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeWishes(folder: string, limits = "{ maxRunMs: 400, maxMemoryMib: 64 }"): void {
  write(join(folder, "wishes.ts"), WISHES);
  write(join(folder, "parts/double.ts"), DOUBLE);
  write(join(folder, "bundle.yaml"), `name: wishes\nmodel: wishes.ts\ncode: ${limits}\n`);
}

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly error?: string;
  readonly outputs?: Record<string, unknown>;
}

async function predict(url: string, model: string, inputs: unknown): Promise<Answer> {
  const response = await fetch(`${url}/predict/${model}`, {
    method: "POST",
    body: JSON.stringify({ inputs }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

async function indexOf(url: string): Promise<Record<string, { state: string; reason: string }>> {
  const response = await fetch(`${url}/v2/repository/index`, { method: "POST" });
  const entries = (await response.json()) as { name: string; state: string; reason: string }[];
  return Object.fromEntries(entries.map((entry) => [entry.name, entry]));
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `not within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a code model beside a graph", () => {
  const folder = temporaryFolder();
  let server: TestServer;
  let url: string;

  before(async () => {
    writeWishes(join(folder.path, "wishes"));
    writeOnnx(join(folder.path, "affine.onnx"), affineModel());
    server = await startServer([folder.path], ["--allow-code", "--log-level", "error"]);
    url = server.url;
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test("it is a model like any other: answers, metadata, configuration, docs, metrics", async () => {
    const { status, outputs } = await predict(url, "wishes", { x: [1, 2, 3] });
    assert.deepEqual([status, outputs], [200, { y: [2, 4, 6] }]);
    const get = async (path: string) => (await fetch(`${url}${path}`)).text();
    assert.match(await get("/v2/models/wishes"), /"platform":"longshore_code"/);
    assert.match(await get("/v2/models/wishes/config"), /"max_batch_size":64/);
    assert.match(await get("/v2/models/wishes/stats"), /"inference_count":[1-9]/);
    assert.match(await get("/openapi.json"), /predict\/wishes/);
    assert.match(await get("/metrics"), /model="wishes"/);
    const answer = await fetch(`${url}/v2/models/wishes/infer`, {
      method: "POST",
      body: JSON.stringify({
        inputs: [{ name: "x", datatype: "FP32", shape: [2], data: [4, 5] }],
      }),
    });
    assert.deepEqual(((await answer.json()) as { outputs: object[] }).outputs, [
      { name: "y", datatype: "FP32", shape: [2], data: [8, 10] },
    ]);
  });

  /** What the module may do, with what its caller is told. */
  const ENDS: readonly [wish: number, what: string, told: RegExp][] = [
    [101, "an exception", /101 is not taken/],
    [102, "an endless loop", /took over 400 ms/],
    [103, "memory outside the heap", /took over 64 MiB of memory/],
    [104, "memory in the heap", /took over 64 MiB of memory|took over 400 ms/],
    [105, "process.exit", /ended the thread \(exit code 3\)/],
    [106, "a promise that never settles", /took over 400 ms/],
    [107, "an unhandled rejection", /left alone/],
    [109, "no output", /predict gave no output "y"/],
    [110, "another data type", /is Float64Array; expected Float32Array/],
    [111, "too many rows", /has 7 elements; FP32\[1\] needs 1/],
    [112, "another rank", /has the shape \[2,2\]; expected FP32\[1\]/],
    [113, "an output that is not declared", /an output "z" that is not declared/],
    [114, "no object", /predict gave string, not its outputs/],
    [115, "a thrown null", /null/],
  ];

  for (const [wish, what, told] of ENDS) {
    test(`${what}: the caller is told, the next one is answered`, async () => {
      const { status, code, error } = await predict(url, "wishes", { x: [wish] });
      assert.deepEqual([status, code], [400, "RUN_FAILED"]);
      assert.match(error!, told);
      assert.deepEqual((await predict(url, "wishes", { x: [9] })).outputs, { y: [18] });
    });
  }

  test("a flood of output neither ends it nor fills the log", async () => {
    const before = server.log().length;
    await predict(url, "wishes", { x: [108] });
    assert.deepEqual((await predict(url, "wishes", { x: [1] })).outputs, { y: [2] });
    assert.ok(server.log().length - before < 64 * 1024);
    assert.match(server.log(), /^\[wishes\] xxx/m, "and it is shown whose it is");
  });

  test("of a batch, only the caller whose row does harm fails", async () => {
    for (const wish of [101, 105, 102, 110]) {
      const values = [1, 2, wish, 3, 4, 5];
      const answers = await Promise.all(
        values.map((value) => predict(url, "wishes", { x: [value] })),
      );
      for (const [index, { status, outputs }] of answers.entries()) {
        const value = values[index]!;
        assert.equal(status, value === wish ? 400 : 200);
        if (value !== wish) assert.deepEqual(outputs, { y: [2 * value] });
      }
    }
  });

  test("while it loops, the graph beside it answers, and answers right", async () => {
    let looping = true;
    const loops = Promise.all(
      Array.from({ length: 3 }, () => predict(url, "wishes", { x: [102] })),
    ).finally(() => {
      looping = false;
    });
    let answered = 0;
    while (looping) {
      const { outputs } = await predict(url, "affine", [[answered]]);
      assert.deepEqual(outputs, { y: [[2 * answered + 1]] });
      answered++;
    }
    assert.ok(answered >= 10, `${answered} answers in the meantime`);
    for (const { status } of await loops) assert.equal(status, 400);
  });

  test("the server was never started again", () => {
    assert.doesNotMatch(server.log(), /serving process ended/);
  });
});

test("code in a repository is not run unless it is allowed", async () => {
  using folder = temporaryFolder();
  const mark = join(folder.path, "ran");
  writeWishes(join(folder.path, "models/wishes"));
  write(
    join(folder.path, "models/wishes/parts/double.ts"),
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(mark)}, ""); ${DOUBLE}`,
  );
  writeOnnx(join(folder.path, "models/affine.onnx"), affineModel());
  // A module that no manifest names is no model.
  write(join(folder.path, "models/stray.ts"), "throw new Error('stray')");
  await using server = await startServer([join(folder.path, "models")]);
  const index = await indexOf(server.url);
  assert.deepEqual(Object.keys(index).toSorted(), ["affine", "wishes"]);
  assert.equal(index["wishes"]!.state, "UNAVAILABLE");
  assert.match(index["wishes"]!.reason, /wishes\.ts is code, .* allow it with --allow-code/);
  assert.equal((await predict(server.url, "wishes", { x: [1] })).status, 503);
  assert.deepEqual((await predict(server.url, "affine", [[1]])).outputs, { y: [[3]] });
  await assert.rejects(async () => (await import("node:fs/promises")).stat(mark), "it never ran");
});

test("modules that cannot be loaded say why, and the others are served", async () => {
  using folder = temporaryFolder();
  const bundle = (name: string, text: string, more = ""): void => {
    write(join(folder.path, name, "model.ts"), text);
    write(join(folder.path, name, "bundle.yaml"), `model: model.ts\n${more}`);
  };
  const define = (more: string): string =>
    `export default { inputs: { x: { datatype: "FP32", shape: ["N"] } },
      outputs: { y: { datatype: "FP32", shape: ["N"] } }, predict: ({ x }) => ({ y: x.data }), ${more} };`;
  bundle("syntax", "export default {{");
  bundle("enum", "enum A { B } export default A;");
  bundle("missing", 'import "./nowhere.ts"; export default {};');
  bundle("shape", define('outputs: { y: { datatype: "FP32" } }'));
  bundle("throws", define("load() { throw new Error('no data here'); }"));
  bundle("exits", `process.exit(5); ${define("")}`);
  bundle(
    "hungry",
    define("load() { for (const a = [];;) a.push(new Float64Array(1e5).fill(1)); }"),
  );
  bundle("hangs", define("load: () => new Promise(() => {}),"));
  bundle("renamed", define(""), "signature: { inputs: { x: { name: z } } }\n");
  bundle("good", define(""));
  await using server = await startServer([folder.path], ["--allow-code"]);
  const index = await indexOf(server.url);
  const reason = (name: string): string => index[name]!.reason;
  assert.match(reason("syntax"), /model\.ts: syntax error: /);
  assert.match(reason("enum"), /model\.ts: .*enum/i);
  assert.match(reason("missing"), /model\.ts: .*nowhere\.ts/);
  assert.match(reason("shape"), /model\.ts: outputs\.y\.shape is not a list/);
  assert.match(reason("throws"), /model\.ts: load failed: no data here/);
  assert.match(reason("exits"), /ended the thread \(exit code 5\)/);
  assert.match(reason("hungry"), /took over 256 MiB of memory/);
  assert.match(reason("hangs"), /took over 20,000 ms/);
  assert.match(reason("renamed"), /`signature` of bundle\.yaml is for graphs/);
  assert.equal(reason("good"), "");
  assert.deepEqual((await predict(server.url, "good", { x: [1] })).outputs, { y: [1] });
});

test("longshore serve ./rules.ts: a module anywhere on disk is allowed by being named", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "rules.ts");
  write(file, WISHES);
  write(join(folder.path, "parts/double.ts"), DOUBLE);
  // What `npm init` writes must not make CommonJS of it.
  write(join(folder.path, "package.json"), '{ "type": "commonjs" }');
  await using server = await startServer([file]);
  assert.deepEqual((await predict(server.url, "rules", { x: [21] })).outputs, { y: [42] });
});

test("--watch: a module that changed, or one that it imports, is loaded anew", async () => {
  using folder = temporaryFolder();
  writeWishes(join(folder.path, "wishes"));
  await using server = await startServer([folder.path], ["--watch", "--allow-code"]);
  const answer = async () => (await predict(server.url, "wishes", { x: [10] })).outputs?.["y"];
  assert.deepEqual(await answer(), [20]);
  write(join(folder.path, "wishes/parts/double.ts"), DOUBLE.replace("2 *", "3 *"));
  await until("the imported module", async () => String(await answer()) === "30");
  write(join(folder.path, "wishes/wishes.ts"), WISHES.replace("map(double)", "map((v) => v + 1)"));
  await until("the module itself", async () => String(await answer()) === "11");
  write(join(folder.path, "wishes/wishes.ts"), "not code at all");
  await until("a bad one is reported", () => /failed to load/.test(server.log()));
  assert.deepEqual(await answer(), [11], "what was loaded goes on");
});

test("a call that nothing can interrupt is left behind, and does not keep the server from stopping", async () => {
  using folder = temporaryFolder();
  writeWishes(join(folder.path, "wishes"));
  const server = await startServer([folder.path], ["--allow-code"]);
  const stuck = await predict(server.url, "wishes", { x: [116] });
  assert.match(stuck.error!, /took over 400 ms/);
  assert.deepEqual((await predict(server.url, "wishes", { x: [1] })).outputs, { y: [2] });
  await server[Symbol.asyncDispose]();
  assert.equal(
    (await server.exited).signal,
    null,
    "it stopped on SIGTERM, before the test killed it",
  );
  assert.match(server.log(), /stopped/);
});

test("a model that always ends is not ready, with its reason, until it works again", async () => {
  using folder = temporaryFolder();
  writeWishes(join(folder.path, "wishes"));
  await using server = await startServer([folder.path], ["--allow-code"]);
  for (let end = 0; end < 5; end++) await predict(server.url, "wishes", { x: [105] });
  const refused = await predict(server.url, "wishes", { x: [1] });
  assert.deepEqual([refused.status, refused.code], [503, "MODEL_UNREADY"]);
  assert.match(refused.error!, /ended 5 times in a row/);
  assert.equal((await fetch(`${server.url}/v2/models/wishes/ready`)).status, 503);
  assert.match((await indexOf(server.url))["wishes"]!.reason, /5 times in a row/);
  await until(
    "ready again",
    async () => (await fetch(`${server.url}/v2/models/wishes/ready`)).status === 200,
  );
  assert.deepEqual((await predict(server.url, "wishes", { x: [1] })).outputs, { y: [2] });
});
