/** `longshore serve` answers plain inference itself, a mounted server through Fastify: one contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../support/server.ts";
import { temporaryFolder } from "../support/models.ts";
import { send, type Call } from "./answer.ts";
import { listen } from "./library.ts";
import { writeModels } from "./models.ts";
import { BINARY_ROWS } from "./table/binary.ts";
import { ELEMENT_ROWS } from "./table/elements.ts";
import { INPUT_ROWS } from "./table/inputs.ts";
import { JSON_ROWS } from "./table/json.ts";
import { PREDICT_ROWS } from "./table/predict.ts";
import { affine } from "./table/row.ts";

const input = (parameters: string): string =>
  `{"name":"x","shape":[2,1],"datatype":"FP32"${parameters}}`;
const json = `{"id":"a","inputs":[${input(',"data":[1,2]')}]}`;
const header = `{"inputs":[${input(',"parameters":{"binary_data_size":8}')}],"parameters":{"binary_data_output":true}}`;
const binary = new Uint8Array(header.length + 8);
binary.set(new TextEncoder().encode(header));
binary.set(new Uint8Array(Float32Array.of(1, 2).buffer), header.length);

const GOOD: readonly Call[] = [
  affine(json),
  affine(json, { "content-type": "application/json" }),
  affine(json, { "x-request-id": "mine" }),
  { ...affine(json), path: "/v2/models/affine/infer?a=1" },
  { ...affine(json), path: "/v2/models/affine/versions/1/infer" },
  {
    path: "/v2/models/affine/infer",
    body: binary,
    headers: { "inference-header-content-length": `${header.length}` },
  },
  { path: "/predict/affine", body: '{"inputs":[[1],[2]]}' },
];

/** What two answers to a request must have in common; only its id and the time differ. */
async function comparable(url: string, call: Call): Promise<object> {
  const { status, headers, body } = await send(url, call);
  const id = headers.get("x-request-id") ?? "";
  const fields = Object.fromEntries(headers);
  if (id !== "mine") delete fields["x-request-id"];
  delete fields["date"];
  const text = Buffer.from(body).toString("latin1").replace(JSON.stringify(id), '"id"');
  // Ids of one process may be longer than those of another, but only errors hold one.
  if (status !== 200) delete fields["content-length"];
  return { status, fields, text, hasId: id !== "" };
}

test("plain calls are answered alike, directly and through Fastify", async (t) => {
  using folder = temporaryFolder();
  writeModels(folder.path);
  await using direct = await startServer([folder.path], ["--log-level", "error"]);
  await using mounted = await listen({ models: [folder.path] });
  const bad = [...JSON_ROWS, ...INPUT_ROWS, ...ELEMENT_ROWS, ...BINARY_ROWS, ...PREDICT_ROWS];
  const calls = [
    ...GOOD.map((request, index) => ({ name: `good ${index}`, request })),
    ...bad.flatMap(({ name, request }) => ("raw" in request ? [] : [{ name, request }])),
  ];
  assert.ok(calls.length > 80);
  for (const { name, request } of calls) {
    await t.test(name, async () => {
      const [one, other] = await Promise.all(
        [direct.url, mounted.url].map((url) => comparable(url, request)),
      );
      assert.deepEqual(one, other);
    });
  }
});
