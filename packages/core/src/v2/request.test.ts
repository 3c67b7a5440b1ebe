import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeUtf8 } from "../json/utf8.ts";
import { toTypedArray, type Tensor } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { encodeByteElements } from "./byteElements.ts";
import { decodeInferRequest, type DecodedInfer } from "./request.ts";

const LIMITS = { maxDepth: 16, maxElements: 1000 };

const MODEL: ModelContract = {
  name: "m",
  signature: {
    inputs: [
      { name: "x", datatype: "FP32", shape: ["N", 2] },
      { name: "n", datatype: "INT64", shape: ["N"] },
    ],
    outputs: [
      { name: "y", datatype: "FP32", shape: ["N"] },
      { name: "z", datatype: "FP32", shape: ["N"] },
    ],
  },
};

const X = '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1.5,2]}';
const N = '{"name":"n","shape":[1],"datatype":"INT64","data":[7]}';

function decode(
  text: string,
  headerLength?: string,
  binary: Uint8Array = new Uint8Array(0),
): DecodedInfer {
  return decodeInferRequest(
    Uint8Array.from([...encodeUtf8(text), ...binary]),
    headerLength,
    MODEL,
    LIMITS,
  );
}

function elements(decoded: DecodedInfer, name: string): unknown[] {
  const tensor = decoded.request.inputs.get(name) as Tensor;
  return tensor.datatype === "BYTES"
    ? [...(tensor.data as string[])]
    : [...toTypedArray(tensor.datatype, tensor.data)];
}

describe("JSON requests", () => {
  test("a whole one", () => {
    const decoded = decode(`{
      "id": "a1", "custom": {"b": [1, {"c": null}]},
      "parameters": {"priority": 2, "timeout": 1500, "sequence_id": "s", "sequence_start": true, "other": [1]},
      "inputs": [${N}, ${X}],
      "outputs": [{"name": "z"}, {"name": "y", "parameters": {"binary_data": true}}]
    }`);
    assert.equal(decoded.id, "a1");
    assert.equal(decoded.timeoutUs, 1500);
    assert.equal(decoded.request.priority, 2);
    assert.deepEqual(decoded.request.outputs, ["z", "y"]);
    assert.deepEqual(decoded.binaryOutputs, new Set(["y"]));
    assert.deepEqual([...decoded.request.inputs.keys()], ["n", "x"]);
    assert.deepEqual(decoded.request.inputs.get("x")?.shape, [1, 2]);
    assert.deepEqual(elements(decoded, "x"), [1.5, 2]);
    assert.deepEqual(elements(decoded, "n"), [7n]);
  });

  test("the least one leaves everything else out", () => {
    const decoded = decode(`{"inputs":[${X},${N}]}`);
    assert.deepEqual(Object.keys(decoded).sort(), ["binaryOutputs", "request"]);
    assert.deepEqual(Object.keys(decoded.request), ["inputs"]);
    assert.equal(decoded.binaryOutputs, "none");
  });

  test("data may come before what it means, and the rest of the object after it", () => {
    const late =
      '{"data":[1.5,2],"parameters":{"a":1},"datatype":"FP32","shape":[1,2],"name":"x","more":{}}';
    assert.deepEqual(elements(decode(`{"inputs":[${late},${N}],"id":"i"}`), "x"), [1.5, 2]);
  });

  test("data nested as the shape says", () => {
    const nested = '{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4]]}';
    const two = '{"name":"n","shape":[2],"datatype":"INT64","data":[7,8]}';
    assert.deepEqual(elements(decode(`{"inputs":[${nested},${two}]}`), "x"), [1, 2, 3, 4]);
  });

  test("a scalar input, flat or bare", () => {
    const model: ModelContract = {
      name: "s",
      signature: { inputs: [{ name: "s", datatype: "FP32", shape: [] }], outputs: [] },
    };
    for (const data of ["[3]", "3"]) {
      const body = encodeUtf8(
        `{"inputs":[{"name":"s","shape":[],"datatype":"FP32","data":${data}}]}`,
      );
      assert.deepEqual(elements(decodeInferRequest(body, undefined, model, LIMITS), "s"), [3]);
    }
  });

  test("which outputs are binary", () => {
    const all = '"parameters":{"binary_data_output":true}';
    const inputs = `"inputs":[${X},${N}]`;
    assert.equal(decode(`{${inputs},${all}}`).binaryOutputs, "all");
    assert.equal(decode(`{${inputs},${all},"outputs":[]}`).binaryOutputs, "all");
    const listed = decode(`{${inputs},${all},"outputs":[{"name":"y"}]}`);
    assert.deepEqual(listed.binaryOutputs, new Set());
  });
});

