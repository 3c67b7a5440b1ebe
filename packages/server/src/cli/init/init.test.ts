import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { model, node, tensor, type Model } from "@longshore/onnx";
import { parse } from "yaml";
import { STEPS } from "@longshore/core/pipeline";
import {
  affineModel,
  echoModel,
  lookupModel,
  temporaryFolder,
  writeOnnx,
} from "../../../../../test/support/models.ts";
import { longshore, ROOT, succeed } from "../process.test.ts";

const SAMPLES = join(import.meta.dirname, "samples");

/** Looks at every pixel, and gives a score a class. */
function imageModel(shape: (number | string)[], classes = 10): Model {
  const axes = shape[1] === 3 ? [2, 3] : [1, 2];
  return model({
    inputs: [{ name: "pixels", datatype: "FP32", shape }],
    outputs: [{ name: "logits", datatype: "FP32", shape: ["N", classes] }],
    initializers: [tensor("w", "FP32", [3, classes], new Float32Array(3 * classes).fill(1))],
    nodes: [
      node("ReduceMean", ["pixels"], ["colour"], { axes, keepdims: 0 }),
      node("MatMul", ["colour", "w"], ["logits"]),
    ],
  });
}

/** Boxes and scores in one tensor, as YOLO has it. */
function detectorModel(): Model {
  return model({
    inputs: [{ name: "images", datatype: "FP32", shape: ["N", 3, 64, 64] }],
    outputs: [{ name: "output0", datatype: "FP32", shape: ["N", 6, 4096] }],
    initializers: [
      tensor("w", "FP32", [6, 3, 1, 1], new Float32Array(18)),
      tensor("shape", "INT64", [3], BigInt64Array.from([0n, 6n, -1n])),
    ],
    nodes: [
      node("Conv", ["images", "w"], ["planes"]),
      node("Reshape", ["planes", "shape"], ["output0"]),
    ],
  });
}

/** A vector a token, as an encoder has it. */
function encoderModel(length: number | string = "tokens"): Model {
  const tokens = (name: string) => ({ name, datatype: "INT64" as const, shape: ["N", length] });
  return model({
    inputs: [tokens("input_ids"), tokens("attention_mask"), tokens("token_type_ids")],
    outputs: [{ name: "last_hidden_state", datatype: "FP32", shape: ["N", length, 4] }],
    initializers: [tensor("words", "FP32", [9, 4], new Float32Array(36).fill(1))],
    nodes: [
      node("Add", ["input_ids", "token_type_ids"], ["places"]),
      node("Mul", ["places", "attention_mask"], ["masked"]),
      node("Gather", ["words", "masked"], ["last_hidden_state"]),
    ],
  });
}

/** A tokenizer that works, out of the step's own documentation. */
const TOKENIZER = JSON.stringify(
  STEPS.find(({ name }) => name === "tokenize")!.examples[0]!.files!["tokenizer.json"],
);

interface Bundle {
  readonly text: string;
  readonly value: Readonly<Record<string, any>>;
  readonly screen: string;
}

