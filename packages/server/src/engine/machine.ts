import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";

/** What this process may use of the machine. */
export interface Machine {
  /** Whole cores: affinity and cgroup quota respected, at least 1. */
  readonly cores: number;
  /** Bytes of memory: the cgroup's limit where there is one. */
  readonly memoryBytes: number;
}

export function readMachine(): Machine {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return {
    cores: Math.max(1, Math.min(availableParallelism(), readCpuQuota())),
    memoryBytes: constrained > 0 ? Math.min(constrained, total) : total,
  };
}

/** Cores that the cgroup (v2, then v1) grants, rounded down but at least 1; Infinity without a quota. */
function readCpuQuota(): number {
  const v2 = readText("/sys/fs/cgroup/cpu.max");
  if (v2 !== undefined) return parseCpuMax(v2);
  const quota = readText("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  const period = readText("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (quota === undefined || period === undefined) return Number.POSITIVE_INFINITY;
  return parseCpuMax(`${Number(quota) < 0 ? "max" : quota.trim()} ${period}`);
}

/**
 * Reads `cpu.max` of cgroup v2: `"<quota> <period>"` in µs, or `"max <period>"`.
 *
 * ```ts
 * parseCpuMax("250000 100000\n"); // 2
 * parseCpuMax("max 100000\n"); // Infinity
 * ```
 */
export function parseCpuMax(text: string): number {
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  if (!quota || !period) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(quota / period));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // Not Linux, or no such cgroup controller: no quota to respect.
  }
}
