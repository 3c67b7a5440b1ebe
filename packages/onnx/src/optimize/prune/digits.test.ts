import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countRight,
  digitsModel,
  digitsRows,
  digitsSamples,
} from "../../../../../test/support/digits.ts";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { pruneChannels } from "./pruneChannels.ts";

test("a trained network keeps its accuracy when most of its channels go and it is refitted", async () => {
  const original = digitsModel();
  const rows = digitsRows();
  const [seen, unseen] = [rows.slice(0, 180), rows.slice(180)];
  const options = { samples: digitsSamples(seen), open: openRunnable };
  const before = await countRight(original, unseen);
  assert.ok(before > 0.9 * unseen.length, `${before} of ${unseen.length}`);
  for (const fraction of [0.25, 0.5, 0.75]) {
    const plain = await countRight((await pruneChannels(original, { fraction })).model, unseen);
    const { model } = await pruneChannels(original, { fraction, ...options });
    const refitted = await countRight(model, unseen);
    assert.ok(refitted >= before - unseen.length / 50, `${before} → ${refitted} at ${fraction}`);
    assert.ok(refitted > plain, `${plain} without refitting, ${refitted} with it, at ${fraction}`);
  }
});
