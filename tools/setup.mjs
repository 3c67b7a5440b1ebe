// Makes a fresh clone ready: installs the locked dependencies when they are not there yet or
// the lock file has changed since. Runs on any Node >= 20, before the pinned one is installed.
import { execSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = `${root}node_modules/.package-lock.json`;
const upToDate =
  existsSync(installed) &&
  statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs;

if (!upToDate) {
  console.error("Installing dependencies (once, about a minute) …");
  execSync("npm ci --loglevel=error", { cwd: root, stdio: ["ignore", 2, 2] });
}
