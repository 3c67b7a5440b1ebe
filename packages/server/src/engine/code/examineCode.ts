import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { fail } from "@longshore/core";
import { findBatchAxis } from "@longshore/onnx/serving";
import type { AboutModel, Examination } from "../examine.ts";
import { runRows, type MadeRow, type TriedModel } from "../madeRows.ts";
import { messageOf } from "../messageOf.ts";
import { proveBatching } from "../proveBatching.ts";
import { findRunnableRows, timeRuns } from "../tryRows.ts";
import { codeLimitsOf } from "./codeFile.ts";
import { CodeSession } from "./codeSession.ts";

/** A call with made-up rows may take no longer: loading should not wait for what proves little. */
const TRIAL_RUN_MS = 3_000;

/**
 * Finds out what a code model is: imports it, loads its state and calls it with made-up rows, in a
 * worker like the one that it is served in.
 *
 * A module may refuse rows that were made up. Then its contract counts: a symbolic first axis says
 * that rows are independent.
 *
 * @throws LongshoreError CODE_FAILED, MODEL_INVALID
 */
export async function examineCode(path: string, about: AboutModel = {}): Promise<Examination> {
  const limits = about.code ?? codeLimitsOf({});
  const file = basename(path);
  if (about.signature !== undefined)
    throw fail("MODEL_INVALID", {
      file: path,
      problem: "`signature` of bundle.yaml is for graphs; a module declares its own names",
    });
  const maxRunMs = Math.min(limits.maxRunMs, TRIAL_RUN_MS);
  await using session = await CodeSession.open(path, file, { ...limits, maxRunMs });
  const { signature } = session;
  const model: TriedModel = { signature, run: (request) => session.run(request) };
  const declared = findBatchAxis(signature);
  const made = await findRunnableRows(model, declared.batchable);
  const refusal = "error" in made ? made.error : await refusalOf(model, made.rows.slice(1));
  return {
    signature,
    changes: [],
    exchange: new Map(),
    batch:
      !declared.batchable || "error" in made || refusal !== undefined
        ? trust(declared, refusal)
        : await proveBatching(model, made.rows),
    runMs: "error" in made ? undefined : await timeRuns(model, made.rows[0]!),
    bytes: (await stat(path)).size,
  };
}

function trust(declared: Examination["batch"], refusal: string | undefined): Examination["batch"] {
  if (!declared.batchable || refusal === undefined) return declared;
  const reason = `${declared.reason}; not proven, as made-up rows fail: ${refusal}`;
  return { batchable: true, reason };
}

/** Why one of these rows fails by itself; undefined if none does. */
async function refusalOf(model: TriedModel, rows: readonly MadeRow[]): Promise<string | undefined> {
  for (const row of rows) {
    try {
      await runRows(model, [row]);
    } catch (error) {
      return messageOf(error);
    }
  }
  return undefined;
}
