#!/usr/bin/env node
// In a checkout the sources run as they are; in the published package only `dist` exists.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
if (existsSync(source)) {
  // The export condition can only be set when a process starts, so this one becomes that one.
  const args = ["--conditions=longshore-source", source, ...process.argv.slice(2)];
  if (process.execve) {
    process.execve(process.execPath, [process.execPath, ...args], process.env);
  } else {
    const { spawnSync } = await import("node:child_process");
    process.exit(spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1);
  }
} else {
  await import("#main");
}
