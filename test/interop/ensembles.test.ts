import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../support/models.ts";
import { startServer } from "../support/server.ts";
import { runPython, skip } from "./python.ts";

const BUNDLE = `ensemble:
  outputs: [out, middle]
  steps:
    - { model: first, inputs: { x: in }, outputs: { y: middle } }
    - { model: second, inputs: { x: middle }, outputs: { y: out } }
`;

test("Triton's clients ask an ensemble, over HTTP and gRPC", { skip }, async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "first/1/model.onnx"), affineModel(1));
  writeOnnx(join(folder.path, "second/1/model.onnx"), affineModel(10));
  mkdirSync(join(folder.path, "both/1"), { recursive: true });
  writeFileSync(join(folder.path, "both/bundle.yaml"), BUNDLE);
  await using server = await startServer([folder.path]);
  const addresses = [`127.0.0.1:${server.port}`, server.grpc!];
  const { status, output } = runPython("tritonclient_ensembles.py", ...addresses);
  assert.equal(status, 0, output);
});
