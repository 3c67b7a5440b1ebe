import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../../test/support/models.ts";
import { longshore } from "../process.test.ts";
import { checkBundle, findBundles } from "./checkBundle.ts";

/** `y = x @ w` on FP32[N,2]: a model behind two columns. */
function denseModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 3] }],
    initializers: [tensor("w", "FP32", [2, 3], new Float32Array(6).fill(0.5))],
    nodes: [node("MatMul", ["x", "w"], ["y"])],
  });
}

const BUNDLE = `inputs:
  a: { type: number }
  b: { type: number }
pipeline:
  before:
    - { step: combine, columns: [a, b], into: x }
  after:
    - { step: softmax, column: y }
outputs:
  y: { type: tensor }
`;
const GOLDEN = `{"request": {"inputs": {"a": 1, "b": 2}}, "answer": {"outputs": {"y": [0.1, 0.2, 0.7]}}}\n`;

type Files = Readonly<Record<string, string>>;

/** What is found in a bundle of these files: `file:line:column severity message`. */
async function findingsOf(
  files: Files,
  graph: Model | undefined = denseModel(),
): Promise<string[]> {
  using folder = temporaryFolder();
  if (graph !== undefined) writeOnnx(join(folder.path, "model.onnx"), graph);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), content);
  }
  const { findings } = await checkBundle(folder.path, false);
  return findings.map(({ file, line, column, severity, message }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(":");
    return `${place} ${severity} ${message}`;
  });
}

const golden = (line: string): Files => ({
  "bundle.yaml": `golden: { file: g.jsonl, tolerance: 0 }\n${BUNDLE}`,
  "g.jsonl": line,
});

test("nothing is wrong with a good bundle", async () => {
  assert.deepEqual(await findingsOf(golden(GOLDEN)), []);
});

type Cases = Readonly<Record<string, readonly [files: Files, ...found: RegExp[]]>>;

