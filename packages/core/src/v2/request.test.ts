import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeUtf8 } from "../json/utf8.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { encodeByteElements } from "./byteElements.ts";
import { decode, elements, LIMITS, MODEL, N, X } from "./fixtures.test.ts";
import { decodeInferRequest } from "./request.ts";

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
    assert.deepEqual(decoded.request.sequence, { id: "s", start: true, end: false });
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

  test("a sequence is known by its id", () => {
    const read = (parameters: string): unknown =>
      decode(`{"inputs":[${X},${N}],"parameters":${parameters}}`).request.sequence;
    assert.deepEqual(read('{"sequence_end":true,"sequence_id":18446744073709551615}'), {
      id: 2n ** 64n - 1n,
      start: false,
      end: true,
    });
    for (const none of ['{"sequence_id":0}', '{"sequence_id":"","sequence_start":false}', "{}"]) {
      assert.equal(read(none), undefined);
    }
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
