import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Datatype } from "@longshore/core";
import { model, node, tensor, type Model } from "@longshore/onnx";
import {
  affineModel,
  echoModel,
  fixedModel,
  lookupModel,
  slowModel,
  writeOnnx,
} from "../support/models.ts";

/** Writes the models that bad requests are sent to, and one file that is no model. */
export function writeModels(folder: string): void {
  const models: Record<string, Model> = {
    affine: affineModel(),
    echo: echoModel(),
    fixed: fixedModel(),
    lookup: lookupModel(),
    pair: pairModel(),
    bytes: sameModel("UINT8"),
    flags: sameModel("BOOL"),
    halves: sameModel("FP16"),
  };
  for (const [name, content] of Object.entries(models)) {
    writeOnnx(join(folder, `${name}.onnx`), content);
  }
  writeFileSync(join(folder, "broken.onnx"), "this is no model");
}

/** Writes `slow`, one run of which takes a good second with {@link LONG}, and `narrow`, its like. */
export function writeSlowModels(folder: string): void {
  writeOnnx(join(folder, "slow", "model.onnx"), slowModel());
  writeOnnx(join(folder, "narrow", "model.onnx"), slowModel());
  const settings = "instances: { count: 1 }\nqueue: { maxLength: 1, timeoutMs: 60000 }\n";
  writeFileSync(join(folder, "narrow", "bundle.yaml"), settings);
}

/** Steps of a long run. */
export const LONG = 100_000;

/** Body of a call of the slow models. */
export function slowBody(steps: number, parameters = "{}"): string {
  return `{"inputs":[{"name":"steps","shape":[1],"datatype":"INT64","data":[${steps}]}],"outputs":[{"name":"done"}],"parameters":${parameters}}`;
}

/** `y = a × [1, …, 1]` on FP32[N,1]: a row of 4 bytes is answered with 256 KiB. */
export function wideModel(): Model {
  const width = 65_536;
  return model({
    inputs: [{ name: "a", datatype: "FP32", shape: ["N", 1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", width] }],
    initializers: [tensor("ones", "FP32", [1, width], new Float32Array(width).fill(1))],
    nodes: [node("MatMul", ["a", "ones"], ["y"])],
  });
}

/** Two inputs, FP32[N,2] and INT64[N,1], that come out as they went in. */
function pairModel(): Model {
  return model({
    inputs: [
      { name: "a", datatype: "FP32", shape: ["N", 2] },
      { name: "b", datatype: "INT64", shape: ["N", 1] },
    ],
    outputs: [
      { name: "same_a", datatype: "FP32", shape: ["N", 2] },
      { name: "same_b", datatype: "INT64", shape: ["N", 1] },
    ],
    nodes: [node("Identity", ["a"], ["same_a"]), node("Identity", ["b"], ["same_b"])],
  });
}

/** `y = x` on one axis of a data type. */
function sameModel(datatype: Datatype): Model {
  return model({
    inputs: [{ name: "x", datatype, shape: ["N"] }],
    outputs: [{ name: "y", datatype, shape: ["N"] }],
    nodes: [node("Identity", ["x"], ["y"])],
  });
}
