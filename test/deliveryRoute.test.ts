/** The example that is no neural network, held to exact answers. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { distancesBetween, type Distances } from "../examples/delivery-route/distances.ts";
import { findTour, lengthOf } from "../examples/delivery-route/tour.ts";
import { openModel } from "longshore";
import { startServer } from "./support/server.ts";

const bundle = join(import.meta.dirname, "../examples/delivery-route");

const places = (most: number) =>
  fc.array(
    fc.tuple(
      fc.double({ min: -60, max: 60, noNaN: true }),
      fc.double({ min: -170, max: 170, noNaN: true }),
    ),
    { minLength: 1, maxLength: most },
  );

/** Kilometres of the shortest round trip, by trying all. */
function shortest(distances: Distances): number {
  const go = (here: number, open: readonly number[]): number =>
    open.length === 0
      ? distances[here]![0]!
      : Math.min(
          ...open.map(
            (next) =>
              distances[here]![next]! +
              go(
                next,
                open.filter((other) => other !== next),
              ),
          ),
        );
  return go(0, [...distances.keys()].slice(1));
}

test("a tour visits every place once, begins at the depot, and no reversal makes it shorter", () => {
  fc.assert(
    fc.property(places(30), (given) => {
      const distances = distancesBetween(given);
      const tour = findTour(distances);
      assert.equal(tour[0], 0);
      assert.deepEqual(
        tour.toSorted((a, b) => a - b),
        [...given.keys()],
      );
      const length = lengthOf(tour, distances);
      for (let from = 1; from < tour.length; from++) {
        for (let to = from + 1; to <= tour.length; to++) {
          const part = tour.slice(from, to).toReversed();
          const other = [...tour.slice(0, from), ...part, ...tour.slice(to)];
          assert.ok(lengthOf(other, distances) >= length - 1e-6);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("of up to eight places it is the shortest of all, but for 2 % at most", () => {
  fc.assert(
    fc.property(places(8), (given) => {
      const distances = distancesBetween(given);
      const best = shortest(distances);
      const length = lengthOf(findTour(distances), distances);
      assert.ok(length >= best - 1e-6 && length <= 1.02 * best + 1e-6, `${length}, best ${best}`);
    }),
    { numRuns: 150, seed: 4 },
  );
});

test("the server answers every golden request with the length of the shortest route", async () => {
  await using server = await startServer([bundle], ["--allow-code", "--log-level", "error"]);
  const lines = readFileSync(join(bundle, "golden.jsonl"), "utf8").trim().split("\n");
  const predict = async (body: unknown) => {
    const response = await fetch(`${server.url}/predict/delivery-route`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    return (await response.json()) as { outputs: Record<string, unknown>; error?: string };
  };
  await Promise.all(
    lines.map(async (line) => {
      const { request, answer } = JSON.parse(line) as {
        request: object;
        answer: { outputs: { kilometres: number } };
      };
      const { outputs, error } = await predict(request);
      const expected = answer.outputs.kilometres;
      const got = outputs?.["kilometres"] as number;
      assert.ok(Math.abs(got - expected) <= 1e-6 * Math.max(1, expected), `${got} ${error ?? ""}`);
    }),
  );
  const { outputs } = await predict({
    inputs: { latitudes: [0, 0, 0, 0], longitudes: [0, 2, 1, 3] },
  });
  assert.deepEqual(
    new Set([[0, 2, 1, 3, 0].join(), [0, 3, 1, 2, 0].join()]).has(String(outputs["route"])),
    true,
  );
  const wrong = await predict({ inputs: { latitudes: [0, 95], longitudes: [0, 2] } });
  assert.match(wrong.error!, /latitude 1 of row 0 is 95, not ±90°/);
});

test("the library opens it where code is allowed, and only there", async () => {
  await assert.rejects(openModel(bundle), /route\.ts is code/);
  await using model = await openModel(bundle, { allowCode: true });
  assert.equal(model.batching.batchable, true);
});
