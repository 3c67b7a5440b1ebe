import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { addHistogram } from "./histogram.ts";

const BUCKETS = [0.001, 0.5, 1, 2.5, 10];
const HELP = "What is measured.";

test("says what a histogram of prom-client says of the same values", async () => {
  const value = fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constantFrom(...BUCKETS));
  const label = fc.constantFrom("a", 'b "c"\n', "1");
  const observations = fc.array(fc.record({ model: label, version: label, value }));
  await fc.assert(
    fc.asyncProperty(observations, async (observed) => {
      const [ours, reference] = [new Registry(), new Registry()];
      const histogram = addHistogram(ours, "seconds", HELP, BUCKETS);
      const oracle = new Histogram({
        name: "seconds",
        help: HELP,
        buckets: BUCKETS,
        labelNames: ["model", "version"],
        registers: [reference],
      });
      for (const { model, version, value: each } of observed) {
        histogram.of(model, version).observe(each);
        oracle.labels({ model, version }).observe(each);
      }
      assert.equal(await ours.metrics(), await reference.metrics());
    }),
  );
});
