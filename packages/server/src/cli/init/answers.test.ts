import assert from "node:assert/strict";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { toTypedArray } from "@longshore/core";
import { newNotes } from "@longshore/core/pipeline";
import { decodeJsonRecords } from "@longshore/core/records";
import { temporaryFolder } from "../../../../../test/support/models.ts";
import { readCsv } from "../../data/csv.ts";
import { openRunnableFile } from "../../engine/runnable.ts";
import { checkBundle } from "../check/checkBundle.ts";
import { succeed } from "../process.test.ts";

const SAMPLES = join(import.meta.dirname, "samples");
const CUSTOMERS = join(SAMPLES, "customers.csv");

type Answers = Record<string, { churned: string[]; probabilities: number[][] }>;
const ANSWERS = JSON.parse(readFileSync(join(SAMPLES, "answers.json"), "utf8")) as Answers;

/** The data as a caller would send them. */
function readRows(): Uint8Array {
  const { records } = readCsv(readFileSync(CUSTOMERS, "utf8"), CUSTOMERS);
  const inputs = records.map(({ fields: [age, city, spent] }) => ({
    age: age === "" ? null : Number(age),
    city,
    spent: Number(spent),
  }));
  return new TextEncoder().encode(JSON.stringify({ inputs }));
}

for (const name of ["columns", "matrix"]) {
  test(`${name}: what is proposed answers as scikit-learn does, gaps and categories included`, async () => {
    using folder = temporaryFolder();
    copyFileSync(join(SAMPLES, `${name}.onnx`), join(folder.path, "model.onnx"));
    await succeed(["init", join(folder.path, "model.onnx"), "--data", CUSTOMERS]);
    const { pipeline } = await checkBundle(folder.path, false);
    const { inputs, answer } = pipeline!;
    const contract = { name, inputs, answer, maxRows: 1000 };
    const { frame } = decodeJsonRecords(readRows(), contract, { maxDepth: 9, maxElements: 9999 });
    const notes = newNotes();
    const runnable = await openRunnableFile({
      path: join(folder.path, "model.onnx"),
      intraOpThreads: 1,
      edited: true,
      override: undefined,
    });
    try {
      const given = await pipeline!.before(frame, notes);
      const { columns } = await pipeline!.after(
        given,
        await runnable.run(given),
        frame.rows,
        notes,
      );
      const expected = ANSWERS[name]!;
      const [label, scores] = [...columns.values()];
      assert.ok(label?.kind === "text" && scores?.kind === "tensor");
      assert.deepEqual(label.values, expected.churned);
      const { datatype, data } = scores.tensor;
      const got = [...toTypedArray(datatype, data)].map(Number);
      expected.probabilities.flat().forEach((probability, index) => {
        assert.ok(Math.abs(got[index]! - probability) < 1e-5, `${index}: ${got[index]}`);
      });
    } finally {
      await runnable.close();
    }
  });
}
