import assert from "node:assert/strict";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { createServer } from "../index.ts";
import { longshore, MAIN, NODE, ROOT, run, succeed } from "./process.test.ts";

interface Golden {
  readonly request: { readonly inputs: Readonly<Record<string, number[][]>> };
  readonly answer: { readonly outputs: Readonly<Record<string, readonly unknown[]>> };
}

async function golden(model: string): Promise<Golden[]> {
  const lines = (await readFile(join(ROOT, `examples/${model}/golden.jsonl`), "utf8"))
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Golden);
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
  const rows = fieldsOf(
    await succeed([
      "predict",
      "examples/diabetes",
      "--data",
      "examples/diabetes/test.csv",
      "--format",
      "csv",
    ]),
  );
  const answers = await golden("diabetes");
  assert.equal(rows.length, answers.length);
  for (const [index, [target, prediction]] of rows.entries()) {
    assert.equal(target, targets[index]);
    assertClose(
      Number(prediction),
      (answers[index]!.answer.outputs["progression"] as number[][])[0]![0]!,
    );
  }
});

test("predict names a classifier's scores by label", async () => {
  const args = [
    "predict",
    "examples/breast-cancer",
    "--data",
    "examples/breast-cancer/test.csv",
    "--format",
    "csv",
  ];
  const { code, stdout, stderr } = await longshore(args);
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^note: column "diagnosis" is taken as the target and left out: the model takes 30 columns$/m,
  );
  assert.equal(
    stdout.split("\n", 1)[0],
    "diagnosis,output_label,output_probability.benign,output_probability.malignant",
  );
  const labels = (await golden("breast-cancer")).map(
    ({ answer }) => answer.outputs["output_label"]![0],
  );
  assert.deepEqual(
    fieldsOf(stdout).map(([, label]) => label),
    labels,
  );
  assert.match(
    await succeed([...args.slice(0, -2), "--limit", "1"]),
    /malignant +malignant +malignant 0\.9999, benign 0\.0001/,
  );
});

test("predict reads bodies, bare inputs and rows, from standard input too", async () => {
  const [first, second] = await golden("digits");
  const pixels = first!.request.inputs["pixels"]!;
  const label = first!.answer.outputs["label"];
  const predict = (stdin: string, ...args: string[]): Promise<string> =>
    succeed(["predict", "examples/digits", "--data", "-", ...args], stdin);
  for (const body of [first!.request, first!.request.inputs, pixels]) {
    const answer = JSON.parse(
      await predict(JSON.stringify(body), "--format", "json"),
    ) as Golden["answer"] & { model: string };
    assert.equal(answer.model, "digits");
    assert.deepEqual(answer.outputs["label"], label);
  }
  const rows = [pixels[0], second!.request.inputs["pixels"]![0]]
    .map((row) => JSON.stringify(row))
    .join("\n");
  const expected = [label, second!.answer.outputs["label"]].map(String);
  assert.deepEqual(
    fieldsOf(await predict(rows, "--output", "label", "--format", "csv")),
    expected.map((text) => [text]),
  );
});

test("predict reads NPY as numpy.save writes it, against a file or a server", async (t) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-cli-"));
  const csv = "examples/digits/test.csv";
  const rows = fieldsOf(await readFile(join(ROOT, csv), "utf8")).map((fields) =>
    fields.slice(0, 64).map(Number),
  );
  const npy = join(folder.path, "pixels.npy");
  await writeFile(npy, toNpy(rows));
  const scores = await succeed([
    "predict",
    "examples/digits",
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

  const server = await createServer({ models: [join(ROOT, "examples")], logLevel: "silent" });
  t.after(() => server.close());
  const url = await server.listen({ port: 0 });
  const { stderr } = await longshore(["predict", "examples/digits", "--data", npy, "--limit", "1"]);
  assert.match(stderr, /input "pixels": FP64 is converted to FP32/);
  for (const [model, ...data] of [
    ["examples/digits", "--data", npy],
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
  const command = `"${process.execPath}" ${NODE.join(" ")} "${MAIN}" predict examples/digits --data examples/digits/test.csv --format csv`;
  const { code, stdout, stderr } = await run("/bin/sh", ["-c", `${command} | head -n 1`]);
  assert.equal(code, 0);
  assert.match(stdout, /^digit,label,probabilities\.0,/);
  assert.doesNotMatch(stderr, /EPIPE/);
});
