import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { model, node } from "@longshore/onnx";
import {
  affineModel,
  crashOnLoadModel,
  crashOnRunModel,
  endlessLoadModel,
  slowModel,
  temporaryFolder,
  writeOnnx,
} from "./support/models.ts";
import { readMetric, until } from "./support/metrics.ts";
import { startServer, type TestServer } from "./support/server.ts";

async function predict(
  url: string,
  model: string,
  inputs: unknown,
): Promise<{ status: number; outputs: unknown }> {
  const response = await fetch(`${url}/predict/${model}`, {
    method: "POST",
    body: JSON.stringify({ inputs }),
  });
  const body = (await response.json()) as { outputs?: unknown };
  return { status: response.status, outputs: body.outputs };
}

/** The process below the supervisor. */
function servingPid({ pid }: TestServer): number {
  const children = execFileSync("ps", ["--ppid", String(pid), "-o", "pid="], { encoding: "utf8" });
  return Number(children.trim().split("\n")[0]);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Steps of the slow model that take a second or so. */
const LONG = 100_000;

test("SIGTERM: not ready at once, what was accepted is answered, exit 0", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "slow.onnx"), slowModel());
  await using server = await startServer([folder.path]);
  const accepted = predict(server.url, "slow", [LONG]);
  const ready = async (): Promise<number> => (await fetch(`${server.url}/v2/health/ready`)).status;
  await until(
    "the run started",
    async () => (await readMetric(server.url, "longshore_active_requests")) === 1,
  );
  assert.equal(await ready(), 200);
  process.kill(server.pid, "SIGTERM");
  await until("not ready", async () => (await ready()) === 400);
  const { status, outputs } = await accepted;
  assert.equal(status, 200);
  assert.deepEqual((outputs as { done: number[] }).done, [LONG]);
  assert.deepEqual(await server.exited, { code: 0, signal: null });
});

test("SIGTERM: clients that keep their connections lose no request", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path]);
  const counts = Array.from({ length: 16 }, () => 0);
  const clients = counts.map(async (_, index) => {
    // Its one connection: what is not plain, such as a GET, moves it to Node's HTTP.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string, body?: string) => askOnce(`${server.url}${path}`, agent, body);
    if (index % 2 === 0) await ask("/v2/health/live");
    for (;;) {
      const answer = await ask("/predict/affine", JSON.stringify({ inputs: [[index]] }));
      assert.deepEqual(answer.outputs, { y: [[2 * index + 1]] });
      assert.equal(answer.isReused, index % 2 === 0 || counts[index]! > 0);
      counts[index]!++;
      if (answer.connection === "close") break;
    }
    agent.destroy();
  });
  await until("all are answered", () => counts.every((count) => count > 10));
  process.kill(server.pid, "SIGTERM");
  await Promise.all(clients);
  assert.deepEqual(await server.exited, { code: 0, signal: null });
});

/** One request over a connection of the agent's. */
function askOnce(
  url: string,
  agent: Agent,
  body?: string,
): Promise<{ outputs: unknown; connection: string | undefined; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const made = request(url, { agent, method: body === undefined ? "GET" : "POST" });
    made.on("error", reject).on("response", (response) => {
      const { connection } = response.headers;
      text(response).then((answer) => {
        const { outputs } = JSON.parse(answer || "{}") as { outputs?: unknown };
        resolve({ outputs, connection, isReused: made.reusedSocket });
      }, reject);
    });
    made.end(body);
  });
}

test("a second signal ends the server at once", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "slow.onnx"), slowModel());
  await using server = await startServer([folder.path]);
  const accepted = predict(server.url, "slow", [LONG * 100]).catch(() => "lost");
  await until(
    "the run started",
    async () => (await readMetric(server.url, "longshore_active_requests")) === 1,
  );
  process.kill(server.pid, "SIGTERM");
  await until("stopping", () => server.log().includes("stopping"));
  process.kill(server.pid, "SIGTERM");
  const { code } = await server.exited;
  assert.equal(code, 1);
  assert.equal(await accepted, "lost");
});

