import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Only ends a test that waits for what never comes. */
const HANG_MS = 60_000;

/**
 * A metric of a running server.
 *
 * @param name with labels as they are printed: `longshore_queue_depth{model="slow",version="1"}`.
 * @returns 0 for one with labels that was never counted.
 */
export async function readMetric(url: string, name: string): Promise<number> {
  // A test may count connections: none is left behind.
  const response = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  const text = await response.text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  assert.ok(line !== undefined || name.includes("{"), `no metric ${name}`);
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** Waits until something is so; an error counts as "not yet", such as a server that is not back. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + HANG_MS;
  let last = "";
  const holds = async (): Promise<boolean> => isSo();
  const failed = (error: unknown): boolean => {
    last = `; last: ${String(error)}`;
    return false;
  };
  while (!(await holds().catch(failed))) {
    assert.ok(performance.now() < giveUp, `never happened: ${what}${last}`);
    await sleep(10);
  }
}
