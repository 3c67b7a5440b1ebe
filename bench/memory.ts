import { readdirSync, readFileSync } from "node:fs";

/**
 * Memory of a process with all its descendants, in bytes: the sum of their proportional set sizes
 * (a page that n processes share counts 1/n in each).
 *
 * Source: Linux, Documentation/filesystems/proc.rst, smaps_rollup.
 *
 * @throws Error where there is no /proc, and when a process is gone.
 */
export function readTreeMemory(root: number): number {
  return readTree(root).reduce((sum, pid) => sum + readProportionalSetSize(pid), 0);
}

/** A process and all its descendants. */
export function readTree(root: number): number[] {
  const tree = [root];
  const children = readChildren();
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

function readProportionalSetSize(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const kibibytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/smaps_rollup has no Pss line`);
  return Number(kibibytes) * 1024;
}

function readChildren(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = readParent(name);
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

/** The parent of a process, or undefined when it ended meanwhile. */
function readParent(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the command in parentheses, which may itself hold spaces and ")".
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}
