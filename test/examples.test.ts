import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startServer } from "./support/server.ts";

const examples = join(import.meta.dirname, "../examples");
/** As in the bundles' manifests: absolute up to 1, relative above. */
const TOLERANCE = 1e-5;

interface Golden {
  request: { inputs: Record<string, number[][]> };
  answer: { outputs: Record<string, unknown> };
}

function readGolden(name: string): Golden[] {
  const lines = readFileSync(join(examples, name, "golden.jsonl"), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Golden);
}

/** Compares the shape and every value; numbers within the tolerance. */
function assertEqual(got: unknown, expected: unknown, where: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(got) && got.length === expected.length, where);
    expected.forEach((value, index) => assertEqual(got[index], value, `${where}[${index}]`));
  } else if (typeof expected === "number") {
    const difference = Math.abs((got as number) - expected);
    const allowed = TOLERANCE * Math.max(1, Math.abs(expected));
    assert.ok(difference <= allowed, `${where}: ${String(got)}, expected ${expected}`);
  } else assert.equal(got, expected, where);
}

/** Probabilities by label in the order of the classes, as scikit-learn gives them. */
function withoutLabels(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLabels);
  return typeof value === "object" && value !== null ? Object.values(value) : value;
}

test("served predictions equal scikit-learn's on every held-out row", async (t) => {
  await using server = await startServer([examples]);
  const post = async (path: string, body: unknown): Promise<{ outputs: unknown }> => {
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as { outputs: unknown };
  };

  for (const [name, rows] of [
    ["digits", 360],
    ["breast-cancer", 143],
    ["diabetes", 111],
  ] as const) {
    const golden = readGolden(name);
    assert.equal(golden.length, rows);

    await t.test(`${name}: row by row, many at a time, in natural JSON`, async () => {
      await Promise.all(
        golden.map(async ({ request, answer }, row) => {
          const outputs = (await post(`/predict/${name}`, request)).outputs as Record<
            string,
            unknown
          >;
          for (const [output, expected] of Object.entries(answer.outputs)) {
            assertEqual(withoutLabels(outputs[output]), expected, `row ${row} ${output}`);
          }
        }),
      );
    });

    await t.test(`${name}: all rows in one request of the v2 protocol`, async () => {
      const [input] = Object.keys(golden[0]!.request.inputs);
      const data = golden.flatMap(({ request }) => request.inputs[input!]!);
      const shape = [data.length, data[0]!.length];
      const { outputs } = await post(`/v2/models/${name}/infer`, {
        inputs: [{ name: input, datatype: "FP32", shape, data }],
      });
      for (const { name: output, data: values } of outputs as { name: string; data: unknown[] }[]) {
        const expected = golden.map(({ answer }) => answer.outputs[output]).flat(Infinity);
        assertEqual(values, expected, output);
      }
    });
  }
});
