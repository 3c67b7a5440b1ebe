import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { LongshoreError } from "@longshore/core";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../../test/support/models.ts";
import { createModelHost } from "../../modelHost.ts";
import type { Registry } from "../registry.ts";

/** What each model needs: two graphs, an ensemble of both, one of the first, one of two ensembles. */
const NEEDS = {
  first: [],
  second: [],
  both: ["first", "second"],
  single: ["first"],
  outer: ["single", "both"],
} as const satisfies Record<string, readonly string[]>;

type Name = keyof typeof NEEDS;
const NAMES = Object.keys(NEEDS) as Name[];

/** Each step in a chain from `in`, so that an answer tells which models were asked. */
function writeRepository(folder: string): void {
  writeOnnx(join(folder, "first.onnx"), affineModel(1));
  writeOnnx(join(folder, "second.onnx"), affineModel(2));
  for (const name of ["both", "single", "outer"] as const) {
    const needs: readonly Name[] = NEEDS[name];
    const steps = needs.map((model, index) => {
      const from = index === 0 ? "in" : `t${index}`;
      const to = index === needs.length - 1 ? "out" : `t${index + 1}`;
      const [input, output] = NEEDS[model].length === 0 ? ["x", "y"] : ["in", "out"];
      return { model, inputs: { [input]: from }, outputs: { [output]: to } };
    });
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "bundle.yaml"), JSON.stringify({ ensemble: { steps } }));
  }
}

/** What a model gives, by what it is made of. */
function valueOf(name: Name, x: number): number {
  if (name === "first") return 2 * x + 1;
  if (name === "second") return 2 * x + 2;
  return NEEDS[name].reduce((value, needed) => valueOf(needed, value), x);
}

const withNeeded = (name: Name): Name[] => [name, ...NEEDS[name].flatMap(withNeeded)];

async function ask(registry: Registry, name: Name): Promise<number | string> {
  try {
    const model = registry.get(name);
    const input = model.signature.inputs[0]!.name;
    const tensor = { datatype: "FP32", shape: [1, 1], data: Float32Array.of(3) } as const;
    const { outputs } = await model.infer({ inputs: new Map([[input, tensor]]) }, {});
    const [output] = outputs.values();
    return (output!.data as Float32Array)[0]!;
  } catch (error) {
    assert.ok(error instanceof LongshoreError, String(error));
    return error.code;
  }
}

test("property: whatever is loaded and unloaded by request, what answers is what can", async () => {
  using folder = temporaryFolder();
  writeRepository(folder.path);
  await using host = createModelHost({ paths: [folder.path], isolateTrials: false });
  const { registry } = host;
  await registry.sync(false);
  const name = fc.constantFrom(...NAMES);
  const action = fc.oneof(
    fc.record({ load: name }),
    fc.record({ unload: name, dependents: fc.boolean() }),
    fc.constant({ sync: true }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 8 }), async (actions) => {
      for (const each of NAMES) await registry.load(each);
      // The oracle: what was unloaded by request; an ensemble is ready where all that it needs is.
      const unloaded = new Set<Name>();
      const isReady = (each: Name): boolean =>
        !unloaded.has(each) && NEEDS[each].every((needed: Name) => isReady(needed));
      for (const step of actions) {
        if ("load" in step) {
          await registry.load(step.load);
          for (const each of withNeeded(step.load)) unloaded.delete(each);
        } else if ("unload" in step) {
          await registry.unload(step.unload, step.dependents);
          const all = withNeeded(step.unload);
          const others = NAMES.filter((each) => !all.includes(each) && !unloaded.has(each));
          const kept = new Set(others.flatMap(withNeeded));
          unloaded.add(step.unload);
          if (step.dependents) for (const each of all) if (!kept.has(each)) unloaded.add(each);
        } else await registry.sync(false);
        const states = new Map(registry.index().map((entry) => [entry.name, entry.state]));
        for (const each of NAMES) {
          const ready = isReady(each);
          assert.equal(states.get(each), ready ? "READY" : "UNAVAILABLE", each);
          assert.equal(await ask(registry, each), ready ? valueOf(each, 3) : "MODEL_UNREADY", each);
        }
      }
    }),
    { numRuns: 40 },
  );
});
