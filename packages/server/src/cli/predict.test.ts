import assert from "node:assert/strict";
import { copyFile, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { createServer } from "../index.ts";
import { longshore, MAIN, NODE, ROOT, run, succeed } from "./process.test.ts";

interface Golden {
  readonly request: { readonly inputs: Readonly<Record<string, unknown>> };
  readonly answer: { readonly outputs: Readonly<Record<string, unknown>> };
}

async function golden(model: string): Promise<Golden[]> {
  const lines = (await readFile(join(ROOT, `examples/${model}/golden.jsonl`), "utf8"))
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Golden);
}

/** A model without a bundle around it, which takes tensors. */
async function bareModel(name: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtempDisposable(join(tmpdir(), "longshore-cli-"));
  const path = join(folder.path, `${name}.onnx`);
  await copyFile(join(ROOT, `examples/${name}/model.onnx`), path);
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Fields of CSV that has no quotes, without the header. */
function fieldsOf(csv: string): string[][] {
  return csv
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
}

function assertClose(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );
}

test("predict answers every row of a CSV file as scikit-learn did, the target beside it", async () => {
  const data = await readFile(join(ROOT, "examples/diabetes/test.csv"), "utf8");
  const targets = fieldsOf(data).map((fields) => fields.at(-1));
  const args = ["predict", "examples/diabetes", "--data", "examples/diabetes/test.csv"];
  const rows = fieldsOf(await succeed([...args, "--format", "csv"]));
  const answers = await golden("diabetes");
  assert.equal(rows.length, answers.length);
  for (const [index, [target, prediction]] of rows.entries()) {
    assert.equal(target, targets[index]);
    assertClose(Number(prediction), answers[index]!.answer.outputs["progression"] as number);
  }
});

