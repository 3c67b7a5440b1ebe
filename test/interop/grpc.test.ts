import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { model, node } from "@longshore/onnx";
import { writeBundle } from "../support/bundles.ts";
import { memoryModel, memoryYaml } from "../support/memory.ts";
import {
  affineModel,
  echoModel,
  slowModel,
  temporaryFolder,
  writeOnnx,
} from "../support/models.ts";
import { startServer } from "../support/server.ts";
import { runPython, skip } from "./python.ts";

const examples = join(import.meta.dirname, "../../examples");

test(
  "Triton's gRPC clients, gRPC's health and reflection clients work unchanged",
  { skip },
  async () => {
    using folder = temporaryFolder();
    writeBundle(folder.path, "memory", memoryModel(), memoryYaml());
    for (const [name, content] of Object.entries({
      affine: affineModel(),
      echo: echoModel(),
      slow: slowModel(),
      int8: sameModel("INT8"),
    })) {
      writeOnnx(join(folder.path, name, "model.onnx"), content);
    }
    await using server = await startServer([examples, folder.path]);
    const { status, output } = runPython("tritonclient_grpc.py", server.grpc!, examples);
    assert.equal(status, 0, output);
  },
);

function sameModel(datatype: "INT8") {
  const shape = ["N", 2];
  return model({
    inputs: [{ name: "x", datatype, shape }],
    outputs: [{ name: "y", datatype, shape }],
    nodes: [node("Identity", ["x"], ["y"])],
  });
}
