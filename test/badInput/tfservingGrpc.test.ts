/** Bad input for TensorFlow Serving's gRPC services: the right status, and nothing is left behind. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { GRPC_CODES, GRPC_STATUS, type ErrorCode } from "@longshore/core";
import { Writer, type MessageType } from "@longshore/core/proto";
import {
  EXAMPLES_REQUEST,
  MULTI_INFERENCE_REQUEST,
  PREDICT_REQUEST,
  RELOAD_CONFIG_REQUEST,
  type PredictRequest,
  type TensorProto,
} from "@longshore/core/tfserving";
import { temporaryFolder } from "../support/models.ts";
import { until } from "../support/metrics.ts";
import { connectRaw, frame, startLocalGrpc, type LocalGrpc, type RawClient } from "./grpcServer.ts";
import { writeModels, writeSlowModels } from "./models.ts";

const LIMITS = {
  maxBodyBytes: 2 ** 20,
  maxConcurrent: 300,
  maxConcurrentBytes: 2 ** 22,
  maxElements: 2 ** 24,
};

const PREDICT = "/tensorflow.serving.PredictionService/Predict";
const CLASSIFY = "/tensorflow.serving.PredictionService/Classify";
const MULTI = "/tensorflow.serving.PredictionService/MultiInference";
const METADATA = "/tensorflow.serving.PredictionService/GetModelMetadata";
const STATUS = "/tensorflow.serving.ModelService/GetModelStatus";
const RELOAD = "/tensorflow.serving.ModelService/HandleReloadConfigRequest";

const folder = temporaryFolder();
let grpc: LocalGrpc;
let raw: RawClient;

before(async () => {
  writeModels(folder.path);
  writeSlowModels(folder.path);
  grpc = await startLocalGrpc(folder.path, LIMITS);
  raw = connectRaw(grpc.address);
});

after(async () => {
  raw[Symbol.dispose]();
  await grpc[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function encode<M>(type: MessageType<M>, message: M): Uint8Array {
  const writer = new Writer();
  type.write(writer, message);
  return Buffer.concat(writer.finish());
}

const dims = (...sizes: number[]): Pick<TensorProto, "tensor_shape"> => ({
  tensor_shape: { dim: sizes.map((size) => ({ size })) },
});
const x: TensorProto = { dtype: 1, ...dims(1, 2), float_val: Float32Array.of(1, 2) };

function predict(changes: Partial<TensorProto>, more: Partial<PredictRequest> = {}): Uint8Array {
  return encode(PREDICT_REQUEST, {
    model_spec: { name: "affine" },
    inputs: { x: { ...x, ...changes } },
    ...more,
  });
}

const good = predict({});

/** Nothing is counted any more, and a good request is answered. */
async function isUnharmed(): Promise<void> {
  await until("nothing is counted", () => grpc.active.size === 0);
  const answer = await raw.send(PREDICT, frame(good));
  assert.equal(answer.status, status.OK, answer.message);
}

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
const content = (bytes: number): Partial<TensorProto> => ({
  float_val: new Float32Array(0),
  tensor_content: new Uint8Array(bytes),
});

