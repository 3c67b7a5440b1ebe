import assert from "node:assert/strict";
import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPlatform } from "./platform.ts";

test("files are those of the bundle, whatever their names and links say", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-platform-"));
  const at = (...names: string[]): string => join(folder.path, ...names);
  await mkdir(at("bundle", "deep"), { recursive: true });
  await mkdir(at("bundle-other"));
  await writeFile(at("secret.txt"), "no");
  await writeFile(at("bundle-other", "a.txt"), "no");
  await writeFile(at("bundle", "deep", "a.txt"), "yes");
  await symlink(at("secret.txt"), at("bundle", "link.txt"));
  await symlink(at("bundle", "deep"), at("bundle", "inside"));
  const { readFile, importModule } = openPlatform(at("bundle"), false);
  for (const name of ["deep/a.txt", "./deep/../deep/a.txt", "inside/a.txt"])
    assert.equal(Buffer.from(await readFile(name)).toString(), "yes");
  for (const name of ["../secret.txt", "link.txt", "../bundle-other/a.txt", at("secret.txt"), "."])
    await assert.rejects(readFile(name), { code: "DATA_INVALID", message: /lies outside/ }, name);
  await assert.rejects(readFile("nowhere.txt"), { message: /there is no such file in the bundle/ });
  await writeFile(at("bundle", "step.js"), "export default 1;");
  await assert.rejects(importModule("step.js"), { code: "CODE_NOT_ALLOWED" });
});