describe("binary requests", () => {
  const header = (size: number): string =>
    `{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":${size}}},` +
    `{"name":"n","shape":[1],"datatype":"INT64","parameters":{"binary_data_size":8}}]}`;
  const binary = new Uint8Array(16);
  new DataView(binary.buffer).setFloat32(0, 1.5, true);
  new DataView(binary.buffer).setFloat32(4, 2, true);
  new DataView(binary.buffer).setBigInt64(8, -7n, true);

  test("tensors are views on the body, in input order", () => {
    const json = encodeUtf8(header(8));
    const body = Uint8Array.from([...json, ...binary]);
    const decoded = decodeInferRequest(body, String(json.length), MODEL, LIMITS);
    const { data } = decoded.request.inputs.get("x") as Tensor;
    assert.equal((data as Uint8Array).buffer, body.buffer);
    assert.equal((data as Uint8Array).byteOffset, json.length);
    assert.deepEqual(elements(decoded, "x"), [1.5, 2]);
    assert.deepEqual(elements(decoded, "n"), [-7n]);
  });

  test("JSON and binary inputs in one request", () => {
    const json = `{"inputs":[${X},{"name":"n","shape":[1],"datatype":"INT64","parameters":{"binary_data_size":8}}]}`;
    const decoded = decode(json, String(json.length), binary.subarray(8));
    assert.deepEqual(elements(decoded, "x"), [1.5, 2]);
    assert.deepEqual(elements(decoded, "n"), [-7n]);
  });

  const json = header(8);
  const length = json.length;
  const cases: [
    name: string,
    text: string,
    header: string | undefined,
    bytes: Uint8Array,
    expected: RegExp,
  ][] = [
    [
      "a header that is no number",
      json,
      "12a",
      binary,
      /Inference-Header-Content-Length": expected a number of bytes, got "12a"/,
    ],
    ["a negative header", json, "-1", binary, /expected a number of bytes/],
    ["an empty header", json, "", binary, /expected a number of bytes/],
    [
      "a header beyond the body",
      json,
      "9999",
      binary,
      /9999 bytes of JSON are announced, but the body has/,
    ],
    [
      "a header inside the JSON",
      json,
      `${length - 1}`,
      binary,
      /invalid JSON at byte \d+: the document ends/,
    ],
    [
      "a header behind the JSON",
      json,
      `${length + 1}`,
      Uint8Array.of(...binary, 0),
      /expected the end of the document, got byte 0x00/,
    ],
    [
      "a missing header",
      json,
      undefined,
      new Uint8Array(0),
      /needs the header Inference-Header-Content-Length/,
    ],
    [
      "a body cut short",
      json,
      `${length}`,
      binary.subarray(0, 15),
      /ended after \d+ bytes, but \d+ were announced/,
    ],
    ["bytes left over", json, `${length}`, Uint8Array.of(...binary, 0), /1 bytes are left over/],
    [
      "a size beside the shape",
      header(4),
      `${length}`,
      binary.subarray(4),
      /shape \[1,2\] needs 8 bytes of FP32, got 4/,
    ],
    [
      "an absurd size",
      header(2 ** 53 - 1),
      `${header(2 ** 53 - 1).length}`,
      binary,
      /were announced/,
    ],
  ];
  for (const [name, text, headerLength, bytes, message] of cases) {
    test(name, () =>
      assert.throws(() => decode(text, headerLength, bytes), { status: 400, message }),
    );
  }
});