test("predict shows a bundle's own outputs, and tells of rows that are flagged", async () => {
  const args = ["predict", "examples/breast-cancer", "--data", "examples/breast-cancer/test.csv"];
  const { code, stdout, stderr } = await longshore([...args, "--format", "csv"]);
  assert.equal(code, 0);
  assert.match(stderr, /^note: row 5: "mean_symmetry" is 0\.1167, expected 0\.12 to 0\.3$/m);
  assert.equal(stdout.split("\n", 1)[0], "diagnosis (data),diagnosis,risk");
  const expected = (await golden("breast-cancer")).map(({ answer }) => answer.outputs["diagnosis"]);
  assert.deepEqual(
    fieldsOf(stdout).map(([, label]) => label),
    expected,
  );
  const one = await succeed([...args, "--limit", "1", "--output", "risk"]);
  assert.match(one, /^diagnosis +risk\nmalignant +0\.9999\d*$/m);
  const wrong = await longshore([...args, "--limit", "1", "--output", "rsik"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /there is no output "rsik"; did you mean "risk"\?/);
});

test("predict takes files of the kind that a bundle takes, here and from a server", async (t) => {
  const server = await createServer({
    models: [join(ROOT, "examples/digits"), join(ROOT, "examples/language")],
    logLevel: "silent",
  });
  t.after(() => server.close());
  const url = await server.listen({ port: 0 });
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-cli-"));
  const text = join(folder.path, "a.txt");
  await writeFile(text, "Der Zug nach Norden fährt in zehn Minuten ab.");
  const cases: [model: string, data: string[], answer: string][] = [
    ["digits", ["--data", "examples/digits/drawn/2.png", "--output", "digit"], "digit\n2\n"],
    ["digits", ["--input", "image=examples/digits/drawn/7.jpg", "--output", "digit"], "digit\n7\n"],
    ["language", ["--data", text, "--output", "language"], "language\nde\n"],
    ["language", ["--input", `text=${text}`, "--output", "language"], "language\nde\n"],
  ];
  for (const [model, args, answer] of cases) {
    for (const place of [`examples/${model}`, `${url}/${model}`])
      assert.equal(await succeed(["predict", place, ...args, "--format", "csv"]), answer);
  }
  const lines = '{"text":"Guten Morgen, wie geht es Ihnen?"}\n"Good morning, how are you today?"\n';
  for (const place of ["examples/language", `${url}/language`]) {
    const answer = await succeed(
      ["predict", place, "--data", "-", "--output", "language", "--format", "csv"],
      lines,
    );
    assert.equal(answer, "language\nde\nen\n");
  }
  const json = await succeed(
    ["predict", `${url}/predict/language`, "--data", "-", "--json"],
    '{"inputs":["Good morning, how are you today?"]}',
  );
  const { model, outputs } = JSON.parse(json) as { model: string; outputs: { language: string }[] };
  assert.deepEqual([model, outputs[0]?.language], ["language", "en"]);
});

test("predict reads bodies, bare inputs and rows, from standard input too", async () => {
  await using bare = await bareModel("digits");
  const pixels = (await digitsRows()).slice(0, 2);
  const labels = ["7", "6"];
  const predict = (stdin: string, ...args: string[]): Promise<string> =>
    succeed(["predict", bare.path, "--data", "-", ...args], stdin);
  const inputs = { pixels: pixels.slice(0, 1) };
  for (const body of [{ inputs }, inputs, inputs.pixels]) {
    const answer = JSON.parse(await predict(JSON.stringify(body), "--format", "json")) as {
      model: string;
      outputs: { label: unknown[] };
    };
    assert.equal(answer.model, "digits");
    assert.deepEqual(answer.outputs.label.map(String), labels.slice(0, 1));
  }
  const rows = pixels.map((row) => JSON.stringify(row)).join("\n");
  assert.deepEqual(
    fieldsOf(await predict(rows, "--output", "label", "--format", "csv")),
    labels.map((text) => [text]),
  );
});

/** Pixels of the held-out digits. */
async function digitsRows(): Promise<number[][]> {
  const csv = await readFile(join(ROOT, "examples/digits/test.csv"), "utf8");
  return fieldsOf(csv).map((fields) => fields.slice(0, 64).map(Number));
}

test("predict reads NPY as numpy.save writes it, against a file or a server", async (t) => {
  await using bare = await bareModel("digits");
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-cli-"));
  const csv = "examples/digits/test.csv";
  const rows = await digitsRows();
  const npy = join(folder.path, "pixels.npy");
  await writeFile(npy, toNpy(rows));
  const scores = await succeed([
    "predict",
    bare.path,
    "--data",
    csv,
    "--drop",
    "digit",
    "--output",
    "probabilities",
    "--format",
    "csv",
  ]);
  const expected = fieldsOf(scores).map(([, ...fields]) => fields);

  const server = await createServer({
    models: [bare.path, join(ROOT, "examples/breast-cancer")],
    logLevel: "silent",
  });
  t.after(() => server.close());
  const url = await server.listen({ port: 0 });
  const { stderr } = await longshore(["predict", bare.path, "--data", npy, "--limit", "1"]);
  assert.match(stderr, /input "pixels": FP64 is converted to FP32/);
  for (const [model, ...data] of [
    [bare.path, "--data", npy],
    [`${url}/digits`, "--input", `pixels=${npy}`],
  ] as const) {
    const answer = await succeed([
      "predict",
      model,
      ...data,
      "--output",
      "probabilities",
      "--format",
      "csv",
    ]);
    assert.deepEqual(fieldsOf(answer), expected, model);
  }
  const csvArgs = ["--data", "examples/breast-cancer/test.csv", "--format", "csv"];
  const local = await succeed(["predict", "examples/breast-cancer", ...csvArgs]);
  assert.equal(await succeed(["predict", `${url}/breast-cancer`, ...csvArgs]), local);
  const unknown = await longshore(["predict", `${url}/digts`, "--data", npy]);
  assert.equal(unknown.code, 1);
  assert.match(
    unknown.stderr,
    /^longshore: http:.*Request for unknown model: "digts" is not found.*\(HTTP 404\)$/m,
  );
});

/** A matrix as numpy writes its default type, FP64. */
function toNpy(rows: readonly (readonly number[])[]): Uint8Array {
  const description = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0]!.length}), }`;
  const header = `${description.padEnd(117)}\n`;
  const size = Buffer.from([header.length & 255, header.length >> 8]);
  const data = new Uint8Array(Float64Array.from(rows.flat()).buffer);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    size,
    Buffer.from(header),
    data,
  ]);
}

test("a reader that closes the pipe early is no failure", async () => {
  await using bare = await bareModel("digits");
  const command = `"${process.execPath}" ${NODE.join(" ")} "${MAIN}" predict "${bare.path}" --data examples/digits/test.csv --format csv`;
  const { code, stdout, stderr } = await run("/bin/sh", ["-c", `${command} | head -n 1`]);
  assert.equal(code, 0);
  assert.match(stdout, /^digit,label,probabilities\.0,/);
  assert.doesNotMatch(stderr, /EPIPE/);
});

test("predict runs code of a bundle with its own option alone, and names it", async () => {
  const [{ request }] = (await golden("delivery-route")) as [Golden, ...Golden[]];
  const args = ["predict", "examples/delivery-route", "--data", "-", "--json"];
  const input = JSON.stringify(request);
  const refused = await longshore(args, input);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is code, .* not allowed here; allow it with --allow-code /);
  assert.doesNotMatch(refused.stderr, /server/);
  const allowed = await longshore([...args, "--allow-code"], input);
  assert.deepEqual([allowed.code, allowed.stderr], [0, ""]);
});
