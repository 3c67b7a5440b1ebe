import { readMachine } from "../engine/machine.ts";
import type { Attempt } from "./attempt.ts";
import type { Candidate } from "./candidate.ts";
import { ofOriginal, type Lab } from "./lab.ts";
import type { TriedFile } from "./openModel.ts";
import { timeInRounds, type Timed, type Turn } from "./rounds.ts";
import { toSpeed } from "./speed.ts";
import { Workshop } from "./workshop.ts";

/** What a process takes that holds a model, beside the model. */
const PROCESS_BYTES = 120 * 2 ** 20;

/**
 * Times candidates against each other and the original, each in a process of its own, and finds
 * what memory they take. As many processes stay open as fit into half of the memory; the others
 * are started anew for each turn.
 *
 * @param candidates the original first; those that were not built pass through.
 */
export async function measureSpeed(lab: Lab, candidates: readonly Attempt[]): Promise<Candidate[]> {
  const { options, job } = lab;
  await using stalls = new AsyncDisposableStack();
  const measured = new Map<string, { memoryBytes: number }>();
  const failures = new Map<string, string>();
  const timed: Timed[] = [];
  let room = readMachine().memoryBytes / 2;
  for (const { name, status, tried } of candidates) {
    if (status !== "measured" || tried === undefined) continue;
    options.onProgress("timing", `loading ${name}`);
    const workshop = new Workshop(job, options.signal);
    try {
      const { memoryBytes } = await workshop.ask({ type: "open", model: tried });
      measured.set(name, { memoryBytes });
      room -= memoryBytes + PROCESS_BYTES;
    } catch (error) {
      options.signal.throwIfAborted();
      await workshop[Symbol.asyncDispose]();
      if (timed.length === 0) throw ofOriginal(error, options);
      failures.set(name, (error as Error).message);
      continue;
    }
    const stays = room > 0;
    if (stays) stalls.use(workshop);
    else await workshop[Symbol.asyncDispose]();
    timed.push({
      name,
      turn: () => (stays ? takeTurn(workshop, tried) : takeTurnAnew(lab, tried)),
    });
  }
  const [original, ...others] = timed;
  if (original === undefined) throw new RangeError("the original is missing");
  const timings = await timeInRounds(original, others, {
    rounds: options.rounds,
    batch: job.batch,
    onRound: (round, models) =>
      options.onProgress("timing", `round ${round + 1} of ${options.rounds}, ${models} models`),
    onFailure(name, { message }) {
      options.signal.throwIfAborted();
      failures.set(name, message);
    },
  });
  return candidates.map((attempt): Candidate => {
    const { tried: _, ...candidate } = attempt;
    const { name } = candidate;
    const own = timings.get(name);
    const failure = failures.get(name);
    if (failure !== undefined) return { ...candidate, status: "failed", reason: failure };
    if (own === undefined) return candidate;
    const speed = toSpeed(own, timings.get(original.name)!, job.batch);
    return { ...candidate, memoryBytes: measured.get(name)!.memoryBytes, speed };
  });
}

async function takeTurn(workshop: Workshop, { examination }: TriedFile): Promise<Turn> {
  const one = await workshop.ask({ type: "time", rows: "one" });
  const { batchable } = examination.batch;
  const serving = batchable ? await workshop.ask({ type: "time", rows: "serving" }) : undefined;
  return { one, serving };
}

async function takeTurnAnew({ job, options }: Lab, model: TriedFile): Promise<Turn> {
  await using workshop = new Workshop(job, options.signal);
  await workshop.ask({ type: "open", model });
  return takeTurn(workshop, model);
}