const CASES: readonly [
  name: string,
  method: string,
  message: Uint8Array,
  code: ErrorCode,
  says: string,
][] = [
  ["a tag cut off", PREDICT, hex("ff"), "MESSAGE_INVALID", "the bytes end inside a number"],
  ["a length beyond the end", PREDICT, hex("0a ff ff ff 7f"), "MESSAGE_INVALID", "does not fit"],
  ["a text where a message is due", PREDICT, hex("0a 01 61"), "MESSAGE_INVALID", "at byte"],
  ["a number where a message is due", PREDICT, hex("08 01"), "MESSAGE_INVALID", "wire type 0"],
  ["other bytes altogether", CLASSIFY, Buffer.from('{"a": 1}'), "MESSAGE_INVALID", "not a valid"],
  ["a group", METADATA, hex("0b"), "MESSAGE_INVALID", "wire type 3"],
  ["a name that is not UTF-8", STATUS, hex("0a 04 0a 02 c3 28"), "MESSAGE_INVALID", "not UTF-8"],
  ["a float that is cut off", PREDICT, hex("12 09 0a 01 78 12 04 2a 02 00 00"), "MESSAGE_INVALID", "ends inside a number"], // prettier-ignore
  ["a dimension beyond 2^53", PREDICT, hex("12 15 0a 01 78 12 10 08 01 12 0c 12 0a 08 ff ff ff ff ff ff ff ff 7f"), "MESSAGE_INVALID", "at byte"], // prettier-ignore
  ["nothing", PREDICT, hex(""), "FIELD_MISSING", '"model_spec" is missing'],
  ["nothing to classify", CLASSIFY, hex(""), "FIELD_MISSING", '"model_spec" is missing'],
  ["no tasks", MULTI, hex(""), "FIELD_MISSING", '"model_spec" is missing'],
  ["no model", STATUS, hex(""), "FIELD_MISSING", '"model_spec" is missing'],
  ["no fields of metadata", METADATA, hex("0a 03 0a 01 61"), "FIELD_MISSING", '"metadata_field"'],
  ["no list of models", RELOAD, hex(""), "FIELD_MISSING", '"config" is missing'],
  ["an unknown model", PREDICT, predict({}, { model_spec: { name: "nope" } }), "SERVABLE_UNKNOWN", "Latest(nope)"], // prettier-ignore
  ["a negative version", PREDICT, predict({}, { model_spec: { name: "affine", version: { value: -1n } } }), "SERVABLE_UNKNOWN", "Specific(affine, -1)"], // prettier-ignore
  ["a model that failed to load", PREDICT, predict({}, { model_spec: { name: "broken" } }), "SERVABLE_UNKNOWN", "Latest(broken)"], // prettier-ignore
  ["a prototype's key as model", PREDICT, predict({}, { model_spec: { name: "__proto__" } }), "SERVABLE_UNKNOWN", "Latest(__proto__)"], // prettier-ignore
  ["a prototype's key as input", PREDICT, predict({}, { inputs: { constructor: x } }), "INPUT_UNKNOWN", '"constructor" does not exist'], // prettier-ignore
  ["no data type", PREDICT, predict({ dtype: 0 }), "INPUT_DATATYPE", '"0" is not a data type'],
  ["a reference's data type", PREDICT, predict({ dtype: 101 }), "INPUT_DATATYPE", '"101"'],
  ["no data type that there is", PREDICT, predict({ dtype: 2 ** 31 - 1 }), "INPUT_DATATYPE", '"2147483647"'], // prettier-ignore
  ["another data type", PREDICT, predict({ dtype: 2 }), "INPUT_MISMATCH", "got FP64[1,2]"],
  ["another rank", PREDICT, predict(dims(2)), "INPUT_MISMATCH", "got FP32[2]"],
  ["a negative dimension", PREDICT, predict(dims(-1, 2)), "INPUT_SHAPE", "[-1,2] is not valid"],
  ["dimensions beyond 2^53 together", PREDICT, predict(dims(2 ** 40, 2 ** 40)), "INPUT_SHAPE", "not valid"], // prettier-ignore
  ["too many elements", PREDICT, predict(dims(2 ** 30, 2)), "INPUT_TOO_LARGE", "over the limit"],
  ["a value for too many elements", PREDICT, predict({ ...dims(2 ** 11, 2 ** 10), float_val: Float32Array.of(1) }), "BODY_TOO_LARGE", "over the limit of 1048576 bytes"], // prettier-ignore
  ["values that are too many", PREDICT, predict({ float_val: new Float32Array(3) }), "INPUT_COUNT", "needs 2 elements, got 3"], // prettier-ignore
  ["content that is too short", PREDICT, predict(content(4)), "INPUT_COUNT", "needs 8 bytes of FP32, got 4"], // prettier-ignore
  ["content that is too long", PREDICT, predict(content(12)), "INPUT_COUNT", "got 12"],
  ["content of no whole elements", PREDICT, predict(content(7)), "INPUT_COUNT", "got 7"],
  ["content of no elements", PREDICT, predict({ ...dims(0, 2), ...content(4) }), "INPUT_COUNT", "needs 0 bytes"], // prettier-ignore
  ["content and values", PREDICT, predict({ tensor_content: new Uint8Array(8) }), "INPUT_DATA", "beside tensor_content"], // prettier-ignore
  ["values of another type", PREDICT, predict({ int_val: Int32Array.of(1, 2) }), "INPUT_DATA", "it has int_val"], // prettier-ignore
  ["no examples", CLASSIFY, encode(EXAMPLES_REQUEST, { model_spec: { name: "affine" }, input: { example_list: { examples: [] } } }), "FIELD_MISSING", "at least one tensorflow.Example"], // prettier-ignore
  ["an example without the feature", CLASSIFY, encode(EXAMPLES_REQUEST, { model_spec: { name: "affine" }, input: { example_list: { examples: [{}] } } }), "INPUT_MISSING", "a feature in examples[0]"], // prettier-ignore
  ["a task without a method", MULTI, encode(MULTI_INFERENCE_REQUEST, { tasks: [{ model_spec: { name: "affine" }, method_name: "constructor" }] }), "FIELD_INVALID", "Unsupported signature method_name"], // prettier-ignore
  ["a list that names a model twice", RELOAD, encode(RELOAD_CONFIG_REQUEST, { config: { model_config_list: { config: [{ name: "a", base_path: "b" }, { name: "a", base_path: "c" }] } } }), "FIELD_INVALID", "configured twice"], // prettier-ignore
];