describe("raw requests", () => {
  const raw = (
    datatype: Tensor["datatype"],
    shape: (number | string)[],
    body: Uint8Array,
  ): Tensor => {
    const model: ModelContract = {
      name: "r",
      signature: { inputs: [{ name: "x", datatype, shape }], outputs: [] },
    };
    const decoded = decodeInferRequest(body, "0", model, LIMITS);
    assert.equal(decoded.binaryOutputs, "all");
    return decoded.request.inputs.get("x") as Tensor;
  };

  test("the shape follows from the model and the length", () => {
    assert.deepEqual(raw("FP32", [2, 2], new Uint8Array(16)).shape, [2, 2]);
    assert.deepEqual(raw("FP32", ["N", 2], new Uint8Array(8)).shape, [1, 2]);
    assert.deepEqual(raw("FP32", ["N", 2], new Uint8Array(24)).shape, [3, 2]);
    assert.deepEqual(raw("UINT8", ["N", 3, "W"], new Uint8Array(12)).shape, [1, 3, 4]);
    assert.deepEqual(raw("FP32", ["N", 2], new Uint8Array(0)).shape, [0, 2]);
  });

  test("a string is the body itself", () => {
    const tensor = raw("BYTES", ["N"], encodeUtf8("héllo"));
    assert.deepEqual(tensor, { datatype: "BYTES", shape: [1], data: ["héllo"] });
  });

  test("what cannot be told is refused", () => {
    const body = new Uint8Array(12);
    assert.throws(() => raw("FP32", [2, 2], body), { code: "INPUT_COUNT" });
    assert.throws(() => raw("FP64", ["N", 1], body), {
      code: "INPUT_COUNT",
      message: /multiple of 8 bytes/,
    });
    assert.throws(() => raw("FP32", ["N", "H", "W"], body), { code: "INPUT_SHAPE" });
    assert.throws(() => raw("BYTES", [2], body), { code: "INPUT_SHAPE" });
    assert.throws(() => raw("BYTES", [1], Uint8Array.of(0xff)), { code: "INPUT_DATA" });
    assert.throws(() => raw("UINT8", ["N"], new Uint8Array(1001)), { code: "INPUT_TOO_LARGE" });
    assert.throws(() => decodeInferRequest(body, "0", MODEL, LIMITS), {
      code: "INPUT_MISSING",
      message: /a model with one input/,
    });
  });
});