/** Runs `longshore init` in a folder of its own; the bundle must be found right. */
async function init(
  graph: Model | string,
  args: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<Bundle> {
  using folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  if (typeof graph === "string") cpSync(graph, at("model.onnx"));
  else writeOnnx(at("model.onnx"), graph);
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
  const screen = await succeed(["init", at("model.onnx"), ...args]);
  assert.doesNotMatch(screen, /error/);
  const text = readFileSync(at("bundle.yaml"), "utf8");
  return { text, value: parse(text) as Bundle["value"], screen };
}

test("a pipeline of columns, exported by scikit-learn with its data", async () => {
  const data = join(SAMPLES, "customers.csv");
  const { text } = await init(join(SAMPLES, "columns.onnx"), [
    "--data",
    data,
    "--target",
    "churned",
  ]);
  assert.equal(
    text.replaceAll(/^(#|name).*\n/gm, ""),
    `task: tabular-classification

inputs:
  age: { type: number, optional: true, range: [18, 79], example: 76 }
  city: { type: category, values: [Bergen, Oslo, Tromsø], example: Bergen }
  spent: { type: number, range: [20, 990], example: 140.66 }

pipeline:
  before:
    # Medians and most frequent values of these very data. Put \`SimpleImputer.statistics_\` of
    # training here, or remove the step if the model takes missing values (NaN).
    - { step: impute, columns: [age], values: [49] }
  after:
    - { step: labels, column: output_probability }
    - { step: labels, column: output_label, into: churned }

outputs:
  churned: { type: category, values: [no, yes] }
  output_probability: { type: tensor, description: Probability of each class. }

`,
  );
});

test("a matrix that was encoded before the model, without its target being named", async () => {
  const { text, value } = await init(join(SAMPLES, "matrix.onnx"), [
    "--data",
    join(SAMPLES, "customers.csv"),
  ]);
  assert.match(text, /^# Check that "churned", the last column of the data, is what/m);
  assert.deepEqual(value["pipeline"], {
    before: [
      { step: "impute", columns: ["age"], values: [49] },
      {
        step: "one-hot",
        columns: ["city"],
        categories: [["Bergen", "Oslo", "Tromsø"]],
        unknown: "ignore",
      },
      { step: "combine", columns: ["age", "spent", "city_*"], into: "X" },
    ],
    after: [
      { step: "labels", column: "probabilities", labels: ["no", "yes"] },
      { step: "labels", column: "label", into: "churned" },
    ],
  });
});

test("two results at once are no classes", async () => {
  const { value } = await init(join(SAMPLES, "pair.onnx"), [
    "--data",
    join(SAMPLES, "customers.csv"),
  ]);
  assert.deepEqual(value["outputs"], { variable: { type: "tensor" } });
  assert.equal(value["task"], undefined);
});

describe("the examples' models", () => {
  for (const [name, task, into] of [
    ["breast-cancer", "tabular-classification", "diagnosis"],
    ["diabetes", "tabular-regression", "progression"],
  ] as const) {
    test(name, async () => {
      const folder = join(ROOT, "examples", name);
      const { text, value } = await init(join(folder, "model.onnx"), [
        "--data",
        join(folder, "test.csv"),
      ]);
      const [header = ""] = readFileSync(join(folder, "test.csv"), "utf8").split("\n");
      assert.equal(value["task"], task);
      assert.deepEqual([...Object.keys(value["inputs"]), into], header.split(","));
      assert.equal(Object.keys(value["outputs"])[0], into);
      for (const line of text.split("\n")) assert.ok(line.length <= 100, line);
    });
  }
});

describe("images", () => {
  const normalize = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

  test("planes of a fixed size, with the usual values to be checked", async () => {
    const { text, value } = await init(imageModel(["N", 3, 224, 224]));
    assert.equal(value["task"], "image-classification");
    assert.deepEqual(value["pipeline"].before, [
      {
        step: "image",
        column: "image",
        into: "pixels",
        resize: { shorter: 256 },
        crop: { width: 224, height: 224 },
      },
      { step: "normalize", column: "pixels", ...normalize },
      { step: "layout", column: "pixels", order: "channels-first" },
    ]);
    assert.match(text, /# Check against training: these are the usual values of ImageNet\./);
    assert.match(
      text,
      /# The graph does not name its classes: put their names here, in its order\./,
    );
    assert.deepEqual(value["pipeline"].after[0], {
      step: "softmax",
      column: "logits",
      into: "probabilities",
    });
  });

  test("channels last, of any size", async () => {
    const { text, value } = await init(imageModel(["N", "H", "W", 3]));
    assert.equal(value["pipeline"].before.length, 2);
    assert.match(text, /The graph takes any size; 224 is usual\./);
  });

  test("a detector", async () => {
    const { value } = await init(detectorModel());
    assert.equal(value["task"], "object-detection");
    assert.deepEqual(value["pipeline"].after, [
      { step: "detections", predictions: "output0", format: "yolov8" },
    ]);
  });
});

describe("texts", () => {
  test("with the tokenizer beside the model", async () => {
    const { value } = await init(encoderModel(), [], { "tokenizer.json": TOKENIZER });
    assert.equal(value["task"], "feature-extraction");
    assert.deepEqual(value["pipeline"], {
      before: [{ step: "tokenize", column: "text", maxLength: 512, types: "token_type_ids" }],
      after: [
        { step: "pool", column: "last_hidden_state", method: "mean", into: "embedding" },
        { step: "l2-normalize", column: "embedding" },
      ],
    });
  });

  test("without it the pipeline waits as a comment, which is right once it is there", async () => {
    const { text } = await init(encoderModel(16));
    assert.match(text, /^# There is no tokenizer\.json beside the model/m);
    assert.match(text, /^# {5}- \{ step: tokenize, .*padding: maxLength/m);
    using folder = temporaryFolder();
    writeOnnx(join(folder.path, "model.onnx"), encoderModel(16));
    writeFileSync(join(folder.path, "tokenizer.json"), TOKENIZER);
    const [head, waiting] = text.split(/^# There is no .*\n(?:# [a-z].*\n)*?(?=#\n|# inputs)/m);
    const opened = waiting!.replaceAll(/^# ?/gm, "").replace(/\nRequests[^]*$/, "\n");
    writeFileSync(join(folder.path, "bundle.yaml"), head + opened);
    assert.match(await succeed(["check", folder.path]), /ok, 3 → 1 tensors, 3 steps/);
  });
});

describe("models that tell little", () => {
  test("without data, rows of numbers are a tensor", async () => {
    const { text, value } = await init(join(SAMPLES, "pair.onnx"));
    assert.deepEqual(value["inputs"], { X: { type: "tensor", datatype: "FP32", shape: [5] } });
    assert.match(text, /# `--data` names its columns\./);
  });

  test("one whole number a row", async () => {
    const { value } = await init(lookupModel());
    assert.deepEqual(value["inputs"], { index: { type: "number", integer: true } });
    assert.deepEqual(value["outputs"], { value: { type: "number" } });
  });

  test("shapes that nothing is known of", async () => {
    for (const graph of [affineModel(), echoModel()]) {
      const { text, value } = await init(graph);
      assert.equal(value["inputs"], undefined);
      assert.match(text, /No step is known that makes what the model takes/);
    }
  });

  test("data of other columns", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, "d.csv"), "a,b\n1,2\n3,4\n");
    const other = await init(join(SAMPLES, "pair.onnx"), ["--data", join(folder.path, "d.csv")]);
    assert.match(other.text, /The data have other columns \(a, b\) than the 5 numbers/);
  });
});

test("the same evidence gives the same text, and nothing is overwritten unasked", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  cpSync(join(SAMPLES, "matrix.onnx"), at("churn.onnx"));
  const args = ["init", at("churn.onnx"), "--data", join(SAMPLES, "customers.csv")];
  await succeed(args);
  const first = readFileSync(at("bundle.yaml"), "utf8");
  assert.match(first, /^name: churn\n[^]*^model: churn\.onnx\n/m);
  const again = await longshore(args);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /bundle\.yaml: exists; overwrite it with --force/);
  writeFileSync(at("bundle.yaml"), "name: mine\n");
  await longshore(args);
  assert.equal(readFileSync(at("bundle.yaml"), "utf8"), "name: mine\n");
  await succeed([...args, "--force"]);
  assert.equal(readFileSync(at("bundle.yaml"), "utf8"), first);

  await succeed([...args, "--out", at("models", "churn-2")]);
  assert.deepEqual(readdirSync(at("models", "churn-2")), ["bundle.yaml", "churn.onnx"]);
  assert.equal(
    readFileSync(at("models", "churn-2", "bundle.yaml"), "utf8"),
    first.replace("name: churn", "name: churn-2"),
  );
});

test("editors find the schema where the package is installed, else nothing is said of it", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("models", "a", "model.onnx"), affineModel());
  mkdirSync(at("node_modules", "@longshore"), { recursive: true });
  symlinkSync(join(ROOT, "packages/core"), at("node_modules", "@longshore", "core"));
  await succeed(["init", at("models", "a", "model.onnx")]);
  const [line = ""] = readFileSync(at("models", "a", "bundle.yaml"), "utf8").split("\n");
  const [, schema] = /^# yaml-language-server: \$schema=(.+)$/.exec(line) ?? [];
  assert.ok(existsSync(join(at("models", "a"), schema!)), line);
  assert.doesNotMatch((await init(affineModel())).text, /yaml-language-server/);
});

test("a first bundle of code", async () => {
  using folder = temporaryFolder();
  const screen = await succeed(["init", "--code", join(folder.path, "parcels")]);
  assert.match(screen, /^parcels: ok/m);
  assert.match(
    readFileSync(join(folder.path, "parcels", "bundle.yaml"), "utf8"),
    /^name: parcels$/m,
  );
});

test("what is asked wrongly", async () => {
  using folder = temporaryFolder();
  const file = writeOnnx(join(folder.path, "model.onnx"), affineModel());
  const data = join(SAMPLES, "customers.csv");
  const cases: [string[], number, RegExp][] = [
    [[], 2, /<model\.onnx> is missing/],
    [["--code"], 2, /<folder> is missing/],
    [[file, "--target", "x"], 2, /--target names a column of --data/],
    [[file, "--task", "magic"], 2, /--task takes one of tabular-classification, /],
    [
      [file, "--data", data, "--target", "age2"],
      1,
      /has no column "age2", but age, city, spent, churned/,
    ],
    [[join(folder.path, "none.onnx")], 1, /there is no such file/],
    [["--code", folder.path, "--data", data], 2, /--data does not go with --code/],
  ];
  for (const [args, code, says] of cases) {
    const ended = await longshore(["init", ...args]);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, says);
  }
  assert.ok(!existsSync(join(folder.path, "bundle.yaml")));
});
