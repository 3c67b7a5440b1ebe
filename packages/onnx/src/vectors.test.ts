import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fail, LongshoreError, toBytes, type Datatype } from "@longshore/core";
import {
  defineMessage,
  message,
  messages,
  Reader,
  type Message,
  type MessageType,
} from "@longshore/core/proto";
import { elementType } from "./elementType.ts";
import { joinChunks, readModel, readTensorProto, writeModel } from "./model.ts";
import { TENSOR } from "./proto/tables.ts";
import type { TensorProto } from "./proto/types.ts";
import { checkModel } from "./safety.ts";
import { toServable } from "./servable.ts";

process.env["ORT_DISABLE_TELEMETRY"] = "1";
const { InferenceSession, Tensor } = await import("onnxruntime-node");

/** Models of the ONNX project's backend tests with inputs and expected outputs; see `skip`. */
const FOLDER = join(import.meta.dirname, "../../../../shared/vectors/onnx-node");
const skip = existsSync(FOLDER)
  ? false
  : "the vectors of the ONNX backend tests are not on this machine";
const NAMES = skip === false ? readdirSync(FOLDER) : [];

test(
  "every backend model is written as the very bytes it was read from, and is safe",
  { skip },
  () => {
    assert.ok(NAMES.length > 900);
    for (const name of NAMES) {
      const bytes = readFileSync(join(FOLDER, name, "model.onnx"));
      const model = readModel(bytes, name);
      assert.ok(bytes.equals(joinChunks(writeModel(model))), name);
      assert.deepEqual(checkModel(model, name), []);
    }
  },
);

test(
  "every backend model that is edited to be served gives the expected outputs",
  { skip },
  async (t) => {
    const ran: string[] = [];
    for (const name of NAMES) {
      const servable = tryServable(name);
      if (servable === undefined || servable.changes.length === 0) continue;
      const session = await open(joinChunks(writeModel(servable.model)));
      if (session === undefined) {
        assert.equal(await open(readFileSync(join(FOLDER, name, "model.onnx"))), undefined, name);
        t.diagnostic(`${name}: ONNX Runtime refuses the original too`);
        continue;
      }
      t.after(() => session.release());
      const file = (part: string): string => join(FOLDER, name, "test_data_set_0", `${part}_0.pb`);
      const feeds = servable.signature.inputs.map(({ name: input, datatype }, index) => {
        const given = readTensorProto(readFileSync(file("input").replace("_0.pb", `_${index}.pb`)));
        return [input, toOrt(given, datatype)] as const;
      });
      const [output] = servable.signature.outputs;
      assert.ok(output && servable.signature.outputs.length === 1, name);
      const expected = readExpected(file("output"));
      const running = session.run(Object.fromEntries(feeds));
      if (expected.parts.some((part) => String(part.dims) !== String(expected.parts[0]?.dims))) {
        await assert.rejects(
          running,
          /dimensions must match/,
          "tensors of different shapes cannot be stacked",
        );
      } else {
        const got = (await running)[output.name];
        assert.ok(got, name);
        assert.deepEqual(got.dims, expected.dims, name);
        const wanted = joinChunks(expected.parts.map((part) => exchanged(part, output.datatype)));
        assert.deepEqual(toBytes(got.data as Float32Array), wanted, name);
      }
      ran.push(name);
    }
    assert.ok(ran.length >= 6, `ran only ${ran.join(", ")}`);
  },
);

function tryServable(name: string): ReturnType<typeof toServable> | undefined {
  try {
    return toServable(readModel(readFileSync(join(FOLDER, name, "model.onnx")), name), name);
  } catch (error) {
    assert.ok(
      error instanceof LongshoreError && /cannot be exchanged/.test(error.message),
      String(error),
    );
    return undefined;
  }
}

async function open(bytes: Uint8Array) {
  return InferenceSession.create(bytes, { logSeverityLevel: 4 }).catch(() => undefined);
}

/** The raw data as they are exchanged: BF16 as the FP32 that has its bits in the upper half. */
function exchanged({ rawData = new Uint8Array() }: TensorProto, datatype: Datatype): Uint8Array {
  if (datatype !== "BF16") return rawData;
  const halves = new Uint16Array(rawData.slice().buffer);
  return new Uint8Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

function toOrt(given: TensorProto, datatype: Datatype): InstanceType<typeof Tensor> {
  assert.equal(elementType(given.dataType)?.name, datatype);
  const { buffer } = exchanged(given, datatype).slice();
  if (datatype === "FP32" || datatype === "BF16")
    return new Tensor("float32", new Float32Array(buffer), given.dims);
  if (datatype === "INT64") return new Tensor("int64", new BigInt64Array(buffer), given.dims);
  assert.equal(datatype, "BOOL");
  return new Tensor("bool", new Uint8Array(buffer), given.dims);
}

/** A TensorProto, or a SequenceProto whose tensors are then stacked. Source: onnx-data.proto. */
function readExpected(path: string): { dims: number[]; parts: TensorProto[] } {
  const bytes = readFileSync(path);
  interface Value extends Message {
    tensorValues?: TensorProto[];
    sequenceValue?: Value;
  }
  const value: MessageType<Value> = defineMessage<Value>({
    tensorValues: messages(3, () => TENSOR),
    sequenceValue: message(5, (): MessageType<Value> => value),
  });
  try {
    const container = value.create();
    value.read(
      new Reader(toBytes(bytes), (problem) => fail("DATA_INVALID", { file: path, problem })),
      container,
    );
    const parts = (container.sequenceValue ?? container).tensorValues ?? [];
    if (parts.length > 0) return { dims: [parts.length, ...parts[0]!.dims], parts };
  } catch {
    // A TensorProto has something else in these fields.
  }
  const tensor = readTensorProto(bytes);
  return { dims: tensor.dims, parts: [tensor] };
}
