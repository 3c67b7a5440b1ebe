import { createHash } from "node:crypto";
import { lstat, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "./messageOf.ts";

/**
 * Makes a temporary folder `longshore-<purpose>-<place>-<process id>-<random>`. Those of the same
 * purpose that a process left behind when it was killed are removed first: only this user's, and only
 * where no process of that number runs.
 */
export async function makeTemporaryFolder(purpose: string): Promise<string> {
  const prefix = `longshore-${purpose}-${await placeOf()}-`;
  await removeStale(prefix);
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}

/**
 * Where a process id means the same process: this machine, and on Linux this container. Others may
 * share the folder.
 */
async function placeOf(): Promise<string> {
  const namespace = await readlink("/proc/self/ns/pid").catch(messageOf);
  return createHash("sha256").update(`${hostname()}\n${namespace}`).digest("hex").slice(0, 8);
}

async function removeStale(prefix: string): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(prefix) ? /^(\d+)-\w{6}$/.exec(name.slice(prefix.length)) : null;
    if (pid === null || isAlive(Number(pid[1]))) continue;
    const path = join(tmpdir(), name);
    const owner = await lstat(path).catch(() => undefined);
    if (owner?.isDirectory() !== true || owner.uid !== process.getuid?.()) continue;
    // Another process may be at the same, and what cannot be removed is in nobody's way.
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Anything but "no such process" is about one that runs.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