test("a native crash in a run: the server is started again, on the same port", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "divide.onnx"), crashOnRunModel());
  await using server = await startServer([folder.path]);
  assert.deepEqual((await predict(server.url, "divide", [7])).outputs, { y: [-7] });
  const before = servingPid(server);
  await assert.rejects(predict(server.url, "divide", [-(2 ** 31)]), "the connection is lost");
  await until(
    "answers again",
    async () => (await predict(server.url, "divide", [8])).status === 200,
  );
  assert.notEqual(servingPid(server), before);
  assert.match(server.log(), /the serving process ended \(SIGFPE\); restarting it/);
});

test("a model whose runs crash the server again and again is not run any more; others serve", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "divide.onnx"), crashOnRunModel());
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path]);
  const restarted = async (): Promise<void> => {
    await assert.rejects(predict(server.url, "divide", [-(2 ** 31)]), "the connection is lost");
    await until("answers again", async () => {
      const { status, outputs } = await predict(server.url, "affine", [[3]]);
      return status === 200 && (outputs as { y: number[][] }).y[0]![0] === 7;
    });
  };
  // Of the first crash nobody knows whose it was; from then on, runs are recorded.
  for (let crash = 0; crash < 2; crash++) {
    await restarted();
    assert.deepEqual((await predict(server.url, "divide", [7])).outputs, { y: [-7] });
  }
  await restarted();
  assert.match(
    server.log(),
    /model "divide", version 1, is not served any more: its runs crashed the server 2 times \(SIGFPE at last\)/,
  );
  const refused = await predict(server.url, "divide", [7]);
  assert.equal(refused.status, 503);
  const index = await fetch(`${server.url}/v2/repository/index`, { method: "POST" });
  const [line] = ((await index.json()) as { name: string; reason: string }[]).filter(
    ({ name }) => name === "divide",
  );
  assert.match(line!.reason, /its runs crashed the server 2 times .* or load it by request/);

  // Whoever operates the server may want it all the same.
  const load = `${server.url}/v2/repository/models/divide/load`;
  assert.equal((await fetch(load, { method: "POST" })).status, 200);
  assert.deepEqual((await predict(server.url, "divide", [7])).outputs, { y: [-7] });
});

test("a server that is to be started again stops when it is told to, at once and with exit code 0", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path]);
  let killed = 0;
  for (const wait of [100, 200, 400, 800]) {
    await until("another one", () => servingPid(server) !== killed);
    killed = servingPid(server);
    process.kill(killed, "SIGKILL");
    await until("its end is noticed", () => server.log().includes(`restarting it in ${wait} ms`));
  }
  process.kill(server.pid, "SIGTERM");
  assert.deepEqual(await server.exited, { code: 0, signal: null });
});

test("when the supervisor is killed, the server does not stay behind", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await startServer([folder.path]);
  const serving = servingPid(server);
  process.kill(server.pid, "SIGKILL");
  await until("gone", () => !isAlive(serving));
});

test("models that crash, hang or are broken do not load, say why, and the others serve", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  writeOnnx(join(folder.path, "crash.onnx"), crashOnLoadModel());
  writeOnnx(join(folder.path, "endless.onnx"), endlessLoadModel());
  writeFileSync(join(folder.path, "junk.onnx"), "this is no model");
  writeFileSync(join(folder.path, "empty.onnx"), "");
  const whole = writeOnnx(join(folder.path, "cut.onnx"), slowModel());
  execFileSync("truncate", ["-s", "-100", whole]);
  await using server = await startServer([folder.path]);
  const index = (await (
    await fetch(`${server.url}/v2/repository/index`, { method: "POST" })
  ).json()) as { name: string; state: string; reason: string }[];
  const reasons = Object.fromEntries(index.map(({ name, reason }) => [name, reason]));
  assert.match(reasons["crash"]!, /crashed while loading or running it: SIGFPE/);
  assert.match(reasons["endless"]!, /took over 30 s/);
  assert.match(reasons["junk"]!, /not a valid ONNX file/);
  assert.match(reasons["empty"]!, /empty\.onnx: /);
  assert.match(reasons["cut"]!, /cut\.onnx: /);
  assert.equal(reasons["affine"], "");
  assert.deepEqual((await predict(server.url, "affine", [[3]])).outputs, { y: [[7]] });
  const refused = await fetch(`${server.url}/v2/models/crash/ready`);
  assert.equal(refused.status, 503);
  assert.doesNotMatch(server.log(), /serving process ended/);
});

