/** Ensembles as drawn, against the slow and obvious way to compute them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EnsembleSettings, EnsembleStep } from "@longshore/core/manifest";
import {
  around,
  differenceModel,
  floats,
  hostOf,
  request,
} from "../../../../../test/support/ensembleModels.ts";
import { affineModel } from "../../../../../test/support/models.ts";
import { computeEnsemble } from "./computeEnsemble.ts";

/** Small integers, which stay exact in FP32 as long as chains are short. */
type Values = readonly number[];

/** The slow, obvious way: whatever a tensor follows from is computed when it is asked for. */
function evaluate(
  { steps }: EnsembleSettings,
  inputs: ReadonlyMap<string, Values>,
  tensor: string,
  asked: Set<number> = new Set(),
): Values {
  const given = inputs.get(tensor);
  if (given !== undefined) return given;
  const index = steps.findIndex(({ outputs }) => Object.values(outputs).includes(tensor));
  asked.add(index);
  const { model: name, inputs: of, outputs } = steps[index]!;
  const read = (input: string): Values => evaluate({ steps }, inputs, of[input]!, asked);
  if (name === "affine") return read("x").map((value) => 2 * value + 1);
  const [a, b] = [read("a"), read("b")];
  const sign = outputs["y"] === tensor ? 1 : -1;
  return a.map((value, place) => sign * (value - b[place]!));
}

/** A step by what it is; `from` are places among the tensors that there are by then. */
const drawnStep = fc.record({
  affine: fc.boolean(),
  from: fc.tuple(fc.nat(), fc.nat()),
  outputs: fc.constantFrom(["y"], ["z"], ["y", "z"]),
});

function toSettings(
  drawn: readonly (typeof drawnStep extends fc.Arbitrary<infer S> ? S : never)[],
): {
  readonly steps: EnsembleStep[];
  readonly made: string[];
} {
  const there = ["in0", "in1"];
  const made: string[] = [];
  const steps = drawn.map(({ affine, from, outputs }, index): EnsembleStep => {
    const [a, b] = from.map((place) => there[place % there.length]!) as [string, string];
    const names = affine ? ["y"] : outputs;
    const mapped = Object.fromEntries(names.map((name) => [name, `t${index}${name}`]));
    there.push(...Object.values(mapped));
    made.push(...Object.values(mapped));
    return affine
      ? { model: "affine", inputs: { x: a }, outputs: mapped }
      : { model: "difference", inputs: { a, b }, outputs: mapped };
  });
  return { steps, made };
}

test("property: any graph of models gives what its steps give one after another, and runs no step in vain", async () => {
  await using setup = await hostOf({ affine: affineModel(), difference: differenceModel() });
  const runs = { count: 0 };
  const find = around(setup.find, (_model, infer) => (asked, context) => {
    runs.count++;
    return infer(asked, context);
  });
  const drawn = fc.record({
    steps: fc.array(drawnStep, { minLength: 1, maxLength: 9 }),
    shuffle: fc.infiniteStream(fc.nat()),
    wanted: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    rows: fc.integer({ min: 1, max: 3 }),
    values: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 12, maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ steps: drawnSteps, shuffle, wanted, rows, values }) => {
      const { steps, made } = toSettings(drawnSteps);
      const places = shuffle[Symbol.iterator]();
      const shuffled = steps
        .map((each) => ({ each, place: places.next().value as number }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ each }) => each);
      const outputs = [...new Set(wanted.map((place) => made[place % made.length]!))];
      const settings = { outputs: made, steps: shuffled };
      const given = new Map<string, Values>([
        ["in0", values.slice(0, rows * 2)],
        ["in1", values.slice(6, 6 + rows * 2)],
      ]);
      const compute = computeEnsemble("ensemble", { ensemble: settings }, find);
      assert.deepEqual(
        compute.signature.outputs.map(({ name }) => name),
        made,
      );
      const inputs = Object.fromEntries(
        compute.signature.inputs.map(({ name }) => [name, floats([rows, 2], given.get(name)!)]),
      );
      const asked = new Set<number>();
      const expected = outputs.map((name) => [name, [...evaluate(settings, given, name, asked)]]);
      runs.count = 0;
      const { outputs: answered } = await compute.infer(request(inputs, outputs), {});
      assert.deepEqual(
        [...answered].map(([name, { data }]) => [
          name,
          [...(data as Float32Array)].map((v) => v + 0),
        ]),
        expected.map(([name, of]) => [name, (of as number[]).map((v) => v + 0)]),
      );
      assert.equal(runs.count, asked.size, "steps that ran");
    }),
    { numRuns: 150 },
  );
});
