import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { paretoFront } from "./pareto.ts";

type Pair = readonly [number, number];

const points = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })));
const itself = (point: Pair): Pair => point;

test("nothing beats what is on the front, and everything else is beaten by something on it", () => {
  fc.assert(
    fc.property(points, (all) => {
      const front = paretoFront(all, itself);
      const beats = (a: Pair, b: Pair): boolean =>
        a[0] <= b[0] && a[1] <= b[1] && (a[0] < b[0] || a[1] < b[1]);
      for (const point of all) {
        assert.equal(
          front.includes(point),
          all.every((other) => !beats(other, point)),
        );
        assert.ok(front.includes(point) || front.some((other) => beats(other, point)));
      }
    }),
  );
});

test("equal points are on the front together", () => {
  assert.deepEqual(
    paretoFront(
      [
        [1, 2],
        [1, 2],
        [2, 2],
      ],
      itself,
    ),
    [
      [1, 2],
      [1, 2],
    ],
  );
});
