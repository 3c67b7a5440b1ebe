import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { model, node, tensor, writeModel, type Model } from "@longshore/onnx";
import { parse } from "yaml";
import { openModel } from "../library/openModel.ts";
import { longshore, succeed } from "./process.test.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "longshore-build-"));
});
after(() => rm(root, { recursive: true }));

/** `x W + b`: three numbers to logits of two classes. */
const CLASSIFIER = model({
  inputs: [{ name: "x", datatype: "FP32", shape: ["N", 3] }],
  outputs: [{ name: "logits", datatype: "FP32", shape: ["N", 2] }],
  initializers: [
    tensor("w", "FP32", [3, 2], Float32Array.of(0.5, -0.25, 0.125, 1, -1, 0.5)),
    tensor("b", "FP32", [2], Float32Array.of(0.1, -0.1)),
  ],
  nodes: [node("Gemm", ["x", "w", "b"], ["logits"])],
});

const MANIFEST = `# The risk of a loan.
name: risk
inputs:
  age: { type: number, optional: true, range: [18, 99] }
  income: { type: number, range: [0, 9000] } # euros a month
  city: { type: category, values: [Bergen, Oslo] }
outputs:
  answer: { type: category }
  risk: { type: number }
pipeline:
  before:
    # Outside of the graph: it refuses.
    - { step: ordinal, columns: [city], categories: [[Bergen, Oslo, never seen]] }
    - { step: impute, columns: &numbers [age, income], values: [40, 2000] }
    - { step: standardize, columns: *numbers, mean: [40, 2500], scale: [12, 900] }
    - { step: combine, columns: [age, income, city], into: x }
  after:
    - { step: softmax, column: logits }
    - { step: labels, column: logits, labels: [low, high], into: answer }
    - { step: pick, column: logits, at: high, into: risk }
variants:
  - name: small
    target: x64
    model: variants/small.onnx
    original: ${"a".repeat(64)}
`;

async function writeBundle(
  name: string,
  manifest: string,
  of: Model = CLASSIFIER,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, "variants"), { recursive: true });
  await writeFile(join(folder, "bundle.yaml"), manifest);
  await writeFile(join(folder, "model.onnx"), Buffer.concat(writeModel(of)));
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

