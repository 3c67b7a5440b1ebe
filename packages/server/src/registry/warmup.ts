import { fail, type InferRequest, type Signature } from "@longshore/core";
import type { WorkSource } from "../engine/lane.ts";
import type { RunReply, RunRequest } from "../engine/messages.ts";
import type { Placement } from "../engine/pool.ts";
import { assemble } from "../inference/batch.ts";
import { rowsOf } from "../inference/shapes.ts";
import type { ModelSource } from "./scan.ts";
import type { Examine } from "./variants.ts";
import type { WarmupRun } from "./warmupRuns.ts";

/** What is warmed up. */
export interface WarmedModel {
  readonly name: string;
  /** Of the whole graph. */
  readonly signature: Signature;
  readonly batchable: boolean;
  readonly placement: Placement;
  /** That the model's sessions are open for. */
  readonly source: WorkSource;
}

/**
 * Runs a model's warm-up in each of its sessions, past the queue: nothing of it is counted.
 *
 * @throws LongshoreError MODEL_LOAD_FAILED with the first run that fails.
 */
export async function warmUp(model: WarmedModel, runs: readonly WarmupRun[]): Promise<void> {
  const warmed = model.placement.lanes.map(async (lane) => {
    for (const { name, count, request } of runs) {
      for (let round = 0; round < count; round++) {
        const problem = await new Promise<string | undefined>((resolve) => {
          lane.send(model.source, {
            request: toMessage(model.signature, model.batchable, request),
            size: 1,
            expectedMs: 0,
            done: (reply) => resolve(problemOf(reply)),
            failed: ({ message }) => resolve(message),
          });
        });
        if (problem === undefined) continue;
        const reason = `its warm-up "${name}" failed: ${problem}`;
        throw fail("MODEL_LOAD_FAILED", { model: model.name, reason });
      }
    }
  });
  // The model may be closed on a failure: by then nothing of this may still run.
  const failed = (await Promise.allSettled(warmed)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

/**
 * Has each run of a warm-up made once where models are tried: one that crashes the process natively
 * must not do so in that of the server.
 *
 * @param graph signature of the whole graph.
 * @throws LongshoreError MODEL_LOAD_FAILED
 */
export async function tryWarmup(
  { name, file, manifest: { signature, session } }: ModelSource,
  graph: Signature,
  batchable: boolean,
  runs: readonly WarmupRun[],
  examine: Examine,
): Promise<void> {
  const warmup = runs.map(({ request }) => toMessage(graph, batchable, request));
  await examine(file, { signature, session, warmup }).catch((error: Error) => {
    throw fail("MODEL_LOAD_FAILED", { model: name, reason: `its warm-up: ${error.message}` });
  });
}

/** Made anew for each run: the message takes its memory with it. */
function toMessage(
  graph: Signature,
  batchable: boolean,
  request: InferRequest,
): Omit<RunRequest, "session"> {
  const { runs, arena } = assemble(graph, [{ request, rows: rowsOf(request) }], batchable);
  return { type: "run", outputs: undefined, runs, arena };
}

function problemOf({ results }: RunReply): string | undefined {
  const parts = results.flatMap((result) => ("parts" in result ? result.parts : []));
  return parts.find(({ error }) => error !== undefined)?.error;
}