test("each bad message gets its status", async (t) => {
  for (const [name, method, message, code, says] of CASES) {
    await t.test(name, async () => {
      const answer = await raw.send(method, frame(message));
      assert.equal(answer.http, 200);
      assert.equal(answer.status, GRPC_CODES[GRPC_STATUS[code]], answer.message);
      assert.ok(answer.message.includes(says), answer.message);
      assert.ok(answer.message.length < 2000);
      assert.equal(answer.body.length, 0);
    });
  }
  await isUnharmed();
});

test("damaged messages are answered or refused, whatever the damage", async () => {
  const example = {
    features: { feature: { x: { float_list: { value: Float32Array.of(1, 2) } } } },
  };
  const list = { example_list: { examples: [example] } };
  const model_spec = { name: "affine" };
  const messages: readonly [string, Uint8Array][] = [
    [PREDICT, predict({}, { output_filter: ["y"] })],
    [CLASSIFY, encode(EXAMPLES_REQUEST, { model_spec, input: list })],
    [MULTI, encode(MULTI_INFERENCE_REQUEST, { tasks: [{ model_spec, method_name: "tensorflow/serving/classify" }], input: list })], // prettier-ignore
  ];
  for (const [method, message] of messages)
    assert.equal((await raw.send(method, frame(message))).status, status.OK);
  const seen = { good: 0, bad: 0 };
  const damage = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    remove: fc.nat(6),
    insert: fc.uint8Array({ maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...messages),
      fc.array(damage, { minLength: 1, maxLength: 3 }),
      async ([method, message], damages) => {
        const bytes = [...message];
        for (const { at, byte, remove, insert } of damages) {
          const index = at % (bytes.length + 1);
          bytes[index] = byte;
          bytes.splice(index, remove, ...insert);
        }
        const answer = await raw.send(method, frame(Uint8Array.from(bytes)));
        const refused = [
          status.INVALID_ARGUMENT,
          status.NOT_FOUND,
          status.FAILED_PRECONDITION,
        ].includes(answer.status);
        assert.ok(answer.status === status.OK || refused, `${answer.status}: ${answer.message}`);
        if (refused) seen.bad++;
        else seen.good++;
      },
    ),
    { numRuns: 600 },
  );
  assert.ok(seen.good > 0 && seen.bad > 100, JSON.stringify(seen));
  await isUnharmed();
});

test("what a value is repeated to counts as bytes of the request, and is given back", async () => {
  const message = encode(PREDICT_REQUEST, {
    model_spec: { name: "affine" },
    inputs: { x: { dtype: 1, ...dims(2 ** 9, 2 ** 9 - 1), float_val: Float32Array.of(1) } },
  });
  assert.ok(message.length < 100);
  // Each stands for 1 MiB, and 4 MiB may be held: some of them are refused, none is forgotten.
  for (let round = 0; round < 3; round++) {
    const sent = Array.from({ length: 30 }, () => raw.send(PREDICT, frame(message)));
    const answers = await Promise.all(sent);
    for (const answer of answers) {
      if (answer.status === status.OK) continue;
      assert.equal(answer.status, status.RESOURCE_EXHAUSTED, answer.message);
      assert.match(answer.message, /hold the limit of 4194304 bytes/);
    }
    assert.ok(answers.some((answer) => answer.status === status.OK));
    assert.ok(answers.some((answer) => answer.status !== status.OK));
    await isUnharmed();
  }
});

test("so does a context that belongs to many examples", async () => {
  const context = {
    features: { feature: { x: { float_list: { value: new Float32Array(2 ** 10) } } } },
  };
  const input = {
    example_list_with_context: { context, examples: Array.from({ length: 2 ** 10 }, () => ({})) },
  };
  const message = encode(EXAMPLES_REQUEST, { model_spec: { name: "affine" }, input });
  assert.ok(message.length < 10_000);
  const refused = await raw.send(CLASSIFY, frame(message));
  assert.equal(refused.status, status.RESOURCE_EXHAUSTED);
  assert.match(refused.message, /over the limit of 1048576 bytes/);
  await isUnharmed();
});

test("cancelled calls give back what they held", async () => {
  const slow = encode(PREDICT_REQUEST, {
    model_spec: { name: "slow" },
    inputs: { steps: { dtype: 9, ...dims(1), int64_val: BigInt64Array.of(50_000n) } },
    output_filter: ["done"],
  });
  const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
  const streams = Array.from({ length: 40 }, () => {
    const stream = raw.session.request({ ...headers, ":path": PREDICT });
    stream.on("error", () => undefined);
    stream.end(frame(slow));
    return stream;
  });
  await until("they are handled", () => grpc.active.size === 40);
  for (const stream of streams) stream.close(8);
  await until("none is handled", () => grpc.active.size === 0 && grpc.server.calls === 0);
  await isUnharmed();
});
