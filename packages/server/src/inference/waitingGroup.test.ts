import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isBefore, WaitingGroup } from "./waitingGroup.ts";

interface Entry {
  readonly priority: number;
  readonly rows: number;
  readonly sequence: number;
  late: boolean;
}

test("property: entries are in order however they come, leave and change", () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 3 }), rows: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ remove: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ delay: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ take: fc.nat(4) }) },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const group = new WaitingGroup<Entry>("k");
      let plain: Entry[] = [];
      const pick = (which: number): Entry | undefined => plain[which % plain.length];
      const sort = (): Entry[] =>
        plain.toSorted(
          (a, b) =>
            a.priority - b.priority || Number(a.late) - Number(b.late) || a.sequence - b.sequence,
        );
      for (const [sequence, step] of actions.entries()) {
        if ("add" in step) {
          const entry = { priority: step.add, rows: step.rows, sequence, late: false };
          group.add(entry);
          plain.push(entry);
        } else if ("remove" in step && plain.length > 0) {
          const entry = pick(step.remove)!;
          group.remove(entry);
          plain = plain.filter((other) => other !== entry);
        } else if ("delay" in step && plain.length > 0) {
          const entry = pick(step.delay)!;
          group.remove(entry);
          entry.late = true;
          group.add(entry);
        } else if ("take" in step) {
          assert.deepEqual(group.take(step.take), sort().slice(0, step.take));
          plain = sort().slice(step.take);
        }
        assert.deepEqual(group.entries, sort());
        assert.equal(group.length, plain.length);
        assert.equal(group.first, sort()[0]);
        assert.equal(
          group.rows,
          plain.reduce((sum, { rows }) => sum + rows, 0),
        );
      }
    }),
  );
});

test("nothing goes before itself", () => {
  const entry = { priority: 1, late: false, sequence: 1 };
  assert.equal(isBefore(entry, entry), false);
  assert.equal(isBefore({ ...entry, late: true }, { ...entry, sequence: 9 }), false);
  assert.equal(isBefore({ ...entry, late: true }, { ...entry, priority: 2 }), true);
});
