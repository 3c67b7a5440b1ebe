import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Tensor, Tensors } from "@longshore/core";
import { assertClose } from "../../../../../test/support/close.ts";
import { openRunnable } from "../../../../../test/support/ort.ts";
import { checkGraph } from "../../check/checkGraph.ts";
import { elementType } from "../../elementType.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import { joinChunks, readModel, readTensorProto, writeModel } from "../../model.ts";
import type { Model } from "../../proto/types.ts";
import { callerInputs, exchangeable } from "../../signature.ts";
import { cleanModel } from "./cleanModel.ts";

/** Models of the ONNX project's backend tests with inputs; see `skip`. */
const FOLDER = join(import.meta.dirname, "../../../../../../shared/vectors/onnx-node");
const skip = existsSync(FOLDER)
  ? false
  : "the vectors of the ONNX backend tests are not on this machine";
const NAMES = skip === false ? readdirSync(FOLDER) : [];

test("every backend model passes the checker", { skip }, () => {
  for (const name of NAMES) assert.deepEqual(checkGraph(read(name)), [], name);
});

test("every backend model gives the same when it is cleaned", { skip }, async (t) => {
  const counts = { equal: 0, changed: 0, unrunnable: 0 };
  for (const name of NAMES) {
    const model = read(name);
    const { model: clean, changes } = await cleanModel(model, openRunnable);
    assert.deepEqual(checkGraph(clean), [], name);
    if (changes.length > 0) counts.changed += 1;
    else assert.equal(clean, model, name);
    const inputs = readInputs(name, model);
    const expected = inputs && (await tryRun(model, inputs));
    if (inputs === undefined || expected === undefined) {
      counts.unrunnable += 1;
      continue;
    }
    const again = readModel(joinChunks(writeModel(clean)));
    const got = await run(again, inputs);
    assertClose(got, expected, 1e-5, name);
    counts.equal += 1;
  }
  t.diagnostic(JSON.stringify(counts));
  assert.ok(counts.equal > 700 && counts.changed > 150, JSON.stringify(counts));
});

function read(name: string): Model {
  return readModel(readFileSync(join(FOLDER, name, "model.onnx")), name);
}

/** The inputs of a model's first data set; undefined where they or the outputs cannot be exchanged. */
function readInputs(name: string, model: Model): Tensors | undefined {
  // Fetching any other type may end the process.
  if (!model.graph.outputs.every(({ type }) => exchangeable(type))) return undefined;
  const inputs = new Map<string, Tensor>();
  for (const [index, { name: input, type }] of callerInputs(model.graph).entries()) {
    const datatype = elementType(type?.tensorType?.elemType ?? 0)?.datatype;
    if (datatype === undefined || datatype === "BF16") return undefined;
    const path = join(FOLDER, name, "test_data_set_0", `input_${index}.pb`);
    if (!existsSync(path)) return undefined;
    const tensor = readTensorProto(readFileSync(path));
    const data =
      datatype === "BYTES"
        ? (tensor.stringData ?? []).map((text) => new TextDecoder().decode(text))
        : elementsOf(tensor);
    inputs.set(input, { datatype, shape: tensor.dims, data });
  }
  return inputs;
}

async function run(model: Model, inputs: Tensors): Promise<Tensors> {
  const runnable = await openRunnable(model);
  try {
    return await runnable.run(inputs);
  } finally {
    await runnable.close();
  }
}

/** Undefined for what ONNX Runtime has no kernel for, or gives no tensors of. */
async function tryRun(model: Model, inputs: Tensors): Promise<Tensors | undefined> {
  return run(model, inputs).catch(() => undefined);
}
