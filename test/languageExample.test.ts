/** The text example, from raw text to answer, against the framework that trained it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startServer } from "./support/server.ts";

const bundle = join(import.meta.dirname, "../examples/language");
/** As in the bundle's manifest. */
const TOLERANCE = 1e-5;

interface Answer {
  language: string;
  probabilities: Record<string, number>;
}
const golden = readFileSync(join(bundle, "golden.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map(
    (line) =>
      JSON.parse(line) as {
        request: { inputs: { text: string } };
        answer: { outputs: Answer };
      },
  );

function assertSame(got: Answer, expected: Answer, text: string): void {
  assert.equal(got.language, expected.language, text);
  assert.deepEqual(Object.keys(got.probabilities), Object.keys(expected.probabilities));
  for (const [language, probability] of Object.entries(expected.probabilities)) {
    const difference = Math.abs(got.probabilities[language]! - probability);
    assert.ok(difference <= TOLERANCE, `${text}: ${language} is off by ${difference}`);
  }
}

test("answers every held-out text as scikit-learn does", async (t) => {
  await using server = await startServer([bundle]);
  const post = async (body: string, type = "application/json"): Promise<{ outputs: unknown }> => {
    const response = await fetch(`${server.url}/predict/language`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as { outputs: unknown };
  };

  await t.test("one by one, many at a time", async () => {
    await Promise.all(
      golden.map(async ({ request, answer }) => {
        const { outputs } = await post(JSON.stringify(request));
        assertSame(outputs as Answer, answer.outputs, request.inputs.text);
      }),
    );
  });

  await t.test("all in one call, padded to the longest", async () => {
    const inputs = golden.map(({ request }) => request.inputs);
    const outputs = (await post(JSON.stringify({ inputs }))).outputs as Answer[];
    assert.equal(outputs.length, golden.length);
    golden.forEach(({ request, answer }, row) =>
      assertSame(outputs[row]!, answer.outputs, request.inputs.text),
    );
  });

  await t.test("as plain text", async () => {
    for (const { request, answer } of golden.slice(0, 20)) {
      const { outputs } = await post(request.inputs.text, "text/plain");
      assertSame(outputs as Answer, answer.outputs, request.inputs.text);
    }
  });
});
