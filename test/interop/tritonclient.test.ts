import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { writeBundle } from "../support/bundles.ts";
import { memoryModel, memoryYaml } from "../support/memory.ts";
import { temporaryFolder } from "../support/models.ts";
import { startServer } from "../support/server.ts";
import { writeTritonRepository } from "../support/tritonRepository.ts";
import { python, runPython, skip } from "./python.ts";

const here = import.meta.dirname;
const examples = join(here, "../../examples");
const SCRIPTS = {
  "Triton's HTTP client works unchanged": "tritonclient_http.py",
  "Triton's HTTP client uses the extensions": "tritonclient_http_extensions.py",
};

for (const [name, file] of Object.entries(SCRIPTS)) {
  test(name, { skip }, async () => {
    const own = python();
    await using server = await startServer([examples]);
    const args = [join(here, file), `127.0.0.1:${server.port}`, examples];
    const { status, stdout, stderr } = spawnSync(own, args, { encoding: "utf8", timeout: 120_000 });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
  });
}

test("Triton's HTTP client sends sequences", { skip }, async () => {
  const own = python();
  using folder = temporaryFolder();
  writeBundle(folder.path, "memory", memoryModel(), memoryYaml());
  await using server = await startServer([folder.path]);
  const args = [join(here, "tritonclient_http_sequences.py"), `127.0.0.1:${server.port}`];
  const { status, stdout, stderr } = spawnSync(own, args, { encoding: "utf8", timeout: 120_000 });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
});

test("Triton's clients find a repository of Triton as they know it", { skip }, async () => {
  using folder = temporaryFolder();
  writeTritonRepository(folder.path);
  await using server = await startServer([folder.path]);
  const { status, output } = runPython(
    "tritonclient_repository.py",
    `127.0.0.1:${server.port}`,
    server.grpc!,
    folder.path,
  );
  assert.equal(status, 0, output);
});
