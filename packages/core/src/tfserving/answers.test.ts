/** Answers, byte for byte. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Datatype, TypedArray } from "../datatype.ts";
import { fail, LongshoreError } from "../errors.ts";
import { Reader } from "../proto/index.ts";
import type { Tensor, Tensors } from "../tensor.ts";
import { toModel } from "./fixtures.test.ts";
import { SIGNATURE_DEF_MAP } from "./messages/index.ts";
import { toMetadataMessage, toModelMetadata } from "./metadata.ts";
import { encodePredictions } from "./predictions.ts";
import { toClassificationResult, toRegressionResult } from "./resultMessages.ts";
import {
  encodeClassification,
  encodeRegression,
  findClassOutputs,
  findValueOutput,
  toClassification,
  toRegression,
} from "./results.ts";
import { toModelStatus, toStatusMessage } from "./status.ts";

function tensor(
  datatype: Datatype,
  shape: readonly number[],
  data: TypedArray | readonly string[],
): Tensor {
  return { datatype, shape, data };
}

const floats = (shape: readonly number[], ...values: number[]): Tensor =>
  tensor("FP32", shape, Float32Array.from(values));

function outputs(named: Record<string, Tensor>): Tensors {
  return new Map(Object.entries(named));
}

describe("predictions", () => {
  test("of one output, without its name", () => {
    const y = outputs({ y: floats([3], 3.5, 4, 5.5) });
    assert.equal(encodePredictions(y, "row"), '{"predictions":[3.5,4.0,5.5]}');
    assert.equal(encodePredictions(y, "columnar"), '{"outputs":[3.5,4.0,5.5]}');
    const matrix = outputs({ y: floats([2, 2], 2.5, 3, 3.5, 4) });
    assert.equal(encodePredictions(matrix, "row"), '{"predictions":[[2.5,3.0],[3.5,4.0]]}');
    assert.equal(encodePredictions(outputs({ y: floats([], 1) }), "columnar"), '{"outputs":1.0}');
  });

  test("of several, by name", () => {
    const both = outputs({
      label: tensor("INT64", [2], BigInt64Array.of(1n, -(2n ** 63n))),
      p: floats([2, 2], 0.25, 0.75, 1e-7, 1),
    });
    assert.equal(
      encodePredictions(both, "row"),
      '{"predictions":[{"label":1,"p":[0.25,0.75]},{"label":-9223372036854775808,"p":[1e-07,1.0]}]}',
    );
    assert.equal(
      encodePredictions(both, "columnar"),
      '{"outputs":{"label":[1,-9223372036854775808],"p":[[0.25,0.75],[1e-07,1.0]]}}',
    );
  });

  test("of every type", () => {
    const cases: readonly (readonly [Tensor, string])[] = [
      [tensor("BOOL", [2], Uint8Array.of(0, 1)), "false,true"],
      [tensor("UINT8", [2], Uint8Array.of(0, 255)), "0,255"],
      [tensor("INT32", [2], Int32Array.of(-1, 7)), "-1,7"],
      [tensor("UINT64", [1], BigUint64Array.of(2n ** 64n - 1n)), "18446744073709551615"],
      [tensor("FP16", [3], Uint16Array.of(0x3c00, 0x7e00, 0xfc00)), "1.0,NaN,-Infinity"],
      [tensor("BF16", [2], Uint16Array.of(0x3f80, 0x7f80)), "1.0,Infinity"],
      [tensor("FP64", [2], Float64Array.of(0.1, 1 / 3)), "0.1,0.33333333333333331"],
      [floats([3], 0.1, 1 / 3, 9e6), "0.1,0.333333343,9e+06"],
      [floats([3], Number.NaN, Infinity, -Infinity), "NaN,Infinity,-Infinity"],
      [tensor("BYTES", [2], ['a"b', "é"]), '"a\\"b","é"'],
    ];
    for (const [y, text] of cases) {
      assert.equal(encodePredictions(outputs({ y }), "row"), `{"predictions":[${text}]}`);
      assert.equal(encodePredictions(outputs({ y }), "columnar"), `{"outputs":[${text}]}`);
    }
  });

  test("strings of an output named …_bytes are base64", () => {
    const text = outputs({ image_bytes: tensor("BYTES", [2], ["foo", "é"]) });
    assert.equal(encodePredictions(text, "row"), '{"predictions":[{"b64":"Zm9v"},{"b64":"w6k="}]}');
    const number = outputs({ n_bytes: tensor("INT32", [1], Int32Array.of(5)) });
    assert.equal(encodePredictions(number, "row"), '{"predictions":[5]}');
  });

  test("nothing comes back for no rows", () => {
    const none = outputs({ y: floats([0, 2]), z: floats([0]) });
    assert.equal(encodePredictions(none, "row"), '{"predictions":[]}');
    assert.equal(encodePredictions(none, "columnar"), '{"outputs":{"y":[],"z":[]}}');
    const empty = outputs({ y: floats([2, 0]) });
    assert.equal(encodePredictions(empty, "row"), '{"predictions":[[],[]]}');
  });

  test("what has no rows is told in columns only", () => {
    const refused = (named: Record<string, Tensor>, expected: RegExp): void => {
      assert.throws(
        () => encodePredictions(outputs(named), "row"),
        (error) => {
          assert.ok(error instanceof LongshoreError);
          return error.code === "NOT_ACCEPTED" && expected.test(error.message);
        },
      );
    };
    refused({ y: floats([], 1) }, /output "y" has no rows; send whole tensors under "inputs"/);
    refused(
      { y: floats([2], 1, 2), z: floats([1], 1) },
      /"z" has an inconsistent batch size: 1, not 2/,
    );
  });
});

describe("classes", () => {
  const scores = { name: "p", datatype: "FP32", shape: ["N", 2] } as const;
  const two = outputs({ p: floats([2, 2], 0.25, 0.75, 1, 0) });

  test("labels are those of the graph, of the output named classes, or empty", () => {
    const plain = findClassOutputs(toModel([], [scores]));
    assert.equal(
      encodeClassification(toClassification(plain, two, 2)),
      '{"results":[[["",0.25],["",0.75]],[["",1.0],["",0.0]]]}',
    );
    const labelled = findClassOutputs(toModel([], [{ ...scores, labels: ["no", "yes"] }]));
    assert.equal(
      encodeClassification(toClassification(labelled, two, 2)),
      '{"results":[[["no",0.25],["yes",0.75]],[["no",1.0],["yes",0.0]]]}',
    );
    const named = findClassOutputs(
      toModel([], [scores, { name: "classes", datatype: "BYTES", shape: ["N", 2] }]),
    );
    const classes = tensor("BYTES", [2, 2], ["a", "b", "b", "a"]);
    assert.equal(
      encodeClassification(toClassification(named, new Map([...two, ["classes", classes]]), 2)),
      '{"results":[[["a",0.25],["b",0.75]],[["b",1.0],["a",0.0]]]}',
    );
    assert.deepEqual(toClassificationResult(toClassification(labelled, two, 2)), {
      classifications: [
        {
          classes: [
            { label: "no", score: 0.25 },
            { label: "yes", score: 0.75 },
          ],
        },
        {
          classes: [
            { label: "no", score: 1 },
            { label: "yes", score: 0 },
          ],
        },
      ],
    });
  });

  test("scores are the only floats, the only labelled ones, or named so", () => {
    const other = { name: "q", datatype: "FP64", shape: ["N", 3] } as const;
    const find = (...specs: Parameters<typeof toModel>[1] & {}): string =>
      findClassOutputs(toModel([], specs)).scores.name;
    assert.equal(find({ name: "label", datatype: "INT64", shape: ["N"] }, scores), "p");
    assert.equal(find(other, { ...scores, labels: ["a", "b"] }), "p");
    assert.equal(find(other, { ...scores, name: "scores" }), "scores");
    assert.throws(() => find(other, scores), /it has "q", "p", none of them named "scores"/);
    assert.throws(() => find({ name: "label", datatype: "INT64", shape: ["N"] }), /it has none/);
  });

  test("an answer of another number of rows is refused", () => {
    assert.throws(() => toClassification({ scores }, two, 3), /has the shape \[2,2\]/);
  });
});

describe("values", () => {
  test("one an example", () => {
    const spec = findValueOutput(toModel([], [{ name: "y", datatype: "FP64", shape: ["N", 1] }]));
    const y = tensor("FP64", [2, 1], Float64Array.of(42, 0.1));
    const values = toRegression(spec, outputs({ y }), 2);
    assert.equal(encodeRegression(values), '{"results":[42.0,0.1]}');
    assert.deepEqual(toRegressionResult(values), {
      regressions: [{ value: 42 }, { value: Math.fround(0.1) }],
    });
    const wide = tensor("FP64", [2, 2], Float64Array.of(1, 2, 3, 4));
    assert.throws(() => toRegression(spec, outputs({ y: wide }), 2), /has 2 values/);
  });

  test("the output is the only one that fits, or named outputs", () => {
    const a = { name: "a", datatype: "FP32", shape: ["N"] } as const;
    const find = (...specs: Parameters<typeof toModel>[1] & {}): string =>
      findValueOutput(toModel([], specs)).name;
    assert.equal(find(a, { name: "b", datatype: "FP32", shape: ["N", 3] }), "a");
    assert.equal(find(a, { ...a, name: "outputs" }), "outputs");
    assert.throws(() => find(a, { ...a, name: "b" }), /none of them named "outputs"/);
  });
});

test("metadata is TensorFlow's SignatureDef", () => {
  const model = {
    ...toModel(
      [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
      [{ name: "text", datatype: "BYTES", shape: [] }],
    ),
    version: "123",
  };
  assert.equal(
    JSON.stringify(toModelMetadata(model)),
    '{"model_spec":{"name":"m","signature_name":"","version":"123"},"metadata":{"signature_def":' +
      '{"signature_def":{"serving_default":{"inputs":{"x":{"dtype":"DT_FLOAT","tensor_shape":{"dim":' +
      '[{"size":"-1","name":""},{"size":"2","name":""}],"unknown_rank":false},"name":"x"}},"outputs":' +
      '{"text":{"dtype":"DT_STRING","tensor_shape":{"dim":[],"unknown_rank":false},"name":"text"}},' +
      '"method_name":"tensorflow/serving/predict"}}}}}',
  );
  const { model_spec, metadata } = toMetadataMessage(model);
  assert.deepEqual(model_spec, { name: "m", version: { value: 123n } });
  const { type_url, value } = metadata!["signature_def"]!;
  assert.equal(type_url, "type.googleapis.com/tensorflow.serving.SignatureDefMap");
  const map = SIGNATURE_DEF_MAP.create();
  SIGNATURE_DEF_MAP.read(
    new Reader(value!, (problem) => fail("MESSAGE_INVALID", { problem })),
    map,
  );
  const { inputs, outputs: given, method_name } = map.signature_def["serving_default"]!;
  assert.deepEqual(inputs["x"], {
    name: "x",
    dtype: 1,
    tensor_shape: { dim: [{ size: -1 }, { size: 2 }] },
  });
  assert.deepEqual(given["text"], { name: "text", dtype: 7, tensor_shape: { dim: [] } });
  assert.equal(method_name, "tensorflow/serving/predict");
});

test("the state of versions, the newest first", () => {
  const versions = [
    { version: "9", state: "AVAILABLE", reason: "" },
    { version: "10", state: "END", reason: "bad file" },
  ] as const;
  assert.deepEqual(toStatusMessage(versions), {
    model_version_status: [
      { version: 10n, state: "END", status: { error_code: 14, error_message: "bad file" } },
      { version: 9n, state: "AVAILABLE", status: { error_code: 0, error_message: "" } },
    ],
  });
  assert.equal(
    JSON.stringify(toModelStatus(versions)),
    '{"model_version_status":[{"version":"10","state":"END","status":{"error_code":"UNAVAILABLE",' +
      '"error_message":"bad file"}},{"version":"9","state":"AVAILABLE","status":{"error_code":"OK",' +
      '"error_message":""}}]}',
  );
});
