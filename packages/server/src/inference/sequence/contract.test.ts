import assert from "node:assert/strict";
import { test } from "node:test";
import type { Signature } from "@longshore/core";
import { SequenceProblem, toSequenceContract, type SequenceSettings } from "./contract.ts";

const GRAPH: Signature = {
  inputs: [
    { name: "x", datatype: "FP32", shape: ["N", 2] },
    { name: "h", datatype: "FP32", shape: ["N", 3] },
    { name: "cache", datatype: "FP16", shape: ["N", "past", 4] },
    { name: "START", datatype: "BOOL", shape: ["N", 1] },
    { name: "ID", datatype: "BYTES", shape: ["N", 1] },
  ],
  outputs: [
    { name: "y", datatype: "FP32", shape: ["N", 2] },
    { name: "h2", datatype: "FP32", shape: ["N", 3] },
    { name: "cache2", datatype: "FP16", shape: ["N", "all", 4] },
  ],
};

test("callers see what is neither a control nor a state", () => {
  const { signature, controls, states, stateOutputs } = toSequenceContract(
    {
      controls: { start: "START", corrid: "ID" },
      state: [
        { input: "h", output: "h2" },
        { input: "cache", output: "cache2", initial: 1, shape: [1, 0, 4] },
      ],
    },
    GRAPH,
  );
  assert.deepEqual(
    [...signature.inputs, ...signature.outputs].map(({ name }) => name),
    ["x", "y"],
  );
  assert.deepEqual(
    controls.map(({ kind, spec }) => [kind, spec.name]),
    [
      ["start", "START"],
      ["corrid", "ID"],
    ],
  );
  assert.deepEqual(
    states.map(({ initial, shape }) => [initial, shape]),
    [
      [0, [1, 3]],
      [1, [1, 0, 4]],
    ],
  );
  assert.deepEqual(stateOutputs, ["h2", "cache2"]);
});

test("what does not fit the model is said with its place", () => {
  const h = { input: "h", output: "h2" };
  const cases: [SequenceSettings, path: string, says: RegExp][] = [
    [{ controls: { end: "END" } }, "controls,end", /no input "END", but "x", "h"/],
    [{ controls: { start: "ID" } }, "controls,start", /numbers or booleans; "ID" is BYTES/],
    [{ controls: { corrid: "x" } }, "controls,corrid", /integers or texts; "x" is FP32/],
    [{ controls: { start: "START", end: "START" } }, "controls,end", /"START" is named twice/],
    [{ state: [{ input: "h", output: "z" }] }, "state,0,output", /no output "z", but "y"/],
    [{ state: [h, h] }, "state,1,input", /"h" is named twice/],
    [{ state: [{ input: "h", output: "cache2" }] }, "state,0,output", /data types or ranks differ/],
    [
      { state: [{ input: "cache", output: "cache2" }] },
      "state,0",
      /the axis past of "cache" is free/,
    ],
    [
      { state: [{ ...h, shape: [1, 4] }] },
      "state,0,shape",
      /\[1, 4\] is no shape of "h", \[N, 3\]/,
    ],
    [{ state: [{ ...h, shape: [3] }] }, "state,0,shape", /is no shape/],
  ];
  for (const [settings, path, says] of cases) {
    assert.throws(
      () => toSequenceContract(settings, GRAPH),
      (error: unknown) => {
        assert.ok(error instanceof SequenceProblem);
        assert.equal(error.path.join(), `sequence,${path}`);
        assert.match(error.message, says);
        return true;
      },
    );
  }
});
