/** `POST /predict/{model}` in a bundle's own terms, through a real server. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { openModel } from "longshore";
import { model, node } from "@longshore/onnx";
import { listen, type LibraryServer } from "./badInput/library.ts";
import { png, wav, writeBundle, writeBundles } from "./support/bundles.ts";
import { affineModel, temporaryFolder } from "./support/models.ts";

const ONE_IMAGE = `
inputs: { photo: { type: image } }
pipeline:
  before:
    - { step: image, column: photo, into: x, resize: { width: 1, height: 1, fit: stretch } }
`;

const CODED = `
inputs: { a: { type: number } }
pipeline:
  before:
    - { step: custom, module: step.js, makes: { x: { datatype: FP32, shape: [1] } } }
outputs: { y: { type: tensor } }
code: { maxRunMs: 500 }
`;

/** Hangs at 666, ends its thread at 667, throws at 668. */
const CODE = `
export default {
  apply({ columns: { a } }) {
    while (a[0] === 666) {}
    if (a[0] === 667) process.exit(1);
    if (a[0] === 668) throw new Error("no such number");
    return { x: Float32Array.from(a) };
  },
};
`;

const folder = temporaryFolder();
let server: LibraryServer;

before(async () => {
  writeBundles(folder.path);
  writeBundle(folder.path, "single", oneImageModel(), ONE_IMAGE);
  writeFileSync(join(writeBundle(folder.path, "coded", affineModel(), CODED), "step.js"), CODE);
  server = await listen({ models: [folder.path], allowCode: true });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** A graph for one image at a time. */
function oneImageModel(): ReturnType<typeof model> {
  const shape = [1, 1, 1, 3];
  return model({
    inputs: [{ name: "x", datatype: "UINT8", shape }],
    outputs: [{ name: "y", datatype: "UINT8", shape }],
    nodes: [node("Identity", ["x"], ["y"])],
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function ask(
  name: string,
  body: string | Uint8Array<ArrayBuffer> | FormData,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}/predict/${name}`, { method: "POST", body, headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Outputs of a call that is answered. */
async function outputsOf(name: string, inputs: unknown): Promise<unknown> {
  const { status, text } = await ask(name, JSON.stringify({ inputs }), JSON_HEADERS);
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { outputs: unknown }).outputs;
}

const JSON_HEADERS = { "content-type": "application/json" };

describe("answers", () => {
  test("bear the request's id, model and version, and the time of each phase", async () => {
    const body = '{"inputs":{"age":41,"member":true}}';
    const { headers, text } = await ask("people", body, {
      ...JSON_HEADERS,
      "x-request-id": "mine",
    });
    assert.equal(text, '{"id":"mine","model":"people","version":"1","outputs":{"y":[83,3,null]}}');
    const phase = String.raw`dur=\d+\.\d{3}`;
    assert.match(
      headers.get("server-timing") ?? "",
      new RegExp(`^before;${phase}, queue;${phase}, compute;${phase}, after;${phase}$`),
    );
  });

  test("have flags for what is to be known of a row", async () => {
    const inputs = [
      { age: 1, member: true },
      { age: 1, member: true, city: "Rome" },
    ];
    const { text } = await ask("people", JSON.stringify({ inputs }), JSON_HEADERS);
    const { flags } = JSON.parse(text) as { flags: { row: number; field: string; rule: string }[] };
    assert.deepEqual(
      flags.map(({ row, field, rule }) => ({ row, field, rule })),
      [{ row: 1, field: "city", rule: "category" }],
    );
  });

  test("are rows of CSV or JSON Lines where that is asked for", async () => {
    const table = "age,member,height\n41,true,\n7,0,1.5\n";
    const as = (accept: string): Promise<Answer> =>
      ask("people", table, { "content-type": "text/csv", accept });
    const csv = await as("text/csv");
    assert.equal(csv.headers.get("content-type"), "text/csv; charset=utf-8");
    assert.equal(csv.text, "y.0,y.1,y.2\n83,3,\n15,1,4\n");
    const lines = await as("application/jsonl");
    assert.equal(lines.text, '{"outputs":{"y":[83,3,null]}}\n{"outputs":{"y":[15,1,4]}}\n');
    assert.deepEqual((JSON.parse((await as("*/*")).text) as { outputs: unknown }).outputs, [
      { y: [83, 3, null] },
      { y: [15, 1, 4] },
    ]);
  });

  test("of images and recordings, as files and in base64, are the same", async () => {
    const photo = await png(4, 3, [10, 20, 30]);
    const raw = await ask("picture", Uint8Array.from(photo), { "content-type": "image/png" });
    const expected = { y: [[[10, 20, 30]]] };
    assert.deepEqual((JSON.parse(raw.text) as { outputs: unknown }).outputs, expected);
    assert.deepEqual(await outputsOf("picture", photo.toString("base64")), expected);
    const url = `data:image/png;base64,${photo.toString("base64")}`;
    assert.deepEqual(await outputsOf("picture", { photo: url }), expected);
    const form = new FormData();
    form.append("photo", new Blob([Uint8Array.from(photo)]), "a.png");
    form.append("photo", new Blob([Uint8Array.from(await png(1, 1, [1, 2, 3]))]), "b.png");
    assert.deepEqual(
      (JSON.parse((await ask("picture", form)).text) as { outputs: unknown }).outputs,
      [expected, { y: [[[1, 2, 3]]] }],
    );
    const sound = Uint8Array.from(wav([0, 0.5, -0.5, 0.25, 1]));
    const heard = await ask("sound", sound, { "content-type": "audio/wav" });
    assert.deepEqual((JSON.parse(heard.text) as { outputs: unknown }).outputs, {
      y: [1, 2, 0, 1.5],
    });
  });

  test("of a graph for one row at a time are put together from its runs", async () => {
    const photos = await Promise.all(
      [1, 2, 3].map(async (level) => (await png(2, 2, [level, 0, 0])).toString("base64")),
    );
    assert.deepEqual(await outputsOf("single", photos), [
      { y: [[[1, 0, 0]]] },
      { y: [[[2, 0, 0]]] },
      { y: [[[3, 0, 0]]] },
    ]);
  });

  test("of large bodies, which threads read, are those of small ones", async () => {
    const rows = Array.from({ length: 900 }, (_, age) => ({
      age: age % 120,
      member: age % 2 === 0,
      height: age / 4,
      city: "a city with a name that takes its time to be read",
    }));
    assert.ok(JSON.stringify(rows).length > 64 * 1024);
    const whole = (await outputsOf("people", rows)) as unknown[];
    const parts = await Promise.all(
      [0, 300, 600].map((at) => outputsOf("people", rows.slice(at, at + 300))),
    );
    assert.deepEqual(whole, parts.flat());
  });
});

test("rows of different callers never mix, wherever they are processed", async () => {
  const age = fc.integer({ min: 0, max: 120 });
  const call = fc.oneof(
    fc
      .array(fc.record({ age, member: fc.boolean(), height: fc.integer() }), {
        minLength: 1,
        maxLength: 9,
      })
      .map((rows) => ({
        model: "people",
        inputs: rows as unknown,
        expected: rows.map(({ age: years, member, height }) => ({
          y: [2 * years + 1, member ? 3 : 1, Math.fround(Math.fround(2 * Math.fround(height)) + 1)],
        })) as unknown,
      })),
    fc
      .array(
        fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("\0")),
        { minLength: 1, maxLength: 9 },
      )
      .map((texts) => ({
        model: "review",
        inputs: texts as unknown,
        expected: texts.map((y) => ({ y })) as unknown,
      })),
    fc
      .array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 9 })
      .map((values) => ({
        model: "matrix",
        inputs: values.map((value) => [value, -value]) as unknown,
        expected: values.map((value) => ({ y: [2 * value + 1, 1 - 2 * value] })) as unknown,
      })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 20, maxLength: 60 }), async (calls) => {
      const answers = await Promise.all(
        calls.map(({ model: name, inputs }) => outputsOf(name, inputs)),
      );
      assert.deepEqual(
        answers,
        calls.map(({ expected }) => expected),
      );
    }),
    { numRuns: 15 },
  );
});

describe("time and trouble", () => {
  test("a deadline that has passed ends a call, here and in threads", async () => {
    for (const [name, inputs] of [
      ["people", { age: 1, member: true }],
      ["review", "a"],
    ] as const) {
      const body = JSON.stringify({ inputs, parameters: { timeout: 1 } });
      const { status, text } = await ask(name, body, JSON_HEADERS);
      assert.equal(status, 503, text);
      assert.match(text, /"TIMEOUT"/);
    }
  });

  test("code that hangs, ends its thread or throws fails its call alone", async () => {
    const failing: [value: number, code: string, says: RegExp][] = [
      [666, "RUN_FAILED", /took over 500 ms/],
      [667, "RUN_FAILED", /stopped/],
      [668, "CODE_FAILED", /no such number/],
    ];
    for (const [value, code, says] of failing) {
      const other = outputsOf("people", { age: 1, member: true });
      const { status, text } = await ask("coded", `{"inputs":{"a":${value}}}`, JSON_HEADERS);
      assert.equal((JSON.parse(text) as { code: string }).code, code, text);
      assert.match(text, says);
      assert.equal(status, 400);
      assert.deepEqual(await other, { y: [3, 3, null] });
      assert.deepEqual(await outputsOf("coded", { a: 2 }), { y: 5 });
    }
  });

  test("a pipeline that does not fit its model keeps the model from loading, and says where", async () => {
    using wrong = temporaryFolder();
    writeBundle(wrong.path, "wrong", affineModel(), CODED.replace("makes: { x:", "makes: { z:"));
    writeFileSync(join(wrong.path, "wrong", "step.js"), CODE);
    writeBundle(wrong.path, "typo", affineModel(), TYPO);
    await using other = await listen({ models: [wrong.path], allowCode: true });
    const index = await fetch(`${other.url}/v2/repository/index`, { method: "POST" });
    const models = (await index.json()) as { name: string; reason: string }[];
    const reasons = Object.fromEntries(models.map(({ name, reason }) => [name, reason]));
    assert.match(
      reasons["typo"]!,
      /^bundle\.yaml:4:\d+: pipeline\.before\[0\]\.columns.*: .*did you mean "age"\?/,
    );
    assert.match(
      reasons["wrong"]!,
      /^bundle\.yaml:\d+:\d+: pipeline\.before: nothing makes the model's input "x"/,
    );
  });
});

const TYPO = `inputs: { age: { type: number } }
pipeline:
  before:
    - { step: combine, columns: [ages], into: x }
`;

test("a model in this process answers as a server does", async () => {
  await using people = await openModel(join(folder.path, "people"));
  const answer = await people.predict({ inputs: { age: 41, member: true, height: 2 } });
  assert.deepEqual(answer, { model: "people", version: "1", outputs: { y: [83, 3, 5] } });
  await assert.rejects(people.predict({ inputs: { age: 300, member: true } }), {
    code: "REJECTED",
  });
  await using picture = await openModel(join(folder.path, "picture"));
  const photo = (await png(1, 1, [7, 8, 9])).toString("base64");
  assert.deepEqual(await picture.predict({ inputs: photo }), {
    model: "picture",
    version: "1",
    outputs: { y: [[[7, 8, 9]]] },
  });
});
