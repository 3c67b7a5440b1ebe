/** TensorFlow Serving's PredictionService over gRPC. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { status, type ServiceError } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { model, node } from "@longshore/onnx";
import { writeModels, writeSlowModels } from "./badInput/models.ts";
import { connectGrpc, failureOf, type GrpcClient, type Message } from "./support/grpc.ts";
import { until } from "./support/metrics.ts";
import { slowModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { floats, PREDICTION, shape } from "./support/tfservingGrpc.ts";

/** Which port for gRPC the server was given beside its own. */
function otherAddress(server: TestServer): string {
  const [, address] = /^ {2}TF gRPC +(\S+)$/m.exec(server.log()) ?? [];
  return address ?? assert.fail(server.log());
}

describe("PredictionService", () => {
  const folder = temporaryFolder();
  let server: TestServer;
  let client: GrpcClient;

  before(async () => {
    writeModels(folder.path);
    writeSlowModels(folder.path);
    const text = model({
      inputs: [{ name: "text", datatype: "BYTES", shape: ["N"] }],
      outputs: [{ name: "out", datatype: "BYTES", shape: ["N"] }],
      nodes: [node("Identity", ["text"], ["out"])],
    });
    writeOnnx(join(folder.path, "text.onnx"), text);
    writeOnnx(join(folder.path, "brief", "model.onnx"), slowModel());
    writeFileSync(
      join(folder.path, "brief", "bundle.yaml"),
      "instances: { count: 1 }\nqueue: { timeoutMs: 200 }\n",
    );
    server = await startServer(
      [folder.path],
      ["--tfserving-grpc-port", "0", "--log-level", "error"],
    );
    client = connectGrpc(otherAddress(server), PREDICTION);
  });

  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const predict = (name: string, inputs: Message, more: Message = {}): Promise<Message> =>
    client.call("Predict", { model_spec: { name }, inputs, ...more });
  /** An output as it came: only the fields that say something. */
  const outputOf = (answer: Message, name: string): Message =>
    Object.fromEntries(
      Object.entries((answer["outputs"] as Record<string, Message>)[name]!).filter(
        ([, value]) => !Array.isArray(value) || value.length > 0,
      ),
    );

  test("Predict, with the version that answered, on either port", async () => {
    using own = connectGrpc(server.grpc!, PREDICTION);
    for (const each of [client, own]) {
      const answer = await each.call("Predict", {
        model_spec: { name: "affine", signature_name: "serving_default", version: { value: 1 } },
        inputs: { x: floats([2, 2], 1, 2, 3, 4.5) },
        output_filter: ["y"],
      });
      const { model_spec, outputs } = answer as { model_spec: Message; outputs: Message };
      assert.deepEqual(model_spec["version"], { value: 1 });
      assert.equal(model_spec["name"], "affine");
      assert.equal(model_spec["signature_name"], "serving_default");
      assert.deepEqual(Object.keys(outputs), ["y"]);
      const y = outputOf(answer, "y");
      assert.equal(y["dtype"], "DT_FLOAT");
      assert.deepEqual(y["float_val"], [3, 5, 7, 10]);
      assert.deepEqual(
        (y["tensor_shape"] as { dim: Message[] }).dim.map(({ size }) => size),
        [2, 2],
      );
    }
  });

  test("content, values and one value for all are the same", async () => {
    const content = Buffer.from(Float32Array.of(5, 5, 5).buffer);
    for (const x of [
      floats([1, 3], 5, 5, 5),
      floats([1, 3], 5),
      { dtype: "DT_FLOAT", tensor_shape: shape(1, 3), tensor_content: content },
    ])
      assert.deepEqual(outputOf(await predict("affine", { x }), "y")["float_val"], [11, 11, 11]);
    const zeros = await predict("affine", { x: floats([1, 2]) });
    assert.deepEqual(outputOf(zeros, "y")["float_val"], [1, 1]);
    const none = await predict("affine", { x: floats([0, 2]) });
    assert.deepEqual(outputOf(none, "y")["float_val"], undefined);
  });

  test("data types come back in the fields that TensorFlow has for them", async () => {
    const cases: readonly [name: string, dtype: string, field: string, values: unknown[]][] = [
      ["bytes", "DT_UINT8", "int_val", [0, 200, 255]],
      ["flags", "DT_BOOL", "bool_val", [true, false, true]],
      ["halves", "DT_HALF", "half_val", [0x3c00, 0xc000, 0x7c00]],
      ["text", "DT_STRING", "string_val", ["é", "", "hi"].map((each) => Buffer.from(each))],
    ];
    for (const [name, dtype, field, values] of cases) {
      const metadata = await fetch(`${server.url}/v2/models/${name}`);
      const { inputs, outputs } = (await metadata.json()) as Record<
        string,
        { name: string; shape: number[] }[]
      >;
      const sizes = inputs![0]!.shape.length === 1 ? [3] : [1, 3];
      const input = { dtype, tensor_shape: shape(...sizes), [field]: values };
      const answer = await predict(name, { [inputs![0]!.name]: input });
      const output = outputOf(answer, outputs![0]!.name);
      assert.equal(output["dtype"], dtype);
      assert.deepEqual(output[field], values);
    }
    const both = await predict("pair", {
      a: floats([1, 2], 1, 2),
      b: { dtype: "DT_INT64", tensor_shape: shape(1, 1), int64_val: ["9007199254740991"] },
    });
    assert.deepEqual(outputOf(both, "same_b")["int64_val"], [9_007_199_254_740_991]);
  });

  test("16 MB in one message, as content and as values", async () => {
    const values = Float32Array.from({ length: 2 ** 22 }, (_, index) => index % 1000);
    const head = { dtype: "DT_FLOAT", tensor_shape: shape(1, values.length) };
    for (const x of [
      { ...head, tensor_content: Buffer.from(values.buffer) },
      { ...head, float_val: [...values] },
    ]) {
      const found = outputOf(await predict("affine", { x }), "y")["float_val"] as number[];
      assert.ok(found.every((value, index) => value === 2 * values[index]! + 1));
    }
  });

  const feature = (kind: string, ...value: unknown[]): Message => ({ [kind]: { value } });
  const exampleOf = (features: Message): Message => ({ features: { feature: features } });
  const listOf = (...examples: Message[]): Message => ({ example_list: { examples } });

  test("Classify, Regress and both in one", async () => {
    const input = listOf(
      exampleOf({ x: feature("float_list", 0, 1), other: feature("bytes_list", Buffer.from("a")) }),
      exampleOf({ x: feature("float_list", 2, 3) }),
    );
    const spec = { model_spec: { name: "affine" } };
    const classified = await client.call("Classify", { ...spec, input });
    const classifications = [
      { classes: [{ label: "", score: 1 }, { label: "", score: 3 }] }, // prettier-ignore
      { classes: [{ label: "", score: 5 }, { label: "", score: 7 }] }, // prettier-ignore
    ];
    assert.deepEqual(classified["result"], { classifications });
    assert.equal((classified["model_spec"] as Message)["signature_name"], "serving_default");

    const context = exampleOf({ index: feature("int64_list", 8) });
    const shared = {
      example_list_with_context: { context, examples: [exampleOf({}), exampleOf({})] },
    };
    const regressed = await client.call("Regress", {
      model_spec: { name: "lookup" },
      input: shared,
    });
    assert.deepEqual(regressed["result"], { regressions: [{ value: 80 }, { value: 80 }] });

    const narrow = listOf(exampleOf({ x: feature("float_list", 4) }));
    const task = (kind: string, more: Message = {}): Message => ({
      model_spec: { name: "affine", ...more },
      method_name: `tensorflow/serving/${kind}`,
    });
    const answer = await client.call("MultiInference", {
      tasks: [task("regress"), task("classify")],
      input: narrow,
    });
    const results = answer["results"] as Message[];
    assert.deepEqual(
      results.map(({ result }) => result),
      ["regression_result", "classification_result"],
    );
    assert.deepEqual(results[0]!["regression_result"], { regressions: [{ value: 9 }] });
    assert.deepEqual(results[1]!["classification_result"], {
      classifications: [{ classes: [{ label: "", score: 9 }] }],
    });

    const failures: readonly [Message, RegExp][] = [
      [{ tasks: [], input: narrow }, /"model_spec" is missing/],
      [{ tasks: [task("regress"), task("regress")], input: narrow }, /Duplicate evaluation/],
      [{ tasks: [task("predict")], input: narrow }, /Unsupported signature method_name/],
      [{ tasks: [task("regress"), task("classify", { name: "lookup" })], input: narrow }, /must access the same model name/], // prettier-ignore
      [{ tasks: [task("regress", { signature_name: "x" })], input: narrow }, /"x" not found/],
      [{ tasks: [task("regress")] }, /"input" is missing/],
    ];
    for (const [message, says] of failures) {
      const failure = await failureOf(client.call("MultiInference", message));
      assert.equal(failure.code, status.INVALID_ARGUMENT, failure.details);
      assert.match(failure.details, says);
    }
  });

  test("GetModelMetadata packs the signature", async () => {
    const answer = await client.call("GetModelMetadata", {
      model_spec: { name: "lookup" },
      metadata_field: ["signature_def"],
    });
    assert.deepEqual((answer["model_spec"] as Message)["version"], { value: 1 });
    const { type_url, value } = (answer["metadata"] as Record<string, Message>)["signature_def"]!;
    assert.equal(type_url, "type.googleapis.com/tensorflow.serving.SignatureDefMap");
    const root = new protobuf.Root();
    const protos = join(import.meta.dirname, "../packages/server/proto");
    root.resolvePath = (_origin, target) => join(protos, target);
    root.loadSync("tensorflow_serving/apis/get_model_metadata.proto", { keepCase: true });
    const type = root.lookupType("tensorflow.serving.SignatureDefMap");
    const map = type.toObject(type.decode(value as Buffer), { longs: Number, enums: String });
    assert.deepEqual(map, {
      signature_def: {
        serving_default: {
          inputs: {
            index: { name: "index", dtype: "DT_INT64", tensor_shape: { dim: [{ size: -1 }] } },
          },
          outputs: {
            value: { name: "value", dtype: "DT_FLOAT", tensor_shape: { dim: [{ size: -1 }] } },
          },
          method_name: "tensorflow/serving/predict",
        },
      },
    });
    for (const [fields, says] of [
      [[], /"metadata_field" is missing/],
      [["signature_def", "x"], /Metadata field x is not supported/],
    ] as const) {
      const call = client.call("GetModelMetadata", {
        model_spec: { name: "lookup" },
        metadata_field: fields,
      });
      const failure = await failureOf(call);
      assert.equal(failure.code, status.INVALID_ARGUMENT);
      assert.match(failure.details, says);
    }
  });

  test("what is wrong has the status and the words of ModelServer", async () => {
    const x = floats([1, 1], 1);
    const cases: readonly [
      method: string,
      request: Message,
      code: number,
      says: RegExp | string,
    ][] = [
      ["Predict", {}, status.INVALID_ARGUMENT, /"model_spec" is missing/],
      ["Predict", { model_spec: { name: "" } }, status.INVALID_ARGUMENT, /"name" is missing/],
      ["Predict", { model_spec: { name: "nope" }, inputs: { x } }, status.NOT_FOUND, "Servable not found for request: Latest(nope)"], // prettier-ignore
      ["Predict", { model_spec: { name: "affine", version: { value: 7 } }, inputs: { x } }, status.NOT_FOUND, /^Servable not found for request: Specific\(affine, 7\); available: 1$/], // prettier-ignore
      ["Predict", { model_spec: { name: "affine", version_label: "s" }, inputs: { x } }, status.INVALID_ARGUMENT, /^Unrecognized servable version label: "s"/], // prettier-ignore
      ["Predict", { model_spec: { name: "broken" }, inputs: { x } }, status.NOT_FOUND, /^Servable not found for request: Latest\(broken\); .*not a valid ONNX file/], // prettier-ignore
      ["Predict", { model_spec: { name: "affine", signature_name: "s" }, inputs: { x } }, status.FAILED_PRECONDITION, /^Serving signature key "s" not found/], // prettier-ignore
      ["Predict", { model_spec: { name: "affine" }, inputs: { y: x } }, status.INVALID_ARGUMENT, /input "y" does not exist/], // prettier-ignore
      ["Predict", { model_spec: { name: "affine" } }, status.INVALID_ARGUMENT, /input "x" is missing/], // prettier-ignore
      ["Predict", { model_spec: { name: "affine" }, inputs: { x }, output_filter: ["z"] }, status.INVALID_ARGUMENT, /output "z" does not exist/], // prettier-ignore
      ["Classify", { model_spec: { name: "affine", signature_name: "s" } }, status.INVALID_ARGUMENT, /"s" not found in signature def/], // prettier-ignore
      ["Classify", { model_spec: { name: "affine" } }, status.INVALID_ARGUMENT, /"input" is missing/], // prettier-ignore
      ["Classify", { model_spec: { name: "lookup" } }, status.INVALID_ARGUMENT, /must have one output of floats/], // prettier-ignore
      ["Regress", { model_spec: { name: "nope" } }, status.NOT_FOUND, /Latest\(nope\)/],
    ];
    for (const [method, request, code, says] of cases) {
      const failure = await failureOf(client.call(method, request));
      assert.equal(failure.code, code, failure.details);
      if (typeof says === "string") assert.equal(failure.details, says);
      else assert.match(failure.details, says);
    }
  });

  test("a deadline reaches the queue, and a model's own time is a 504 over REST", async () => {
    const steps = { dtype: "DT_INT64", tensor_shape: shape(1), int64_val: [200_000] };
    const call = (name: string, deadline: number): Promise<Message> =>
      client.call(
        "Predict",
        { model_spec: { name }, inputs: { steps }, output_filter: ["done"] },
        { deadline: Date.now() + deadline },
      );
    const late = await Promise.all([failureOf(call("slow", 700)), failureOf(call("slow", 300))]);
    for (const { code } of late) assert.equal(code, status.DEADLINE_EXCEEDED);

    // One runs, and those that wait for it wait longer than the model lets them.
    const url = `${server.url}/v1/models/brief:predict`;
    const ask = { method: "POST", body: '{"inputs":[100000]}' };
    // The worker still computes what was given up; once this model's cost is known, not many of its
    // requests are sent ahead.
    await until("the worker is free", async () => (await fetch(url, ask)).status === 200);
    const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(url, ask)));
    const timedOut = answers.filter((answer) => answer.status !== 200);
    assert.ok(timedOut.length > 0);
    for (const answer of timedOut) {
      assert.equal(answer.status, 504);
      const { error } = (await answer.json()) as { error: string };
      assert.match(error, /^the request timed out after \d+ ms, before "brief" answered$/);
    }
    const calls = Array.from({ length: 5 }, () => call("brief", 20_000).catch((error) => error));
    const codes = (await Promise.all(calls)).map((answer) => (answer as ServiceError).code);
    assert.ok(codes.includes(status.DEADLINE_EXCEEDED), `${codes}`);
  });
});