describe("what is wrong is found", () => {
  const cases: Cases = {
    "all mistakes of the manifest": [
      { "bundle.yaml": "bathcing: {}\ntask: nothing\n" },
      /^bundle\.yaml:1:1 error bathcing: .*did you mean "batching"\?$/,
      /^bundle\.yaml:2:7 error task: expected one of/,
    ],
    "a manifest that is no YAML": [
      { "bundle.yaml": "name: [" },
      /^bundle\.yaml:1:8 error no valid YAML/,
    ],
    "a step that finds no column": [
      { ...golden(GOLDEN), "bundle.yaml": golden("")["bundle.yaml"]!.replace("[a, b]", "[a, c]") },
      /^bundle\.yaml:7:\d+ error pipeline\.before\[0\]\.columns.*: combine: there is no column "c"/,
    ],
    "mistakes before and after the model": [
      {
        ...golden(GOLDEN),
        "bundle.yaml": golden("")
          ["bundle.yaml"]!.replace("[a, b]", "[a, c]")
          .replace("column: y", "column: z"),
      },
      /^bundle\.yaml:7:\d+ error pipeline\.before/,
      /^bundle\.yaml:9:32 error pipeline\.after\[0\]\.column: softmax: there is no column "z"/,
    ],
    "an output that nothing makes": [
      { ...golden(GOLDEN), "bundle.yaml": golden("")["bundle.yaml"]!.replace("  y: {", "  yy: {") },
      /^bundle\.yaml:11:7 error outputs\.yy: the pipeline makes no such column; there are x, y/,
    ],
    "columns that the model does not take": [
      { ...golden(GOLDEN), "bundle.yaml": golden("")["bundle.yaml"]!.replace("[a, b]", "[a]") },
      /^bundle\.yaml:\d+:\d+ error pipeline\.before: the model's input "x" is FP32\[-1,2\]/,
    ],
    "a field that nothing uses": [
      {
        ...golden(
          `{"request": {"inputs": {"a": 1, "b": 2, "c": 3}}, "answer": {"outputs": {"y": [1, 2, 3]}}}`,
        ),
        "bundle.yaml": golden("")["bundle.yaml"]!.replace(
          "pipeline:",
          "  c: { type: number }\npipeline:",
        ),
      },
      /^bundle\.yaml:5:3 warning inputs\.c: no step uses this field/,
    ],
    "a step that stays outside of the graph": [
      {
        ...golden(GOLDEN),
        "bundle.yaml": golden("")["bundle.yaml"]!.replace(
          "before:",
          "before:\n    - { step: outliers, rules: [{ rule: missing, action: reject }] }",
        ),
      },
      /^bundle\.yaml:6:3 note pipeline\.before: cannot be part of the graph: outliers$/,
    ],
    "files that are not there": [
      {
        "bundle.yaml": `golden: { file: g.jsonl, tolerance: 0 }\nprofile: p.json\n${BUNDLE}`,
      },
      /^bundle\.yaml:1:17 error golden\.file: g\.jsonl: there is no such file/,
      /^bundle\.yaml:2:10 error profile: p\.json: there is no such file/,
    ],
    "files outside of the bundle": [
      { "bundle.yaml": `golden: { file: ../g.jsonl, tolerance: 0 }\n${BUNDLE}` },
      /^bundle\.yaml:1:17 error golden\.file: .*(lies outside of the bundle|no such file)/,
    ],
    "a file that a step reads": [
      {
        ...golden(GOLDEN),
        "bundle.yaml": `golden: { file: g.jsonl, tolerance: 0 }
inputs: { t: { type: text } }
pipeline:
  before:
    - { step: tokenize, column: t, maxLength: 4, file: words.json }
`,
      },
      /^bundle\.yaml:5:56 error pipeline\.before\[0\]\.file: words\.json: there is no such file/,
    ],
    "no golden examples": [{ "bundle.yaml": BUNDLE }, /^bundle\.yaml warning no golden examples/],
    "golden examples that are no JSON": [golden("{\n"), /^g\.jsonl:1 error .*JSON/],
    "golden examples without an answer": [
      golden('\n{"request": {"inputs": {"a": 1, "b": 2}}}\n'),
      /^g\.jsonl:2 error answer: expected an object with outputs/,
    ],
    "golden examples without a request": [
      golden('{"answer": {"outputs": {}}}'),
      /^g\.jsonl:1 error request: expected an object/,
    ],
    "golden examples that are not taken": [
      golden(GOLDEN + GOLDEN.replace('"b": 2', '"c": 2')),
      /^g\.jsonl:2 error field "c".* does not exist/,
    ],
    "golden answers that are not given": [
      golden(GOLDEN.replace('"y"', '"z"')),
      /^g\.jsonl:1 error answer\.outputs: the bundle gives no "z", but y$/,
    ],
    "the same mistake in many lines": [
      golden(GOLDEN.replace('"y"', '"z"').repeat(9)),
      ...Array.from({ length: 5 }, () => /the bundle gives no "z"/),
      /^g\.jsonl error 4 more lines are wrong$/,
    ],
    "no golden example at all": [golden("\n"), /^g\.jsonl error is empty$/],
    "a profile that is none": [
      {
        ...golden(GOLDEN),
        "bundle.yaml": `profile: p.json\n${golden("")["bundle.yaml"]!}`,
        "p.json": "{}",
      },
      /^p\.json error .*rows/,
    ],
    "variants of another model": [
      {
        ...golden(GOLDEN),
        "bundle.yaml": `${golden("")["bundle.yaml"]!}variants:
  - { name: fast, target: x64-vnni, model: fast.onnx, original: ${"ab".repeat(32)} }
  - { name: fast, target: x64-vni, model: model.onnx, original: ${"ab".repeat(32)} }
`,
      },
      /^bundle\.yaml:13:65 warning variants\[0\]\.original: was made from another model/,
      /^bundle\.yaml:13:44 error variants\[0\]\.model: there is no fast\.onnx/,
      /^bundle\.yaml:14:13 error variants\[1\]\.name: "fast" stands twice/,
      /^bundle\.yaml:14:27 warning variants\[1\]\.target: there is no target "x64-vni"/,
      /^bundle\.yaml:14:65 warning variants\[1\]\.original/,
    ],
  };
  for (const [name, [files, ...found]] of Object.entries(cases)) {
    test(name, async () => {
      const findings = await findingsOf(files);
      assert.equal(findings.length, found.length, findings.join("\n"));
      found.forEach((wanted, index) => assert.match(findings[index]!, wanted));
    });
  }

  test("a graph that is invalid, damaged, or not there", async () => {
    const broken = denseModel();
    broken.graph.nodes[0]!.inputs[1] = "nowhere";
    assert.match((await findingsOf({}, broken))[0]!, /^model\.onnx error .*nowhere/);
    const damaged = await findingsOf({ "m.onnx": "no protobuf", "bundle.yaml": "model: m.onnx" });
    assert.match(damaged[0]!, /^m\.onnx error /);
    const lost = await findingsOf({ "bundle.yaml": "name: a\nmodel: nowhere.onnx" });
    assert.match(lost[0]!, /^bundle\.yaml:2:8 error model: there is no nowhere\.onnx/);
  });

  test("code is not run, which is said", async () => {
    const [first] = await findingsOf({
      "bundle.yaml": `model: rules.ts\n${BUNDLE}`,
      "rules.ts": `throw new Error("I ran");`,
    });
    assert.match(first!, /^rules\.ts note is code/);
    const [note] = await findingsOf({
      ...golden(GOLDEN),
      "bundle.yaml": golden("")["bundle.yaml"]!.replace(
        "before:",
        "before:\n    - { step: custom, module: own.js, makes: { a: number } }",
      ),
      "own.js": `throw new Error("I ran");`,
    });
    assert.match(
      note!,
      /^bundle\.yaml:7:31 note pipeline\.before\[0\]\.module: is code.*--allow-code/,
    );
  });

  test("a link that leads out of the bundle", async () => {
    using folder = temporaryFolder();
    writeOnnx(join(folder.path, "model.onnx"), affineModel());
    writeFileSync(join(folder.path, "bundle.yaml"), "golden: { file: g.jsonl, tolerance: 0 }\n");
    symlinkSync("/etc/hostname", join(folder.path, "g.jsonl"));
    const { findings } = await checkBundle(folder.path, false);
    assert.match(findings[0]!.message, /lies outside of the bundle/);
  });
});

