/** Models by a model config file of TensorFlow Serving, labels, and the port that its clients know. */
import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { LONG, writeSlowModels } from "./badInput/models.ts";
import { readMetric } from "./support/metrics.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

/** As many offsets as versions: the answer tells which version gave it. */
function writeVersions(folder: string, name: string, ...versions: number[]): string {
  for (const version of versions)
    writeOnnx(join(folder, name, `${version}`, "model.onnx"), affineModel(version));
  return join(folder, name);
}

/** Writes the file as a whole, as deployment tools do. */
function writeConfig(folder: string, ...configs: string[]): string {
  const file = join(folder, "models.config");
  writeFileSync(`${file}.new`, `model_config_list {\n${configs.map((each) => `config { ${each} }`).join("\n")}\n}\n`); // prettier-ignore
  renameSync(`${file}.new`, file);
  return file;
}

/** Which version answers a call: its offset. */
async function versionOf(url: string, servable: string): Promise<number | string> {
  const response = await fetch(`${url}/v1/models/${servable}:predict`, {
    method: "POST",
    body: '{"instances":[[0]]}',
  });
  const answer = (await response.json()) as { predictions?: [[number]]; error?: string };
  return answer.predictions?.[0][0] ?? `${response.status} ${answer.error}`;
}

/** Waits until something holds; what never does ends in the test's time limit. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(50);
}

async function stateOf(url: string, model: string): Promise<string> {
  const answer = (await (await fetch(`${url}/v1/models/${model}`)).json()) as {
    error?: string;
    model_version_status?: { version: string; state: string }[];
  };
  if (answer.model_version_status === undefined) return `${answer.error}`;
  return answer.model_version_status.map(({ version, state }) => `${version} ${state}`).join(", ");
}

test(
  "versions and labels of a model config file, followed while it changes",
  { timeout: 120_000 },
  async () => {
    using folder = temporaryFolder();
    const one = writeVersions(folder.path, "one", 1, 2, 3);
    const two = writeVersions(folder.path, "two", 5);
    // Any single graph of a version folder is its model.
    renameSync(join(two, "5", "model.onnx"), join(two, "5", "saved.onnx"));
    const labelled = (stable: number, canary: number): string =>
      `name: "first" base_path: "${one}" model_platform: "tensorflow" unheard_of: 1
     model_version_policy { specific { versions: 1 versions: 2 } }
     version_labels { key: "stable" value: ${stable} } version_labels { key: "canary" value: ${canary} }`;
    const second = `name: "second" base_path: "${two}"`;
    const file = writeConfig(folder.path, labelled(1, 2), second);
    await using server = await startServer(
      [],
      ["--model-config-file", file, "--watch", "--tfserving-port", "0"],
    );
    const { url } = server;

    assert.equal(await stateOf(url, "first"), "2 AVAILABLE, 1 AVAILABLE");
    assert.equal(await versionOf(url, "first"), 2);
    assert.equal(await versionOf(url, "first/versions/1"), 1);
    assert.equal(await versionOf(url, "first/labels/stable"), 1);
    assert.equal(await versionOf(url, "first/labels/canary"), 2);
    assert.equal(await versionOf(url, "second"), 5);
    assert.equal(
      await versionOf(url, "first/versions/3"),
      "404 Servable not found for request: Specific(first, 3); available: 1, 2",
    );
    assert.equal(
      await versionOf(url, "first/labels/beta"),
      '400 Unrecognized servable version label: "beta"; the labels of "first" are stable, canary',
    );
    const metadata = await fetch(`${url}/v1/models/first/labels/stable/metadata`);
    assert.match(await metadata.text(), /"name":"first","signature_name":"","version":"1"/);
    const status = await fetch(`${url}/v1/models/first/labels/stable`);
    assert.match(await status.text(), /^\{"model_version_status":\[\{"version":"1"[^[]*\]\}$/);
    await until(async () => /config\.unheard_of[^\n]* is not known/.test(server.log()));

    // Labels move without anything being loaded.
    writeConfig(folder.path, labelled(2, 1), second);
    await until(async () => (await versionOf(url, "first/labels/stable")) === 2);
    assert.equal(await versionOf(url, "first/labels/canary"), 1);

    // A broken file changes nothing, and is told once.
    writeFileSync(file, "model_config_list { config { name: }");
    await until(async () => /line 1, column 36: expected a value, got \}; what it said before stays/.test(server.log())); // prettier-ignore
    await sleep(1500);
    assert.equal(server.log().split("what it said before stays").length, 2);
    assert.equal(await versionOf(url, "first/labels/stable"), 2);
    assert.equal(await versionOf(url, "second"), 5);
    rmSync(file);
    await until(async () => /ENOENT[^\n]*; what it said before stays/.test(server.log()));
    assert.equal(await versionOf(url, "second"), 5);

    // One model goes, another comes, and of the first all versions are wanted.
    const third = writeVersions(folder.path, "three", 7);
    writeConfig(
      folder.path,
      `name: "first" base_path: "${one}" model_version_policy { all {} }`,
      `name: "third" base_path: "${third}"`,
    );
    await until(async () => (await versionOf(url, "third")) === 7 && (await versionOf(url, "first")) === 3); // prettier-ignore
    await until(async () => (await stateOf(url, "second")).startsWith("Servable not found"));
    assert.equal(await stateOf(url, "first"), "3 AVAILABLE, 2 AVAILABLE, 1 AVAILABLE");
    assert.match((await versionOf(url, "first/labels/stable")) as string, /^400 .* are none$/);
  },
);

/** Address of the other port. */
function otherUrl(server: TestServer): string {
  const [, url] = /\/v1\s+(http:\S+)\/v1$/m.exec(server.log()) ?? [];
  return url ?? assert.fail(server.log());
}

