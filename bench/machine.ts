import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly onnxruntime: string;
  /** Processes running or waiting to run, averaged over the minute before. */
  readonly load: number;
}

export function readMachine(): Machine {
  const manifest = new URL("../node_modules/onnxruntime-node/package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return {
    cpu: cpus()[0]?.model ?? process.arch,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    onnxruntime: version,
    load: Number(loadavg()[0]?.toFixed(2)),
  };
}

/** One line of it, and a warning when the machine was not quiet. */
export function formatMachine(machine: Machine): string {
  const { cpu, cores, memoryGiB, node, onnxruntime, load } = machine;
  const facts = `${cpu}, ${cores} cores, ${memoryGiB} GiB; Node ${node}, ONNX Runtime ${onnxruntime}`;
  return load < 0.3
    ? facts
    : `${facts}\nwarning: the machine was busy (load ${load}); figures will be off`;
}