describe("malformed requests", () => {
  const x = (fields: string): string => `{"inputs":[{${fields}},${N}]}`;
  const good = `"inputs":[${X},${N}]`;
  const cases: [name: string, body: string, code: string, message: RegExp][] = [
    ["no body", "", "BODY_EMPTY", /no body; send a JSON object with the field "inputs"/],
    ["an array", "[]", "FIELD_TYPE", /expected an object with the field "inputs", got an array/],
    ["no JSON", "hello", "JSON_INVALID", /byte 0/],
    ["no inputs", "{}", "FIELD_MISSING", /"inputs" is missing; expected an array of tensors/],
    [
      "inputs of another kind",
      '{"inputs":{}}',
      "FIELD_TYPE",
      /"inputs": expected an array of tensors, got an object/,
    ],
    [
      "an input of another kind",
      '{"inputs":[1]}',
      "FIELD_TYPE",
      /"inputs\[0\]": expected an object, got a number/,
    ],
    ["an empty list of inputs", '{"inputs":[]}', "INPUT_MISSING", /"x" is missing/],
    [
      "a missing input",
      `{"inputs":[${X}]}`,
      "INPUT_MISSING",
      /"n" is missing; expected INT64\[-1\]/,
    ],
    ["a repeated input", `{"inputs":[${X},${X}]}`, "INPUT_DUPLICATE", /"x" is given twice/],
    [
      "an unknown input",
      `{"inputs":[{"name":"w","shape":[1],"datatype":"FP32","data":[1]}]}`,
      "INPUT_UNKNOWN",
      /"w".*"x", "n"/,
    ],
    ["a repeated field", `{${good},"id":"a","id":"b"}`, "JSON_DUPLICATE", /"id" appears twice/],
    ["a repeated field of an input", x('"name":"x","name":"x"'), "JSON_DUPLICATE", /"name"/],
    [
      "an id that is a number",
      `{"id":1,${good}}`,
      "FIELD_TYPE",
      /"id": expected a string, got a number/,
    ],
    [
      "no name",
      x('"shape":[1,2],"datatype":"FP32","data":[1,2]'),
      "FIELD_MISSING",
      /"name" is missing in inputs\[0\]/,
    ],
    [
      "a name of another kind",
      x('"name":[]'),
      "FIELD_TYPE",
      /"name" in inputs\[0\]: expected a string, got an array/,
    ],
    ["no shape", x('"name":"x","datatype":"FP32","data":[1,2]'), "FIELD_MISSING", /"shape"/],
    [
      "no datatype",
      x('"name":"x","shape":[1,2],"data":[1,2]'),
      "FIELD_MISSING",
      /"datatype" .* expected "FP32"/,
    ],
    ["no data", x('"name":"x","shape":[1,2],"datatype":"FP32"'), "INPUT_DATA", /it has neither/],
    [
      "an unknown datatype",
      x('"name":"x","datatype":"FLOAT"'),
      "INPUT_DATATYPE",
      /"FLOAT" is not a data type; use one of BOOL/,
    ],
    [
      "a datatype from the prototype",
      x('"name":"x","datatype":"constructor"'),
      "INPUT_DATATYPE",
      /"constructor"/,
    ],
    [
      "another datatype",
      x('"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]'),
      "INPUT_MISMATCH",
      /expected FP32\[-1,2\], got FP64\[1,2\]/,
    ],
    [
      "another shape",
      x('"name":"x","shape":[2],"datatype":"FP32","data":[1,2]'),
      "INPUT_MISMATCH",
      /got FP32\[2\]/,
    ],
    [
      "a negative length",
      x('"name":"x","shape":[-1,2],"datatype":"FP32","data":[]'),
      "INPUT_SHAPE",
      /\[-1,2\] is not valid/,
    ],
    [
      "a fractional length",
      x('"name":"x","shape":[0.5,2],"datatype":"FP32","data":[1]'),
      "INPUT_SHAPE",
      /0\.5/,
    ],
    [
      "an overflowing shape",
      x('"name":"x","shape":[9007199254740991,2],"datatype":"FP32","data":[1]'),
      "INPUT_SHAPE",
      /2\^53/,
    ],
    [
      "a shape over the limit",
      x('"name":"x","shape":[501,2],"datatype":"FP32","data":[1]'),
      "INPUT_TOO_LARGE",
      /1002 elements/,
    ],
    [
      "a shape of words",
      x('"name":"x","shape":["1",2]'),
      "INPUT_SHAPE",
      /array of at most 64 integers/,
    ],
    ["a shape that is a number", x('"name":"x","shape":2'), "INPUT_SHAPE", /kind number/],
    [
      "a shape that is absurdly long",
      x(`"name":"x","shape":[${"1,".repeat(99)}1]`),
      "INPUT_SHAPE",
      /at most 64/,
    ],
    [
      "too few elements",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1]'),
      "INPUT_COUNT",
      /shape \[1,2\] needs 2 elements, got 1/,
    ],
    [
      "too many elements",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2,3]'),
      "INPUT_COUNT",
      /got 3/,
    ],
    [
      "data nested otherwise",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[[1],[2]]'),
      "INPUT_DATA",
      /nested as \[2,1\], its shape is \[1,2\]/,
    ],
    [
      "ragged data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[[1],[2,3]]'),
      "INPUT_RAGGED",
      /data\[1\]/,
    ],
    [
      "null in the data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,null]'),
      "INPUT_ELEMENT",
      /element 1 is null/,
    ],
    [
      "NaN in the data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,NaN]'),
      "JSON_INVALID",
      /NaN is not JSON/,
    ],
    [
      "a string in the data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":["1",2]'),
      "INPUT_ELEMENT",
      /a string/,
    ],
    [
      "data that is an object",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":{}'),
      "INPUT_ELEMENT",
      /a JSON object/,
    ],
    [
      "a number too large",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,1e99]'),
      "INPUT_ELEMENT",
      /1e\+99/,
    ],
    [
      "data and a binary size",
      x(
        '"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8}',
      ),
      "INPUT_DATA",
      /it has both/,
    ],
    [
      "a binary size of words",
      x('"name":"x","parameters":{"binary_data_size":"8"}'),
      "PARAMETER_INVALID",
      /"binary_data_size" in inputs\[0\]: expected an integer/,
    ],
    [
      "a negative binary size",
      x('"name":"x","parameters":{"binary_data_size":-8}'),
      "PARAMETER_INVALID",
      /got -8/,
    ],
    [
      "shared memory",
      x('"name":"x","parameters":{"shared_memory_region":"r"}'),
      "PARAMETER_UNSUPPORTED",
      /send the tensor as binary data/,
    ],
    [
      "parameters of another kind",
      `{${good},"parameters":[]}`,
      "FIELD_TYPE",
      /"parameters": expected an object/,
    ],
    [
      "a priority of words",
      `{${good},"parameters":{"priority":"high"}}`,
      "PARAMETER_INVALID",
      /"priority".* got a string/,
    ],
    [
      "a fractional timeout",
      `{${good},"parameters":{"timeout":1.5}}`,
      "PARAMETER_INVALID",
      /"timeout".* got 1\.5/,
    ],
    [
      "a flag that is a number",
      `{${good},"parameters":{"binary_data_output":1}}`,
      "PARAMETER_INVALID",
      /true or false/,
    ],
    [
      "a sequence id that is negative",
      `{${good},"parameters":{"sequence_id":-1}}`,
      "PARAMETER_INVALID",
      /"sequence_id"/,
    ],
    ["an unknown output", `{${good},"outputs":[{"name":"q"}]}`, "OUTPUT_UNKNOWN", /"q".*"y", "z"/],
    [
      "a repeated output",
      `{${good},"outputs":[{"name":"y"},{"name":"y"}]}`,
      "OUTPUT_DUPLICATE",
      /"y"/,
    ],
    [
      "an output without a name",
      `{${good},"outputs":[{}]}`,
      "FIELD_MISSING",
      /"name" is missing in outputs\[0\]/,
    ],
    [
      "an output that is a name",
      `{${good},"outputs":["y"]}`,
      "FIELD_TYPE",
      /"outputs\[0\]": expected an object/,
    ],
    [
      "an output's flag of another kind",
      `{${good},"outputs":[{"name":"y","parameters":{"binary_data":"yes"}}]}`,
      "PARAMETER_INVALID",
      /in outputs\[0\]/,
    ],
    [
      "a classification",
      `{${good},"outputs":[{"name":"y","parameters":{"classification":3}}]}`,
      "PARAMETER_UNSUPPORTED",
      /sort them/,
    ],
    ["deep nesting", `{"a":${"[".repeat(99)}`, "JSON_TOO_DEEP", /deeper than 16/],
    ["something behind the body", `{${good}}x`, "JSON_INVALID", /end of the document, got "x"/],
  ];
  for (const [name, body, code, message] of cases) {
    test(name, () => assert.throws(() => decode(body), { code, message, status: 400 }));
  }
});