test("a bundle with its steps in the graph answers as before", async () => {
  const given = await writeBundle("given", MANIFEST, CLASSIFIER, {
    "notes.txt": "kept",
    "variants/small.onnx": "of another model",
  });
  const out = join(root, "built");
  const screen = await succeed(["build", given, "--out", out]);
  for (const line of [
    /^before\[0\] +ordinal +outside: ONNX has no operators for it$/m,
    /^before\[1\] +impute +in the graph$/m,
    /^after\[2\] +pick +in the graph$/m,
    /^compared on 32 made-up rows: worst difference .*, of 0\.00001 allowed$/m,
    /^left out: variants\/small\.onnx \(of a variant of the original model\)$/m,
  ])
    assert.match(screen, line);

  const text = await readFile(join(out, "bundle.yaml"), "utf8");
  assert.match(text, /^# The risk of a loan\.$/m);
  assert.match(text, /# euros a month$/m);
  assert.match(text, /# Outside of the graph: it refuses\.$/m);
  const manifest = parse(text) as { pipeline: object; variants?: unknown };
  assert.equal(manifest.variants, undefined);
  assert.deepEqual(manifest.pipeline, {
    before: [
      { step: "ordinal", columns: ["city"], categories: [["Bergen", "Oslo", "never seen"]] },
      { step: "combine", columns: ["age", "income", "city"], into: "numbers" },
    ],
    after: [
      { step: "split", column: "risk", into: ["risk"] },
      { step: "split", column: "answer", into: ["answer"] },
    ],
  });
  assert.deepEqual((await readdir(out)).toSorted(), ["bundle.yaml", "model.onnx", "notes.txt"]);
  assert.equal(await readFile(join(out, "notes.txt"), "utf8"), "kept");
  assert.match(await succeed(["check", out]), /risk/);

  const inputs = [
    { income: 9000, city: "Oslo" },
    { age: 70, income: 0, city: "Bergen" },
  ];
  type Answers = { outputs: { answer: string; risk: number }[] };
  const answers: Answers[] = [];
  for (const bundle of [given, out]) {
    await using opened = await openModel(bundle);
    answers.push((await opened.predict({ inputs })) as Answers);
  }
  const [expected, got] = answers as [Answers, Answers];
  assert.deepEqual(
    expected.outputs.map(({ answer }) => answer),
    ["high", "low"],
  );
  for (const [row, { answer, risk }] of got.outputs.entries()) {
    assert.equal(answer, expected.outputs[row]!.answer);
    assert.ok(Math.abs(risk - expected.outputs[row]!.risk) < 1e-6);
  }
});

test("--json tells the same to programs; golden examples are compared where there are some", async () => {
  const request = { inputs: { age: 30, income: 2000, city: "Oslo" } };
  const given = await writeBundle(
    "golden",
    `${MANIFEST}golden: { file: golden.jsonl, tolerance: 1.0e-4 }\n`,
    CLASSIFIER,
    { "golden.jsonl": `${JSON.stringify({ request, answer: { outputs: {} } })}\n` },
  );
  const out = join(root, "golden-built");
  const told = JSON.parse(await succeed(["build", given, "--out", out, "--json"])) as {
    written: boolean;
    steps: { step: string; fused: boolean }[];
    comparison: { examples: number; made: boolean; tolerance: number };
  };
  assert.equal(told.written, true);
  assert.equal(told.steps.filter(({ fused }) => fused).length, 6);
  const { examples, made, tolerance } = told.comparison;
  assert.deepEqual({ examples, made, tolerance }, { examples: 1, made: false, tolerance: 1e-4 });
  assert.ok((await readdir(out)).includes("golden.jsonl"));
});

test("where single precision changes an answer, nothing is written", async () => {
  const sum = model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 1] }],
    nodes: [node("Neg", ["x"], ["y"])],
  });
  // A time in seconds has more digits than single precision.
  const manifest = `
inputs: { time: { type: number } }
pipeline:
  before:
    - { step: standardize, columns: [time], mean: [1700000001], scale: [1] }
    - { step: combine, columns: [time], into: x }
golden: { file: golden.jsonl, tolerance: 1.0e-5 }
`;
  const golden = `${JSON.stringify({ request: { inputs: { time: 1_700_000_060 } }, answer: {} })}\n`;
  const given = await writeBundle("times", manifest, sum, { "golden.jsonl": golden });
  const out = join(root, "times-built");
  const { code, stdout } = await longshore(["build", given, "--out", out]);
  assert.equal(code, 1);
  assert.match(stdout, /compared on 1 golden examples: "y" of example 1 differs by /);
  assert.match(stdout, /^nothing was written: /m);
  assert.ok((await readdir(root)).every((name) => !name.startsWith("times-built")));
});

describe("what cannot be built is told", () => {
  const cases: [name: string, args: () => Promise<string[]>, code: number, message: RegExp][] = [
    ["no place", async () => ["examples/digits"], 2, /say where to with --out <folder>/],
    [
      "a full folder",
      async () => [await writeBundle("full", MANIFEST), "--out", join(root, "full", "..")],
      1,
      /is not empty; name a new folder with --out/,
    ],
    [
      "the bundle itself",
      async () => [await writeBundle("self", MANIFEST), "--out", join(root, "self", "built")],
      1,
      /lies in the bundle itself/,
    ],
    [
      "no pipeline",
      async () => [await writeBundle("plain", "name: plain\n"), "--out", join(root, "x")],
      1,
      /bundle\.yaml: there is no pipeline, so that there is nothing to build/,
    ],
    [
      "nothing that could go in",
      async () => {
        const inputs = "inputs: { x: { type: tensor, datatype: FP32, shape: [3] } }\n";
        const after = "[{ step: top-k, column: logits, k: 1, into: best, labels: [no, yes] }]";
        const manifest = `${inputs}pipeline: { after: ${after} }\n`;
        return [await writeBundle("nothing", manifest), "--out", join(root, "x")];
      },
      1,
      /no step can go into the graph\nafter\[0\] top-k: ONNX has no operators for it/,
    ],
    [
      "a pipeline that does not fit",
      async () => {
        const manifest = MANIFEST.replace("columns: [age, income, city]", "columns: [age, city]");
        return [await writeBundle("unfit", manifest), "--out", join(root, "x")];
      },
      1,
      /bundle\.yaml:\d+:\d+: pipeline\.before.*FP32\[-1,3\]/,
    ],
  ];
  for (const [name, args, code, message] of cases)
    test(name, async () => {
      const ended = await longshore(["build", ...(await args())]);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    });
});
