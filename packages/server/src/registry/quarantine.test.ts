import assert from "node:assert/strict";
import { test } from "node:test";
import { Quarantine, type Quarantined } from "./quarantine.ts";

test("a model is refused once, then whoever wants it again may have it", () => {
  const bad = { name: "bad", version: "2", reason: "it crashed" };
  const lifted: Quarantined[] = [];
  const quarantine = new Quarantine([bad], (model) => lifted.push(model));
  const open = (name: string, version: string): void =>
    quarantine.check({ name, version, file: `/models/${name}.onnx` });
  open("bad", "1");
  open("good", "2");
  assert.throws(() => open("bad", "2"), {
    code: "MODEL_INVALID",
    message: /bad\.onnx: it crashed; replace it, or load it by request/,
  });
  assert.deepEqual(lifted, []);
  open("bad", "2");
  assert.deepEqual(
    lifted.map(({ name, version }) => [name, version]),
    [["bad", "2"]],
  );
  open("bad", "2");
  assert.equal(lifted.length, 1);
});
