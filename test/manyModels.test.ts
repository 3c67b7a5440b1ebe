import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";

/** Memory of a process and all below it, shared pages counted once, in bytes. Linux only. */
function treeMemory(pid: number): number {
  const smaps = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const own = Number(/^Pss:\s+(\d+) kB$/m.exec(smaps)![1]) * 1024;
  const listed = execFileSync("sh", ["-c", `ps --ppid ${pid} -o pid= || true`], {
    encoding: "utf8",
  });
  const children = listed.split("\n").map(Number).filter(Boolean);
  return children.reduce((sum, child) => sum + treeMemory(child), own);
}

test(
  "200 models in one server answer, in under 600 MB",
  { skip: process.platform === "linux" ? false : "memory is read from /proc" },
  async () => {
    using folder = temporaryFolder();
    for (let index = 0; index < 200; index++) {
      writeOnnx(join(folder.path, `model${index}`, "1", "model.onnx"), affineModel(index));
    }
    await using server = await startServer([folder.path], ["--log-level", "warn"]);
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const response = await fetch(`${server.url}/predict/model${index}`, {
          method: "POST",
          body: JSON.stringify({ inputs: [[1]] }),
        });
        const { outputs } = (await response.json()) as { outputs: { y: number[][] } };
        assert.deepEqual(outputs, { y: [[2 + index]] });
      }),
    );
    const memory = treeMemory(server.pid);
    assert.ok(memory < 600e6, `${Math.round(memory / 1e6)} MB`);
    console.log(`200 models: ${Math.round(memory / 1e6)} MB`);
  },
);
