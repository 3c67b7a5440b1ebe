import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../../../test/support/models.ts";
import { openModel } from "../../library/openModel.ts";
import { codeBundleFiles } from "./code.ts";

test("the first bundle with code works as it is written, golden answers and all", async () => {
  using folder = temporaryFolder();
  const files = codeBundleFiles("parcels");
  for (const [name, text] of files) writeFileSync(join(folder.path, name), text);
  await using model = await openModel(folder.path, { allowCode: true });
  assert.equal(model.name, "parcels");
  assert.equal(model.batching.batchable, true);
  const lines = files.get("golden.jsonl")!.trim().split("\n");
  for (const line of lines) {
    const { request, answer } = JSON.parse(line) as {
      request: unknown;
      answer: { outputs: { price: number } };
    };
    const { outputs } = (await model.predict(request)) as typeof answer;
    assert.ok(Math.abs(outputs.price - answer.outputs.price) < 1e-6);
  }
});
