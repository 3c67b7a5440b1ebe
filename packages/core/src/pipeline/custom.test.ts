import assert from "node:assert/strict";
import { test } from "node:test";
import { fail } from "../errors.ts";
import { custom } from "./custom.ts";
import { codePlatform, NO_PLATFORM, runStep, toPlain, toFrame } from "./exampleFrame.test.ts";
import type { StepExample } from "./example.ts";

const GIVEN: StepExample["given"] = { age: [41, null], name: ["Ann", null] };

/** Runs the body of an `apply` over {@link GIVEN}. */
function apply(
  body: string,
  makes: Record<string, unknown> = { out: "number" },
  more: Record<string, unknown> = {},
) {
  const modules = { "m.js": `export default { apply({ rows, columns, options }) { ${body} } };` };
  return runStep(custom, { options: { module: "m.js", makes, ...more }, given: GIVEN, modules });
}

test("every kind of column can be made, and is what the step promised", async () => {
  const { frame, types } = await apply(
    `return {
       number: [1, null],
       text: columns.name.map((name) => name?.toUpperCase() ?? null),
       series: [[1, 2], new Float32Array([3])],
       bytes: [Uint8Array.of(1), new Uint8Array()],
       json: [{ a: 1 }, [2]],
       tensor: Int32Array.of(1, 2, 3, 4),
       texts: ["a", "b"],
       given: columns.age.map((age) => age * options.factor),
     };`,
    {
      number: "number",
      text: "text",
      series: "series",
      bytes: "bytes",
      json: "json",
      tensor: { datatype: "INT32", shape: [2] },
      texts: { datatype: "BYTES", shape: [] },
      given: "number",
    },
    { options: { factor: 2 }, drops: ["age"] },
  );
  assert.deepEqual(
    toPlain(frame),
    toPlain(
      toFrame({
        name: ["Ann", null],
        number: [1, null],
        text: ["ANN", null],
        series: { series: [[1, 2], [3]] },
        bytes: { base64: ["AQ==", ""] },
        json: { json: [{ a: 1 }, [2]] },
        tensor: { datatype: "INT32", shape: [2, 2], data: [1, 2, 3, 4] },
        texts: { datatype: "BYTES", shape: [2], data: ["a", "b"] },
        given: [82, null],
      }),
    ),
  );
  for (const [name, { kind }] of types) assert.equal(frame.columns.get(name)?.kind, kind, name);
});

/** What code may do wrong, with what is said of it. */
const WRONG: readonly [body: string, makes: Record<string, unknown>, told: RegExp][] = [
  ["return { out: [1] }", { out: "number" }, /"out": expected one value a row, 2, got 1/],
  [
    "return { out: ['1', 2] }",
    { out: "number" },
    /"out": expected a number or null in row 0, got string/,
  ],
  ["return { out: [1n, 2] }", { out: "number" }, /row 0, got bigint/],
  ["return { out: 'ab' }", { out: "text" }, /expected a list of 2, got string/],
  ["return { out: [1, 'a'] }", { out: "text" }, /expected a text or null in row 0, got number/],
  ["return { out: [undefined, 'a'] }", { out: "text" }, /row 0, got undefined/],
  ["return { out: ['a', 'b'] }", { out: "bytes" }, /expected a Uint8Array or null in row 0/],
  ["return { out: [1, 2] }", { out: "series" }, /expected a list of numbers in row 0, got number/],
  [
    "return { out: [['a'], []] }",
    { out: "series" },
    /expected a number or null in row 0, got string/,
  ],
  ["return {}", { out: "number" }, /"out": expected a list of 2, got undefined/],
  [
    "return { out: [1, 2], other: 3 }",
    { out: "number" },
    /a column "other", which `makes` does not/,
  ],
  ["return [1, 2]", { out: "number" }, /a column "0", which `makes` does not declare/],
  ["return null", { out: "number" }, /apply gave null, not its columns/],
  ["", { out: "number" }, /apply gave undefined, not its columns/],
  ["throw new Error('no luck')", { out: "number" }, /^m\.js: no luck$/],
  ["throw 'plain'", { out: "number" }, /^m\.js: plain$/],
  [
    "return { out: new Float64Array(4) }",
    { out: { datatype: "FP32", shape: [2] } },
    /expected a Float32Array, got Float64Array/,
  ],
  [
    "return { out: new Float32Array(3) }",
    { out: { datatype: "FP32", shape: [2] } },
    /expected 4 elements for \[2,2\], got 3/,
  ],
  [
    "return { out: ['a', 1] }",
    { out: { datatype: "BYTES", shape: [] } },
    /expected texts, got Array/,
  ],
];