test("--watch: new versions are switched to without a failed request, bad ones are reported", async () => {
  using folder = temporaryFolder();
  const repository = join(folder.path, "models");
  /** As a careful copier does: a new folder appears whole. */
  const addVersion = (version: number, write: (file: string) => void): void => {
    const staging = join(folder.path, `staging-${version}`);
    mkdirSync(staging, { recursive: true });
    mkdirSync(join(repository, "affine"), { recursive: true });
    write(join(staging, "model.onnx"));
    renameSync(staging, join(repository, "affine", String(version)));
  };
  addVersion(1, (file) => writeOnnx(file, affineModel(1)));
  await using server = await startServer([repository, "--watch"]);

  let stop = false;
  const seen: number[] = [];
  const load = Array.from({ length: 4 }, async () => {
    while (!stop) {
      const { status, outputs } = await predict(server.url, "affine", [[10]]);
      assert.equal(status, 200);
      seen.push((outputs as { y: number[][] }).y[0]![0]! - 20);
    }
  });
  addVersion(2, (file) => writeOnnx(file, affineModel(2)));
  await until("version 2 answers", () => seen.at(-1) === 2);
  addVersion(3, (file) => writeFileSync(file, "broken"));
  await until("the bad version is reported", () =>
    /"version":"3".*failed to load/.test(server.log()),
  );
  addVersion(4, (file) => writeOnnx(file, affineModel(4)));
  await until("version 4 answers", () => seen.at(-1) === 4);
  stop = true;
  await Promise.all(load);
  assert.deepEqual(
    seen.filter((offset, index) => offset !== seen[index - 1] && ![1, 2, 4].includes(offset)),
    [],
    "never a wrong version",
  );
  const metadata = (await (await fetch(`${server.url}/v2/models/affine`)).json()) as object;
  assert.deepEqual((metadata as { versions: string[] }).versions, ["4"]);
});

test("--watch: a version whose weights arrive after its graph is served when they are there", async () => {
  using folder = temporaryFolder();
  const version = (number: number): string => join(folder.path, "scaled", String(number));
  const writeGraph = (number: number): string =>
    writeOnnx(join(version(number), "model.onnx"), SCALED);
  const writeWeights = (number: number, factor: number): void =>
    writeFileSync(join(version(number), "weights.bin"), Float32Array.of(factor));
  writeGraph(1);
  writeWeights(1, 2);
  await using server = await startServer([folder.path, "--watch"]);
  const answer = async (): Promise<unknown> => (await predict(server.url, "scaled", [3])).outputs;
  assert.deepEqual(await answer(), { y: [6] });
  writeGraph(2);
  await until("it is reported", () => /"weights\.bin.* does not exist/.test(server.log()));
  assert.deepEqual(await answer(), { y: [6] });
  writeWeights(2, 5);
  await until("version 2 answers", async () => JSON.stringify(await answer()) === '{"y":[15]}');
});

/** `y = factor · x` on FP32[N], the factor in `weights.bin`. */
const SCALED = model({
  inputs: [{ name: "x", datatype: "FP32", shape: ["N"] }],
  outputs: [{ name: "y", datatype: "FP32", shape: ["N"] }],
  initializers: [
    {
      name: "factor",
      dims: [],
      dataType: 1, // FP32
      dataLocation: 1, // external
      externalData: [{ key: "location", value: "weights.bin" }],
    },
  ],
  nodes: [node("Mul", ["x", "factor"], ["y"])],
});

test("what is wrong with the command line ends it with the reason", async () => {
  await assert.rejects(startServer(["/nowhere/at/all"]), /there is no such file or folder/);
  using folder = temporaryFolder();
  await assert.rejects(
    startServer([folder.path]),
    /no model could be loaded from .*; expected .* <model>\/<version>\/model\.onnx with a number/,
  );
  const junk = join(folder.path, "junk.onnx");
  writeFileSync(junk, "junk");
  await assert.rejects(
    startServer([folder.path]),
    /no model could be loaded from .*:\n {2}junk: junk\.onnx: not a valid ONNX file/,
  );
  await assert.rejects(
    startServer([junk, "--host", "192.0.2.1"]),
    /this machine has no address "192\.0\.2\.1"; choose another with --host/,
  );
});