test("bundles are found in folders and by their files", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("b", "model.onnx"), affineModel());
  writeOnnx(at("a", "3", "model.onnx"), affineModel());
  mkdirSync(at("c"));
  writeFileSync(at("c", "bundle.yaml"), "");
  mkdirSync(at("empty"));
  writeFileSync(at("README.md"), "");
  assert.deepEqual(await findBundles(folder.path), [at("a"), at("b"), at("c")]);
  assert.deepEqual(await findBundles(at("c", "bundle.yaml")), [at("c")]);
  await assert.rejects(findBundles(at("empty")), /there is no bundle in it/);
  await assert.rejects(findBundles(at("nowhere")), /there is no such file or folder/);
  await assert.rejects(findBundles(at("README.md")), /is in no bundle/);
});

test("the command tells what is wrong, where, and ends accordingly", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("good", "model.onnx"), affineModel());
  writeOnnx(at("bad", "model.onnx"), affineModel());
  writeFileSync(at("bad", "bundle.yaml"), "name: bad\nbathcing: {}\n");
  const both = await longshore(["check", folder.path]);
  assert.equal(both.code, 1);
  assert.match(both.stdout, /bad\/bundle\.yaml:2:1: error: bathcing: there is no such key/);
  assert.match(both.stdout, /^bad: 1 error$/m);
  assert.match(both.stdout, /^good: ok, 1 → 1 tensors, 1 warning$/m);
  const json = await longshore(["check", at("bad"), "--json"]);
  assert.equal(json.code, 1);
  const [report] = JSON.parse(json.stdout) as { ok: boolean; findings: object[] }[];
  assert.deepEqual([report!.ok, report!.findings.length], [false, 1]);
  assert.equal((await longshore(["check", at("good")])).code, 0);
});

test("the settings of a repository of Triton are checked at their places", async () => {
  using folder = temporaryFolder();
  const model = join(folder.path, "dense");
  writeOnnx(join(model, "1", "model.onnx"), denseModel());
  const check = async (config: string): Promise<string[]> => {
    writeFileSync(join(model, "config.pbtxt"), config);
    const { findings } = await checkBundle(model, false);
    return findings.map(({ file, line, column, severity, message }) => {
      const place = [file, line, column].filter((part) => part !== undefined).join(":");
      return `${place} ${severity} ${message}`;
    });
  };
  assert.deepEqual(await check('name: "dense"\nmax_batch_size: 4'), []);
  assert.deepEqual(await check("instance_group { kind: KIND_GPU }\nno_such_field: 1"), [
    "config.pbtxt:1:18 warning instance_group[0].kind (KIND_GPU) has no effect here: models run on the CPU",
    'config.pbtxt:2:1 warning the field "no_such_field" is not known',
  ]);
  assert.deepEqual(await check('name: "sparse"'), [
    'config.pbtxt:1:1 error name: expected "dense", got "sparse"',
  ]);
  assert.deepEqual(await check('\noutput { name: "y" dims: [ -1, 4 ] label_filename: "l.txt" }'), [
    "config.pbtxt:2:36 error output[0].label_filename: l.txt: there is no such file in the bundle",
    'config.pbtxt:2 error output[0].dims: output "y" is [-1, 3], not [-1, 4]',
  ]);
  assert.deepEqual(await findBundles(folder.path), [model]);
});
