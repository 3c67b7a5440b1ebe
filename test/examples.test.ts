/** The examples with tables, as a user serves them: on held-out rows, scikit-learn's answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { startServer, type TestServer } from "./support/server.ts";

const examples = join(import.meta.dirname, "../examples");
/** As in the bundles' manifests: absolute up to 1, relative above. */
const TOLERANCE = 1e-5;

type Row = Readonly<Record<string, number>>;
type Outputs = Readonly<Record<string, string | number>>;

interface Golden {
  readonly request: { readonly inputs: Row };
  readonly answer: { readonly outputs: Outputs };
}

interface Flag {
  readonly row: number;
  readonly field?: string;
  readonly rule: string;
}

interface Answer {
  readonly outputs: unknown;
  readonly flags?: readonly Flag[];
}

function readGolden(name: string): Golden[] {
  const lines = readFileSync(join(examples, name, "golden.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Golden);
}

/** The held-out rows without their last column, the target; and that. */
function readTest(name: string): { header: string[]; rows: string[][]; truth: string[] } {
  const [header, ...records] = readFileSync(join(examples, name, "test.csv"), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return {
    header: header!.slice(0, -1),
    rows: records.map((record) => record.slice(0, -1)),
    truth: records.map((record) => record.at(-1)!),
  };
}

/** Numbers within the tolerance, the rest the same. */
function assertOutputs(got: Outputs, expected: Outputs, where: string): void {
  assert.deepEqual(Object.keys(got), Object.keys(expected), where);
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value === "number") assertNear(got[name] as number, value, `${where} ${name}`);
    else assert.equal(got[name], value, `${where} ${name}`);
  }
}

function assertNear(got: number, expected: number, where: string): void {
  const difference = Math.abs(got - expected);
  const allowed = TOLERANCE * Math.max(1, Math.abs(expected));
  assert.ok(difference <= allowed, `${where}: ${got}, expected ${expected}`);
}

describe("the examples with tables", () => {
  let running: Promise<TestServer> | undefined;
  const server = (): Promise<TestServer> =>
    (running ??= startServer([join(examples, "breast-cancer"), join(examples, "diabetes")]));
  after(async () => (await running)?.[Symbol.asyncDispose]());

  const send = async (
    path: string,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Response> => {
    const { url } = await server();
    const response = await fetch(`${url}${path}`, { method: "POST", body, headers });
    assert.equal(response.status, 200, await response.clone().text());
    return response;
  };
  const predict = async (name: string, inputs: unknown): Promise<Answer> =>
    (await (await send(`/predict/${name}`, JSON.stringify({ inputs }))).json()) as Answer;

  for (const [name, rows] of [
    ["breast-cancer", 143],
    ["diabetes", 111],
  ] as const) {
    const golden = readGolden(name);
    const { header, rows: records } = readTest(name);
    const csv = [header, ...records].map((fields) => `${fields.join(",")}\n`).join("");
    const csvHeaders = { "content-type": "text/csv" };

    test(`${name}: every held-out row has a golden example, in its order`, () => {
      assert.equal(golden.length, rows);
      assert.deepEqual(
        golden.map(({ request }) => Object.entries(request.inputs)),
        records.map((fields) => fields.map((field, index) => [header[index], Number(field)])),
      );
    });

    test(`${name}: row by row, many at a time, by field`, async () => {
      await Promise.all(
        golden.map(async ({ request, answer }, row) => {
          const { outputs } = await predict(name, request.inputs);
          assertOutputs(outputs as Outputs, answer.outputs, `row ${row}`);
        }),
      );
    });

    test(`${name}: all rows in one call, as CSV, answered as JSON and as CSV`, async () => {
      const json = await send(`/predict/${name}`, csv, csvHeaders);
      const { outputs } = (await json.json()) as { outputs: Outputs[] };
      assert.equal(outputs.length, rows);
      outputs.forEach((each, row) =>
        assertOutputs(each, golden[row]!.answer.outputs, `row ${row}`),
      );

      const text = await send(`/predict/${name}`, csv, { ...csvHeaders, accept: "text/csv" });
      const [names, ...lines] = (await text.text())
        .trim()
        .split("\n")
        .map((line) => line.split(","));
      assert.equal(lines.length, rows);
      for (const [row, fields] of lines.entries()) {
        for (const [output, expected] of Object.entries(golden[row]!.answer.outputs)) {
          const got = fields[names!.indexOf(output)]!;
          if (typeof expected === "number") assertNear(Number(got), expected, `${row} ${output}`);
          else assert.equal(got, expected);
        }
      }
    });

    test(`${name}: the tensors beneath, in one request of the v2 protocol`, async () => {
      const data = records.flat().map(Number);
      const shape = [rows, header.length];
      const answer = await send(
        `/v2/models/${name}/infer`,
        JSON.stringify({ inputs: [{ name: "features", datatype: "FP32", shape, data }] }),
      );
      const { outputs } = (await answer.json()) as { outputs: { name: string; data: number[] }[] };
      const of = (output: string): number[] => outputs.find((each) => each.name === output)!.data;
      // Of two classes the second is "malignant".
      const got =
        name === "diabetes"
          ? of("progression")
          : of("output_probability").filter((_, index) => index % 2 === 1);
      const output = name === "diabetes" ? "progression" : "risk";
      golden.forEach(({ answer: { outputs: expected } }, row) =>
        assertNear(got[row]!, expected[output] as number, `row ${row}`),
      );
    });
  }

  test("breast-cancer: what is not sure is left to people, and few of the others are wrong", async () => {
    const { truth } = readTest("breast-cancer");
    const inputs = readGolden("breast-cancer").map(({ request }) => request.inputs);
    const outputs = (await predict("breast-cancer", inputs)).outputs as {
      diagnosis: string;
      risk: number;
    }[];
    for (const { diagnosis, risk } of outputs)
      assert.equal(diagnosis, risk < 0.1 ? "benign" : risk < 0.6 ? "unsure" : "malignant");
    const sure = outputs.flatMap(({ diagnosis }, row) => (diagnosis === "unsure" ? [] : [row]));
    const wrong = sure.filter((row) => outputs[row]!.diagnosis !== truth[row]);
    // As train.py prints them.
    assert.deepEqual([sure.length, wrong.length], [129, 0]);
  });

  test("diabetes: what trees make beyond all that was seen is clamped", async () => {
    const patient = {
      age: 22,
      sex: 1,
      bmi: 38.2,
      blood_pressure: 108,
      cholesterol: 143,
      ldl: 80.8,
      hdl: 22,
      cholesterol_ratio: 7,
      log_triglycerides: 4.9698,
      glucose: 113,
    };
    const data = Object.values(patient);
    const inputs = [{ name: "features", datatype: "FP32", shape: [1, data.length], data }];
    const raw = await send("/v2/models/diabetes/infer", JSON.stringify({ inputs }));
    const { outputs } = (await raw.json()) as { outputs: { data: number[] }[] };
    assert.ok(outputs[0]!.data[0]! > 346);
    assert.deepEqual((await predict("diabetes", patient)).outputs, { progression: 346 });
  });

  test("rows that training did not prepare the model for are answered, and flagged", async () => {
    for (const [name, field, value] of [
      ["breast-cancer", "mean_radius", 100],
      ["diabetes", "age", 150],
    ] as const) {
      const { inputs } = readGolden(name)[0]!.request;
      const { outputs, flags } = await predict(name, [inputs, { ...inputs, [field]: value }]);
      assert.equal((outputs as unknown[]).length, 2);
      assert.deepEqual(
        flags?.map(({ row, field: about, rule }) => [row, about, rule]),
        [
          [1, field, "range"],
          [1, undefined, "distance"],
        ],
      );
    }
    // Each value is plausible, but not together.
    const { inputs } = readGolden("diabetes")[0]!.request;
    const { flags } = await predict("diabetes", { ...inputs, cholesterol: 301, ldl: 42 });
    assert.deepEqual(
      flags?.map(({ field, rule }) => [field, rule]),
      [[undefined, "distance"]],
    );
  });
});