for (const [body, makes, told] of WRONG) {
  test(`code that does wrong is told: ${body || "nothing returned"}`, async () => {
    await assert.rejects(apply(body, makes), (error: Error & { code: string }) => {
      assert.equal(error.code, "CODE_FAILED");
      assert.match(error.message, told);
      return true;
    });
  });
}

test("a tensor's elements come in the typed array of their data type", async () => {
  const { prepare, options } = custom;
  const prepared = await prepare.call(
    custom,
    options.parse({ module: "m.js", makes: { out: "number" } }),
    {
      types: new Map([["y", { kind: "tensor", datatype: "FP64", shape: [] } as const]]),
      phase: "after",
      inputs: {},
      outputs: {},
      signature: { inputs: [], outputs: [] },
      profile: undefined,
      platform: codePlatform({
        "m.js": "export default { apply: ({ columns }) => ({ out: columns.y }) }",
      }),
    },
  );
  // As it comes from a request's body: bytes that need not be aligned.
  const bytes = new Uint8Array(17);
  new DataView(bytes.buffer).setFloat64(1, 1.5, true);
  new DataView(bytes.buffer).setFloat64(9, 2.5, true);
  const data = bytes.subarray(1);
  const frame = toFrame({});
  frame.columns.set("y", { kind: "tensor", tensor: { datatype: "FP64", shape: [2], data } });
  const given = { ...frame, rows: 2 };
  await prepared.apply(given, { flags: [], placements: new Map() });
  assert.deepEqual(given.columns.get("out"), { kind: "number", values: Float64Array.of(1.5, 2.5) });
});

test("load runs once, with the options and the bundle's files", async () => {
  const module = `let loads = 0;
    export default {
      load: async ({ options, readFile }) => [++loads, (await readFile(options.file)).length],
      apply: ({ rows }, [count, length]) => ({ out: Array(rows).fill(10 * count + length) }),
    };`;
  const platform = {
    ...codePlatform({ "m.js": module }),
    readFile: async (name: string) => new TextEncoder().encode(name),
  };
  const options = { module: "m.js", makes: { out: "number" }, options: { file: "abc" } };
  const { frame } = await runStep(custom, { options, given: GIVEN }, { platform });
  assert.deepEqual(toPlain(frame)["out"], { kind: "number", values: [13, 13] });
});

test("what is wrong with the bundle is found before any call", async () => {
  const run = (module: string, more: Record<string, unknown> = {}) =>
    runStep(custom, {
      options: { module: "m.js", makes: { out: "number" }, ...more },
      given: GIVEN,
      modules: { "m.js": module },
    });
  const good = "export default { apply: () => ({}) }";
  const problem = (option: string, message: RegExp) => (error: Error & { option?: string }) => {
    assert.equal(error.name, "StepProblem");
    assert.equal(error.option, option);
    assert.match(error.message, message);
    return true;
  };
  await assert.rejects(run("export const a = 1"), problem("module", /export default defineStep/));
  await assert.rejects(run("export default {}"), problem("module", /no function `apply`/));
  await assert.rejects(
    run("export default { apply() {}, load: 1 }"),
    problem("module", /`load` of its step is not a function/),
  );
  await assert.rejects(run(good, { drops: ["agee"] }), problem("drops.0", /did you mean "age"\?/));
  await assert.rejects(run(good, { drops: ["out"] }), problem("drops.0", /made by this very step/));
  await assert.rejects(
    run("export default { apply() {}, load() { throw new Error('no file') } }"),
    { code: "CODE_FAILED", message: "m.js: load failed: no file" },
  );
  const platform = {
    ...NO_PLATFORM,
    importModule: async (file: string) => Promise.reject(fail("CODE_NOT_ALLOWED", { file })),
  };
  const options = { module: "m.js", makes: { out: "number" } };
  await assert.rejects(runStep(custom, { options, given: GIVEN }, { platform }), {
    code: "CODE_NOT_ALLOWED",
  });
});
