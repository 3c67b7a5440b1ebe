import { execFile } from "node:child_process";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { model, node, writeModel } from "@longshore/onnx";
import { Trials } from "../../engine/trial.ts";
import type { Check } from "./check.ts";

/**
 * Whether ONNX Runtime loads, and whether it computes.
 *
 * Both are tried in other processes: a native library may end the process that it fails in.
 */
export async function checkRuntime(): Promise<Check[]> {
  const loads = await checkLoading();
  return loads.status === "fail" ? [loads] : [loads, await checkInference()];
}

interface Backend {
  readonly name: string;
  readonly bundled: boolean;
}

/** Prints version and execution providers of the library at the URL given. */
const PROBE = `
const { env, listSupportedBackends } = await import(process.argv[1]);
console.log(JSON.stringify({ version: env.versions.node, backends: listSupportedBackends() }));`;

async function checkLoading(): Promise<Check> {
  const name = "ONNX Runtime";
  try {
    const library = import.meta.resolve("onnxruntime-node");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", PROBE, library],
      {
        env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" },
        timeout: 60_000,
      },
    );
    const { version, backends } = JSON.parse(stdout) as { version: string; backends: Backend[] };
    const bundled = backends.flatMap((backend) => (backend.bundled ? [backend.name] : []));
    const others = backends.flatMap((backend) => (backend.bundled ? [] : [backend.name]));
    const detail = `${version}, providers ${bundled.join(", ")}${others.length > 0 ? ` (not installed: ${others.join(", ")})` : ""}`;
    return { name, status: "ok", detail };
  } catch (error) {
    const advice =
      "install it again: npm rebuild onnxruntime-node; it needs glibc 2.28 or later on Linux";
    return { name, status: "fail", detail: `does not load: ${reasonOf(error)}`, advice };
  }
}

/** The line of a failed process that says why; the rest is its source text and stack. */
function reasonOf(error: unknown): string {
  const {
    message,
    stderr = "",
    signal,
  } = error as Error & { stderr?: string; signal?: string | null };
  if (signal) return `its process ended with ${signal}`;
  return /^\w*Error.*$/m.exec(stderr)?.[0] ?? message.split("\n")[0]!;
}

/** Takes a model of one node the way that `serve` takes every model. */
async function checkInference(): Promise<Check> {
  const name = "inference";
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-doctor-"));
  await using trials = new Trials();
  const path = join(folder.path, "model.onnx");
  const spec = { datatype: "FP32", shape: ["N", 4] } as const;
  const doctored = model({
    inputs: [{ name: "x", ...spec }],
    outputs: [{ name: "y", ...spec }],
    nodes: [node("Add", ["x", "x"], ["y"])],
  });
  try {
    await writeFile(path, Buffer.concat(writeModel(doctored)));
    const { runMs, batch } = await trials.examine(path);
    if (runMs === undefined || !batch.batchable) throw new Error(batch.reason);
    return {
      name,
      status: "ok",
      detail: `works; calling a model of one node takes ${Math.round(runMs * 1000)} µs`,
    };
  } catch (error) {
    const advice = "run longshore with LONGSHORE_DEBUG=1 and report this";
    return { name, status: "fail", detail: `fails: ${(error as Error).message}`, advice };
  }
}
