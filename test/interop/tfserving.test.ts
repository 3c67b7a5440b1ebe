import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../support/require.ts";
import { model, node } from "@longshore/onnx";
import { writeModels, writeSlowModels } from "../badInput/models.ts";
import { affineModel, temporaryFolder, writeOnnx } from "../support/models.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { runPythonIn, TENSORFLOW_SERVING } from "./python.ts";

const here = import.meta.dirname;
const examples = join(here, "../../examples");
const python = findProgram("python3");
const curl = findProgram("curl");

/** The port that clients of TensorFlow Serving are given. */
function addressOf(server: TestServer): string {
  const [, address] = /\/v1\s+http:\/\/(\S+)\/v1$/m.exec(server.log()) ?? [];
  return address ?? assert.fail(server.log());
}

test(
  "Python calls TensorFlow Serving's REST API as its guide says",
  { skip: python.skip },
  async () => {
    await using server = await startServer([examples], ["--tfserving-port", "0"]);
    const script = join(here, "tfserving_rest.py");
    const { status, stdout, stderr } = spawnSync(python.program, [script, addressOf(server)], {
      encoding: "utf8",
      timeout: 120_000,
    });
    assert.equal(status, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /all is well/);
  },
);

test(
  "the stubs of TensorFlow Serving's gRPC services, and clients by reflection, work unchanged",
  { skip: python.skip },
  async () => {
    using folder = temporaryFolder();
    using versions = temporaryFolder();
    writeModels(folder.path);
    writeSlowModels(folder.path);
    const text = model({
      inputs: [{ name: "text", datatype: "BYTES", shape: ["N"] }],
      outputs: [{ name: "out", datatype: "BYTES", shape: ["N"] }],
      nodes: [node("Identity", ["text"], ["out"])],
    });
    writeOnnx(join(folder.path, "text.onnx"), text);
    for (const version of [1, 2])
      writeOnnx(join(versions.path, `${version}`, "model.onnx"), affineModel(version));
    await using server = await startServer([folder.path], ["--tfserving-grpc-port", "0"]);
    const [, address = ""] = /^ {2}TF gRPC +(\S+)$/m.exec(server.log()) ?? [];
    const { status, output } = runPythonIn(
      TENSORFLOW_SERVING,
      "tfserving_grpc.py",
      address,
      versions.path,
    );
    assert.equal(status, 0, output);
    assert.match(output, /all is well/);
  },
);

test("so does curl, with its own content type", { skip: curl.skip }, async () => {
  await using server = await startServer([examples], ["--tfserving-port", "0"]);
  const ask = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(curl.program, ["-s", "-i", ...args], {
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const url = `http://${addressOf(server)}/v1/models`;
  const body = `{"instances": [[${Array(10).fill("1.0").join(", ")}]]}`;
  assert.match(ask("-d", body, "-X", "POST", `${url}/diabetes:predict`), /^HTTP\/1\.1 200 OK\r\n[^]*\{"predictions":\[\[-?\d+\.\d+\]\]\}$/); // prettier-ignore
  assert.match(ask(`${url}/diabetes`), /"state":"AVAILABLE"/);
  assert.match(
    ask("-d", '{"instances": [1.0, 5.0]}', `${url}/half:predict`),
    /^HTTP\/1\.1 404 Not Found\r\n[^]*"error":"Servable not found for request: Latest\(half\)"/,
  );
  // A body above 1 MiB makes curl ask first whether it may send it.
  const large = `{"instances": [${Array(30_000)
    .fill(`[${Array(10).fill("1.5").join(", ")}]`)
    .join(", ")}]}`;
  const { status, stdout } = spawnSync(
    curl.program,
    ["-s", "-d", "@-", `${url}/diabetes:predict`],
    { input: large, encoding: "utf8", timeout: 60_000, maxBuffer: 2 ** 26 },
  );
  assert.equal(status, 0);
  assert.equal((JSON.parse(stdout) as { predictions: unknown[] }).predictions.length, 30_000);
});
