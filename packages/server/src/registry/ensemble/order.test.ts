import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findCircle, inLoadingOrder, withNeeded } from "./order.ts";

/** What each of ten models needs, whichever way: circles are likely. */
const graphs = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), {
  minLength: 10,
  maxLength: 10,
});

const needsOf =
  (graph: readonly (readonly number[])[]) =>
  (name: string): string[] =>
    graph[Number(name)]!.map(String);

/** By walking every way, however long it takes. */
function reaches(needs: (name: string) => string[], from: string, to: string): boolean {
  let reached = new Set(needs(from));
  for (let round = 0; round < 10; round++)
    reached = new Set([...reached, ...[...reached].flatMap(needs)]);
  return reached.has(to);
}

test("property: order, circles and needs agree with walking all ways", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const needs = needsOf(graph);
      const names = graph.map((_, index) => String(index));
      const order = inLoadingOrder(names, needs);
      assert.deepEqual(order.toSorted(), names);
      for (const name of names) {
        const circle = findCircle(name, needs);
        assert.equal(circle !== undefined, reaches(needs, name, name));
        if (circle !== undefined) {
          assert.deepEqual([circle[0], circle.at(-1)], [name, name]);
          for (const [index, each] of circle.slice(0, -1).entries())
            assert.ok(needs(each).includes(circle[index + 1]!));
        }
        for (const other of names) {
          assert.equal(
            withNeeded(name, needs).has(other),
            other === name || reaches(needs, name, other),
          );
          const before = order.indexOf(other) < order.indexOf(name);
          // In a circle, each needs the other.
          if (needs(name).includes(other) && !reaches(needs, other, name)) assert.ok(before);
        }
      }
    }),
  );
});

test("only what is asked for is ordered", () => {
  const needs = (name: string): string[] => (name === "a" ? ["b", "c"] : []);
  assert.deepEqual(inLoadingOrder(["a", "c"], needs), ["c", "a"]);
});
