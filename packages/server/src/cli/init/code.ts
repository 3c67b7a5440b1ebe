/**
 * The first files of a bundle whose model is code, for `longshore init --code`: small, but all of
 * them work, and each part that a real one needs is there to be replaced.
 *
 * @param name of the bundle; becomes part of the model's URL.
 * @returns texts by file name.
 */
export function codeBundleFiles(name: string): ReadonlyMap<string, string> {
  return new Map([
    ["bundle.yaml", manifest(name)],
    ["model.ts", MODEL],
    ["golden.jsonl", GOLDEN],
  ]);
}

function manifest(name: string): string {
  return `name: ${name}
description: Prices parcels by weight and distance.
task: optimization
model: model.ts

# What callers of /predict/${name} send and get, in their terms.
inputs:
  kilograms: { type: number, unit: kg, range: [0, 31.5], example: 2 }
  kilometres: { type: number, unit: km, range: [0, 20000], example: 350 }
outputs:
  price: { type: number, unit: EUR }

pipeline:
  before:
    # From columns to the model's input, a row each.
    - { step: combine, columns: [kilograms, kilometres], into: parcels }

# A call that takes longer, or more memory, is ended; the next one gets a fresh thread.
code: { maxRunMs: 1000, maxMemoryMib: 64 }

# Answers that it must give before it is served.
golden: { file: golden.jsonl, tolerance: 1.0e-6 }
`;
}

const MODEL = `import { defineModel } from "longshore/model";

interface Tariff {
  readonly base: number;
  readonly perKilogram: number;
  readonly perKilometre: number;
}

export default defineModel({
  // "N" counts rows: rows of several callers come together, in one call of \`predict\`.
  inputs: { parcels: { datatype: "FP32", shape: ["N", 2] } },
  outputs: { price: { datatype: "FP64", shape: ["N"] } },

  // Once in each worker thread. Files of the bundle are in \`folder\`.
  load: (): Tariff => ({ base: 3.5, perKilogram: 0.8, perKilometre: 0.002 }),

  predict({ parcels }, { base, perKilogram, perKilometre }) {
    const [rows = 0] = parcels.shape;
    const price = Float64Array.from({ length: rows }, (_, row) => {
      const kilograms = parcels.data[2 * row]!;
      const kilometres = parcels.data[2 * row + 1]!;
      return base + kilograms * perKilogram + kilometres * perKilometre;
    });
    return { price };
  },
});
`;

const GOLDEN = `{"request": {"inputs": {"kilograms": 2, "kilometres": 350}}, "answer": {"outputs": {"price": 5.8}}}
{"request": {"inputs": {"kilograms": 0.5, "kilometres": 0}}, "answer": {"outputs": {"price": 3.9}}}
`;
