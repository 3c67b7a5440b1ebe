import { readFile, statfs } from "node:fs/promises";
import { arch, availableParallelism, cpus, totalmem } from "node:os";
import { Pool } from "../../engine/pool.ts";
import type { Machine } from "../../engine/machine.ts";
import { formatBytes } from "../table.ts";
import type { Check } from "./check.ts";
import { readCpuFeatures } from "../../engine/cpuFeatures.ts";

const GIB = 2 ** 30;
const MIN_NODE = 24;
/** A connection takes one, and a proxy in front may hold a thousand open. */
const MIN_OPEN_FILES = 4096;

/** The machine as this process may use it. */
export async function checkMachine(machine: Machine): Promise<Check[]> {
  return [
    checkNode(),
    checkCores(machine),
    await checkCpuFeatures(),
    checkMemory(machine),
    await checkOpenFiles(),
    await checkDisk(),
  ];
}

/** What `serve` would choose here, when it is told nothing else. */
export function checkDefaults(machine: Machine): Check {
  const pool = new Pool(machine);
  const light = pool.place({ runMs: 0, bytes: 0 }).lanes.length;
  const heavy = pool.place({ runMs: Number.POSITIVE_INFINITY, bytes: 0 });
  const detail =
    `${count(light, "worker")} shared by small models, ${count(heavy.lanes.length, "worker")} with ` +
    `${count(heavy.intraOpThreads, "thread")} for each large one`;
  return { name: "serve would use", status: "ok", detail };
}

function checkNode(): Check {
  const name = "Node.js";
  const detail = `${process.version}, ${process.platform} ${arch()}`;
  if (Number.parseInt(process.versions.node) >= MIN_NODE) return { name, status: "ok", detail };
  return { name, status: "fail", detail, advice: `install Node.js ${MIN_NODE} or later` };
}

function checkCores({ cores }: Machine): Check {
  const present = cpus().length;
  const allowed = availableParallelism();
  const limits = [
    ...(allowed < present ? [`${allowed} of ${present} by CPU affinity`] : []),
    ...(cores < allowed ? [`${cores} of ${allowed} by the container's CPU quota`] : []),
  ];
  const model = cpus()[0]?.model.trim() ?? "";
  const what = model === "" || model === "unknown" ? "unnamed processor" : model;
  const detail = `${count(cores, "core")} of ${what}${limits.length > 0 ? ` (${limits.join(", ")})` : ""}`;
  if (cores > 1) return { name: "CPU", status: "ok", detail };
  const advice = "with one core, requests and models take turns on it; give the server two or more";
  return { name: "CPU", status: "warn", detail, advice };
}

async function checkCpuFeatures(): Promise<Check> {
  const name = "CPU features";
  const features = await readCpuFeatures();
  if (features === undefined)
    return { name, status: "ok", detail: "not known; they are read on Linux only" };
  const { present, missing, wanted } = features;
  const detail = [
    present.join(", ") || "none that matter",
    ...(missing.length > 0 ? [`without ${missing.join(", ")}`] : []),
  ].join("; ");
  if (present.includes(wanted)) return { name, status: "ok", detail };
  return {
    name,
    status: "warn",
    detail,
    advice: `models run several times faster on a processor with ${wanted}`,
  };
}

function checkMemory({ memoryBytes }: Machine): Check {
  const total = totalmem();
  const limited =
    memoryBytes < total ? ` (limit of the container; the machine has ${formatBytes(total)})` : "";
  const detail = `${formatBytes(memoryBytes)}${limited}`;
  if (memoryBytes >= GIB) return { name: "memory", status: "ok", detail };
  return {
    name: "memory",
    status: "warn",
    detail,
    advice: "only small models fit; give the server 1 GiB or more",
  };
}

async function checkOpenFiles(): Promise<Check> {
  const name = "open files";
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === undefined)
    return { name, status: "ok", detail: "limit not known; it is read on Linux only" };
  const detail = `limit of ${soft}`;
  if (soft === "unlimited" || Number(soft) >= MIN_OPEN_FILES) return { name, status: "ok", detail };
  return {
    name,
    status: "warn",
    detail,
    advice: "each connection takes one; raise the limit with: ulimit -n 65536",
  };
}

async function checkDisk(): Promise<Check> {
  const { bavail, bsize } = await statfs(".");
  const free = bavail * bsize;
  const detail = `${formatBytes(free)} free in this folder`;
  if (free >= GIB) return { name: "disk", status: "ok", detail };
  return {
    name: "disk",
    status: "warn",
    detail,
    advice: "new model versions may not fit; free some space",
  };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