test("BYTES that are no strings", () => {
  const model: ModelContract = {
    name: "b",
    signature: { inputs: [{ name: "t", datatype: "BYTES", shape: ["N"] }], outputs: [] },
  };
  const send = (binary: Uint8Array): unknown => {
    const json = `{"inputs":[{"name":"t","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":${binary.length}}}]}`;
    const body = Uint8Array.from([...encodeUtf8(json), ...binary]);
    return decodeInferRequest(body, `${json.length}`, model, LIMITS).request.inputs.get("t")?.data;
  };
  const good = encodeByteElements(["ab", "é"]);
  assert.deepEqual(send(good), ["ab", "é"]);
  assert.throws(() => send(good.subarray(0, 8)), {
    code: "INPUT_DATA",
    message: /length of element 1 is cut off/,
  });
  assert.throws(() => send(good.subarray(0, 11)), {
    code: "INPUT_DATA",
    message: /announces 2 bytes, but 1 are left/,
  });
  assert.throws(() => send(Uint8Array.of(255, 255, 255, 255, 0)), { code: "INPUT_DATA" });
  assert.throws(() => send(Uint8Array.of(1, 0, 0, 0, 0xff)), {
    code: "INPUT_DATA",
    message: /not UTF-8/,
  });
  assert.throws(() => send(encodeByteElements(["a"])), { code: "INPUT_COUNT" });
  assert.throws(() => send(encodeByteElements(["a", "b", ""])), {
    code: "INPUT_DATA",
    message: /more bytes follow its 2 elements/,
  });
  assert.throws(() => send(encodeByteElements(["a\0b", ""])), {
    code: "INPUT_ELEMENT",
    message: /NUL/,
  });
});
