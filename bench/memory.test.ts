import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { readTreeMemory } from "./memory.ts";

const skip = existsSync("/proc/self/smaps_rollup") ? false : "needs Linux's /proc";

test("memory is that of the process and of its descendants", { skip }, async (t) => {
  const holder =
    'const held = Buffer.alloc(64e6, 1); console.log("held"); setInterval(() => held, 1e3);';
  const parent = spawn(process.execPath, [
    "--eval",
    `const { spawn } = require("node:child_process");
     const child = spawn(process.execPath, ["--eval", ${JSON.stringify(holder)}], { stdio: "inherit" });
     process.once("SIGTERM", () => child.kill());
     child.once("exit", () => process.exit());`,
  ]);
  t.after(async () => {
    parent.kill("SIGTERM");
    await once(parent, "exit");
  });
  await once(parent.stdout, "data");
  const bytes = readTreeMemory(parent.pid!);
  assert.ok(bytes > 64e6 && bytes < 500e6, `${bytes} bytes`);
});
