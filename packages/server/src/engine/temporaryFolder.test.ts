import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../../test/support/models.ts";
import { makeTemporaryFolder } from "./temporaryFolder.ts";

test("a folder that a killed process left behind is gone at the next start, and no other", async (context) => {
  using root = temporaryFolder();
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = root.path;
  context.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });

  // What a process leaves that ends without a word.
  const module = new URL("./temporaryFolder.ts", import.meta.url).href;
  const script = `
    const { makeTemporaryFolder } = await import(${JSON.stringify(module)});
    const folder = await makeTemporaryFolder("optimize");
    (await import("node:fs")).writeFileSync(folder + "/candidate.onnx", "x");
    process.stdout.write(folder);
    process.kill(process.pid, "SIGKILL");`;
  const killed = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  assert.equal(killed.signal, "SIGKILL", killed.stderr);
  const stale = killed.stdout;
  assert.ok(existsSync(join(stale, "candidate.onnx")));

  // One of a process that runs.
  const sleeper = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  await once(sleeper, "spawn");
  const dead = /(\d+)-\w{6}$/.exec(stale)![1]!;
  const running = stale.replace(`-${dead}-`, `-${sleeper.pid}-`);
  mkdirSync(running);
  // The same process id elsewhere, another purpose, other names; links are not followed.
  const place = /optimize-(\w+)-/.exec(stale)![1]!;
  const kept = [
    stale.replace(place, place === "00000000" ? "11111111" : "00000000"),
    stale.replace("optimize", "uploads"),
    stale.replace(`-${dead}-`, "-x-"),
    `${stale}y`,
  ];
  for (const path of kept) mkdirSync(path);
  writeFileSync(`${stale.slice(0, -6)}abcdef`, "a file");
  symlinkSync(kept[0]!, `${stale.slice(0, -6)}ghijkl`);
  try {
    const folder = await makeTemporaryFolder("optimize");
    assert.ok(existsSync(folder));
    assert.ok(!existsSync(stale));
    for (const path of [running, ...kept]) assert.ok(existsSync(path), path);
    assert.equal(readdirSync(root.path).length, kept.length + 4);
    rmSync(folder, { recursive: true });
  } finally {
    sleeper.kill("SIGKILL");
    await once(sleeper, "exit");
  }
});
