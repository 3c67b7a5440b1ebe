/** The digits example, from a picture to a digit, as its training framework answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { digitsRows } from "./support/digits.ts";
import { startServer } from "./support/server.ts";

const folder = join(import.meta.dirname, "../examples/digits");
/** As in bundle.yaml, for probabilities. */
const TOLERANCE = 1e-5;

interface Outputs {
  readonly digit: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

const golden = readFileSync(join(folder, "golden.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map(
    (line) =>
      JSON.parse(line) as {
        request: { inputs: { image: string } };
        answer: { outputs: Outputs };
      },
  );

function assertSame(got: Outputs, expected: Outputs, where: string): void {
  assert.equal(got.digit, expected.digit, where);
  assert.deepEqual(Object.keys(got.probabilities), Object.keys(expected.probabilities));
  for (const [digit, probability] of Object.entries(expected.probabilities)) {
    const apart = Math.abs(got.probabilities[digit]! - probability);
    assert.ok(apart <= TOLERANCE, `${where}: ${digit} is ${apart} off`);
  }
}

describe("pictures of digits", () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  before(async () => {
    server = await startServer([folder]);
  });
  after(() => server[Symbol.asyncDispose]());

  async function post<T>(
    path: string,
    body: NonNullable<RequestInit["body"]>,
    type: string,
  ): Promise<T> {
    const headers = { "content-type": type };
    const response = await fetch(`${server.url}${path}`, { method: "POST", headers, body });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as T;
  }
  const read = async (body: NonNullable<RequestInit["body"]>, type: string): Promise<Outputs> =>
    (await post<{ outputs: Outputs }>("/predict/digits", body, type)).outputs;
  const json = "application/json";
  const pngOf = (row: number): Buffer<ArrayBuffer> =>
    Buffer.from(golden[row]!.request.inputs.image, "base64");

  test("every held-out row is answered as scikit-learn answers it", async () => {
    assert.equal(golden.length, 360);
    await Promise.all(
      golden.map(async ({ request, answer }, row) => {
        assertSame(await read(JSON.stringify(request), json), answer.outputs, `row ${row}`);
      }),
    );
  });

  test("and all of them in one call, of many sizes", async () => {
    const body = JSON.stringify({ inputs: golden.map(({ request }) => request.inputs) });
    const { outputs } = await post<{ outputs: Outputs[] }>("/predict/digits", body, json);
    for (const [row, { answer }] of golden.entries())
      assertSame(outputs[row]!, answer.outputs, `row ${row}`);
  });

  test("a file as it is", async () => {
    for (const row of [0, 1, 2, 5])
      assertSame(await read(pngOf(row), "image/png"), golden[row]!.answer.outputs, `row ${row}`);
  });

  test("the other way round, larger, and as WebP it is the same digit", async () => {
    for (const row of [1, 2, 3, 4]) {
      const picture = sharp(pngOf(row));
      const { width } = await picture.metadata();
      const changed = await picture
        .negate({ alpha: false })
        .resize(width * 3, undefined, { kernel: "nearest" })
        .webp({ lossless: true })
        .toBuffer();
      const body = Uint8Array.from(changed);
      assertSame(await read(body, "image/webp"), golden[row]!.answer.outputs, `row ${row}`);
    }
  });

  // Dark on light, light on dark, grey on grey as JPEG, and over a transparent background.
  for (const [file, type] of [
    ["2.png", "image/png"],
    ["5.png", "image/png"],
    ["7.jpg", "image/jpeg"],
    ["8.png", "image/png"],
  ] as const) {
    test(`drawn by hand: ${file}`, async () => {
      const { digit } = await read(readFileSync(join(folder, "drawn", file)), type);
      assert.equal(digit, file[0]);
    });
  }

  test("the v2 protocol takes the model's own tensor; as right as in training", async () => {
    const rows = digitsRows();
    const data = rows.map((row) => row.slice(0, 64));
    const inputs = [{ name: "pixels", datatype: "FP32", shape: [rows.length, 64], data }];
    const { outputs } = await post<{ outputs: { name: string; data: number[] }[] }>(
      "/v2/models/digits/infer",
      JSON.stringify({ inputs }),
      json,
    );
    const labels = outputs.find(({ name }) => name === "label")!.data;
    assert.equal(rows.filter((row, at) => row[64] === labels[at]).length, 350);
  });
});
