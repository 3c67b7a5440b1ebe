/** Steps that are code, through the real server: in front of a graph, beside another one. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

const MANIFEST = `
name: heights
inputs:
  centimetres: { type: number }
  name: { type: text }
pipeline:
  before:
    - step: custom
      module: toMetres.ts
      options: { scale: 100 }
      makes: { x: { datatype: FP32, shape: [1] } }
  after:
    - { step: custom, module: say.js, makes: { said: text } }
outputs:
  said: { type: text }
code: { maxRunMs: 400, maxMemoryMib: 96 }
`;

const TO_METRES = `
import { defineStep } from "longshore/model";

export default defineStep({
  load: ({ options }) => options["scale"] as number,
  async apply({ columns }, scale) {
    const name = columns["name"] as readonly string[];
    for (const wish of name) {
      if (wish === "throw") throw new RangeError("no such person");
      if (wish === "loop") for (;;);
      if (wish === "eat") for (const all: unknown[] = [];;) all.push(new Float64Array(100_000).fill(1));
      if (wish === "exit") process.exit(6);
      if (wish === "wrong") return { y: 1 };
    }
    return { x: Float32Array.from(columns["centimetres"] as Float64Array, (value) => value / scale) };
  },
});
`;

const SAY = `
export default {
  apply({ columns, rows }) {
    return { said: Array.from({ length: rows }, (_, row) => columns.y[row].toFixed(2)) };
  },
};
`;

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeHeights(folder: string): void {
  write(join(folder, "bundle.yaml"), MANIFEST);
  write(join(folder, "toMetres.ts"), TO_METRES);
  write(join(folder, "say.js"), SAY);
  writeOnnx(join(folder, "model.onnx"), affineModel());
}

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly error?: string;
  readonly outputs?: unknown;
}

async function predict(url: string, model: string, inputs: unknown): Promise<Answer> {
  const response = await fetch(`${url}/predict/${model}`, {
    method: "POST",
    body: JSON.stringify({ inputs }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

describe("a graph between steps of code", () => {
  const folder = temporaryFolder();
  let server: TestServer;
  let url: string;

  before(async () => {
    writeHeights(join(folder.path, "heights"));
    writeOnnx(join(folder.path, "affine.onnx"), affineModel());
    server = await startServer([folder.path], ["--allow-code", "--log-level", "error"]);
    url = server.url;
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const ask = (centimetres: number, name: string): Promise<Answer> =>
    predict(url, "heights", { centimetres, name });

  test("callers get what their own rows become", async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => ask(100 * index, "Ann")),
    );
    for (const [index, { outputs }] of answers.entries())
      assert.deepEqual(outputs, { said: (2 * index + 1).toFixed(2) });
  });

  const ENDS: readonly [name: string, code: string, told: RegExp][] = [
    ["throw", "CODE_FAILED", /^toMetres\.ts: no such person$/],
    ["wrong", "CODE_FAILED", /a column "y", which `makes` does not declare/],
    ["loop", "RUN_FAILED", /took over 400 ms/],
    ["eat", "RUN_FAILED", /took over 96 MiB of memory/],
    ["exit", "RUN_FAILED", /exit code 6/],
  ];

  for (const [name, code, told] of ENDS) {
    test(`${name}: the caller is told, the next one is answered`, async () => {
      const failed = await ask(180, name);
      assert.deepEqual([failed.status, failed.code], [400, code]);
      assert.match(failed.error!, told);
      assert.deepEqual((await ask(180, "Bo")).outputs, { said: "4.60" });
    });
  }

  test("while it loops, the graph beside it answers, and answers right", async () => {
    let looping = true;
    const loops = Promise.all([ask(1, "loop"), ask(1, "loop")]).finally(() => (looping = false));
    let answered = 0;
    while (looping) {
      const { outputs } = await predict(url, "affine", [[answered]]);
      assert.deepEqual(outputs, { y: [[2 * answered + 1]] });
      answered++;
    }
    assert.ok(answered >= 10, `${answered} answers in the meantime`);
    await loops;
    assert.doesNotMatch(server.log(), /serving process ended/);
  });

  test("code that ends again and again is unready until it is started again", async () => {
    // An answer: what ended before does not count.
    assert.equal((await ask(180, "Bo")).status, 200);
    for (let end = 0; end < 5; end++) assert.equal((await ask(1, "exit")).status, 400);
    const refused = await ask(180, "Bo");
    assert.deepEqual([refused.status, refused.code], [503, "MODEL_UNREADY"]);
    assert.match(
      refused.error!,
      /"heights" is not ready: it ended 5 times in a row: .*exit code 6/,
    );
    assert.deepEqual((await predict(url, "affine", [[1]])).outputs, { y: [[3]] });
    const end = performance.now() + 30_000;
    for (let answer = refused; answer.status !== 200; answer = await ask(180, "Bo")) {
      assert.equal(answer.code, "MODEL_UNREADY");
      assert.ok(performance.now() < end, "not within 30 s");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});

test("without --allow-code such a bundle is not served, and says why", async () => {
  using folder = temporaryFolder();
  writeHeights(join(folder.path, "heights"));
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path]);
  const response = await fetch(`${server.url}/v2/repository/index`, { method: "POST" });
  const index = (await response.json()) as { name: string; state: string; reason: string }[];
  const { state, reason } = index.find(({ name }) => name === "heights")!;
  assert.equal(state, "UNAVAILABLE");
  assert.match(reason, /toMetres\.ts is code, .* allow it with --allow-code/);
  assert.deepEqual((await predict(server.url, "affine", [[1]])).outputs, { y: [[3]] });
});

test("--watch: a step that changed is loaded anew", async () => {
  using folder = temporaryFolder();
  writeHeights(join(folder.path, "heights"));
  await using server = await startServer([folder.path], ["--allow-code", "--watch"]);
  const ask = async () =>
    (await predict(server.url, "heights", { centimetres: 100, name: "Ann" })).outputs;
  assert.deepEqual(await ask(), { said: "3.00" });
  write(join(folder.path, "heights/say.js"), SAY.replace("toFixed(2)", "toFixed(0)"));
  const end = performance.now() + 30_000;
  for (;;) {
    const outputs = await ask();
    if ((outputs as { said: string }).said === "3") break;
    assert.deepEqual(outputs, { said: "3.00" });
    assert.ok(performance.now() < end, "not within 30 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});