test("one more port is the same server", { timeout: 120_000 }, async () => {
  using folder = temporaryFolder();
  writeVersions(folder.path, "m", 4);
  writeSlowModels(folder.path);
  await using server = await startServer(
    [folder.path],
    ["--tfserving-port", "0", "--max-concurrent", "1", "--max-body-mib", "1"],
  );
  const other = otherUrl(server);
  assert.notEqual(other, server.url);
  assert.equal(await versionOf(other, "m"), 4);
  assert.equal(await versionOf(server.url, "m"), 4);
  assert.equal((await fetch(`${other}/v2/health/ready`)).status, 200);
  const metrics = await (await fetch(`${other}/metrics`)).text();
  assert.match(metrics, /process_start_time_seconds/);

  // The limit of a body, and that of concurrency, which both ports share.
  const large = await fetch(`${other}/v1/models/m:predict`, {
    method: "POST",
    body: " ".repeat(2 ** 20 + 1),
  });
  assert.equal(large.status, 413);
  let refused = 0;
  await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      const answer = await versionOf(index % 2 === 0 ? other : server.url, "m");
      if (typeof answer === "string") {
        assert.match(answer, /^429 /);
        refused++;
      } else assert.equal(answer, 4);
    }),
  );
  assert.ok(refused > 0 && refused < 200, `${refused}`);

  // What was accepted on either port is answered before the end.
  const slow = fetch(`${other}/v1/models/slow:predict`, {
    method: "POST",
    body: `{"inputs":[${LONG}]}`,
  });
  await until(async () => (await readMetric(server.url, "longshore_active_requests")) === 1);
  process.kill(server.pid, "SIGTERM");
  const answer = await slow;
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /^\{"outputs":\{"done":\[\d+\],"corner":\[\[/);
  assert.deepEqual(await server.exited, { code: 0, signal: null });
  await assert.rejects(fetch(`${other}/v2/health/live`));
  await assert.rejects(fetch(`${server.url}/v2/health/live`));
});

test("what is wrong at the start ends it, and says where", { timeout: 120_000 }, async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "models.config");
  writeFileSync(file, "model_config_list {\n config { base_path: 5 }\n}");
  await assert.rejects(
    startServer([], ["--model-config-file", file]),
    /models\.config: line 2, column 9: the field "model_config_list\.config\.name" is missing/,
  );
  await assert.rejects(
    startServer([], ["--model-config-file", join(folder.path, "none")]),
    /ENOENT/,
  );
  await assert.rejects(startServer([]), /path of a model is missing/);
  writeVersions(folder.path, "m", 1);
  await using server = await startServer([join(folder.path, "m")]);
  await assert.rejects(
    startServer([join(folder.path, "m")], ["--tfserving-port", `${server.port}`]),
    new RegExp(
      `port ${server.port} on 127\\.0\\.0\\.1 is in use; choose another with --tfserving-port`,
    ),
  );
});
