/** TensorFlow Serving's REST API: bodies byte for byte, on both ways that calls are answered. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { join } from "node:path";
import { model, node } from "@longshore/onnx";
import { listen, type LibraryServer } from "./badInput/library.ts";
import { writeModels } from "./badInput/models.ts";
import { temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

/** What is asked of which path, and the bytes of the answer. */
const CALLS: readonly (readonly [path: string, body: string, answer: string])[] = [
  [
    "affine:predict",
    '{"instances":[[1.0,2.0],[3.0,4.0]]}',
    '{"predictions":[[3.0,5.0],[7.0,9.0]]}',
  ],
  ["affine:predict", '{"inputs":[[0.1]]}', '{"outputs":[[1.2]]}'],
  ["affine:predict", '{"inputs":{"x":[[1]],"extra":null}}', '{"outputs":[[3.0]]}'],
  ["affine:predict", '{"instances":[{"x":[1]}]}', '{"predictions":[[3.0]]}'],
  [
    "affine:predict",
    ' {"signature_name": "serving_default", "instances": [ [1] ] }\n',
    '{"predictions":[[3.0]]}',
  ],
  ["affine/versions/1:predict", '{"instances":[[0.123456789]]}', '{"predictions":[[1.24691355]]}'],
  [
    "affine:predict",
    '{"instances":[[NaN,Infinity,-Infinity]]}',
    '{"predictions":[[NaN,Infinity,-Infinity]]}',
  ],
  [
    "affine:predict",
    '{"instances":[[4499999.5],[1e-9],[1e30]]}',
    '{"predictions":[[9e+06],[1.0],[2e+30]]}',
  ],
  ["lookup:predict", '{"instances":[0,3]}', '{"predictions":[0.0,30.0]}'],
  ["fixed:predict", '{"inputs":[1,2,3]}', '{"outputs":6.0}'],
  [
    "pair:predict",
    '{"instances":[{"b":[9007199254740993],"a":[1,2]}]}',
    '{"predictions":[{"same_a":[1.0,2.0],"same_b":[9007199254740993]}]}',
  ],
  [
    "pair:predict",
    '{"inputs":{"a":[[1,2]],"b":[[3]]}}',
    '{"outputs":{"same_a":[[1.0,2.0]],"same_b":[[3]]}}',
  ],
  ["flags:predict", '{"instances":[true,false]}', '{"predictions":[true,false]}'],
  ["bytes:predict", '{"instances":[0,255]}', '{"predictions":[0,255]}'],
  ["halves:predict", '{"instances":[0.5,-2]}', '{"predictions":[0.5,-2.0]}'],
  ["echo:predict", '{"instances":[["é",{"b64":"aGk="}]]}', '{"predictions":[["é","hi"]]}'],
  [
    "text:predict",
    '{"instances":[{"b64":"aGk="},"x"]}',
    '{"predictions":[{"b64":"aGk="},{"b64":"eA=="}]}',
  ],
  [
    "affine:classify",
    '{"examples":[{"x":[0,1]},{"x":[2,3]}]}',
    '{"results":[[["",1.0],["",3.0]],[["",5.0],["",7.0]]]}',
  ],
  [
    "affine:classify",
    '{"context":{"x":2},"examples":[{},{"other":"a"}]}',
    '{"results":[[["",5.0]],[["",5.0]]]}',
  ],
  ["lookup:regress", '{"examples":[{"index":8},{"index":[2]}]}', '{"results":[80.0,20.0]}'],
  ["%61ffine:PREDICT", '{"instances":[[1]]}', '{"predictions":[[3.0]]}'],
];

const folder = temporaryFolder();
let direct: TestServer;
let mounted: LibraryServer;

before(async () => {
  writeModels(folder.path);
  // `out_bytes = text`, whose name asks for base64.
  const text = model({
    inputs: [{ name: "text", datatype: "BYTES", shape: ["N"] }],
    outputs: [{ name: "out_bytes", datatype: "BYTES", shape: ["N"] }],
    nodes: [node("Identity", ["text"], ["out_bytes"])],
  });
  writeOnnx(join(folder.path, "text.onnx"), text);
  direct = await startServer([folder.path], ["--log-level", "error"]);
  mounted = await listen({ models: [folder.path] });
});

after(async () => {
  await direct[Symbol.asyncDispose]();
  await mounted[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

for (const [path, body, expected] of CALLS) {
  test(`${path} ${body.slice(0, 60)}`, async () => {
    for (const { url } of [direct, mounted]) {
      const response = await fetch(`${url}/v1/models/${path}`, { method: "POST", body });
      assert.equal(await response.text(), expected);
      assert.equal(response.status, 200);
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    }
  });
}

describe("what is told of a model", () => {
  const read = async (path: string): Promise<string> => (await fetch(direct.url + path)).text();

  test("its state", async () => {
    const expected =
      '{"model_version_status":[{"version":"1","state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]}';
    assert.equal(await read("/v1/models/affine"), expected);
    assert.equal(await read("/v1/models/affine/versions/1"), expected);
    assert.equal(await read("/V1/MODELS/affine/VERSIONS/01?a=b"), expected);
    const broken = JSON.parse(await read("/v1/models/broken"));
    const [{ state, status }] = broken.model_version_status;
    assert.deepEqual([state, status.error_code], ["END", "UNAVAILABLE"]);
    assert.match(status.error_message, /not a valid ONNX file/);
  });

  test("its metadata", async () => {
    assert.equal(
      await read("/v1/models/lookup/metadata"),
      '{"model_spec":{"name":"lookup","signature_name":"","version":"1"},"metadata":{"signature_def":' +
        '{"signature_def":{"serving_default":{"inputs":{"index":{"dtype":"DT_INT64","tensor_shape":' +
        '{"dim":[{"size":"-1","name":""}],"unknown_rank":false},"name":"index"}},"outputs":{"value":' +
        '{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""}],"unknown_rank":false},' +
        '"name":"value"}},"method_name":"tensorflow/serving/predict"}}}}}',
    );
    const path = "/v1/models/lookup/versions/1/metadata";
    assert.equal(await read(path), await read("/v1/models/lookup/metadata"));
  });
});
