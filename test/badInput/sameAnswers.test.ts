/** `longshore serve` answers plain inference itself, a mounted server through Fastify: one contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../support/server.ts";
import { png, wav, writeBundles } from "../support/bundles.ts";
import { temporaryFolder } from "../support/models.ts";
import { send, type Call } from "./answer.ts";
import { listen } from "./library.ts";
import { writeModels } from "./models.ts";
import { BINARY_ROWS } from "./table/binary.ts";
import { ELEMENT_ROWS } from "./table/elements.ts";
import { INPUT_ROWS } from "./table/inputs.ts";
import { JSON_ROWS } from "./table/json.ts";
import { PREDICT_ROWS } from "./table/predict.ts";
import { TERMS_ROWS } from "./table/terms.ts";
import { TFSERVING_ROWS } from "./table/tfserving.ts";
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
  { path: "/v1/models/affine:predict", body: '{"instances":[[1],[2]]}' },
  { path: "/V1/models/affine/versions/1:Classify?a=1", body: '{"examples":[{"x":1}]}' },
  ...(await goodTerms()),
];

/** Calls of bundles with terms of their own, one of each format. */
async function goodTerms(): Promise<Call[]> {
  const typed = (model: string, type: string, body: Call["body"], accept?: string): Call => ({
    path: `/predict/${model}`,
    headers: { "content-type": type, ...(accept !== undefined && { accept }) },
    ...(body !== undefined && { body }),
  });
  const row = '{"age":41,"member":true,"height":1.5,"city":"Rome"}';
  const table = "age,member\n41,true\n7,0\n";
  const part = (head: string, body: string): string =>
    `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
  const form = `${part('name="age"', "41")}${part('name="member"', "true")}--b--\r\n`;
  const files = `${part('name="x"; filename="a.txt"', "one")}${part('name="x"; filename="b"', "two")}--b--\r\n`;
  return [
    typed("people", "application/json", `{"inputs":${row}}`),
    typed("people", "application/json", `{"inputs":[${row},${row}],"outputs":["y"]}`),
    typed(
      "people",
      "application/json",
      '{"inputs":{"age":[1,2],"member":[true,false]}}',
      "text/csv",
    ),
    typed("people", "application/jsonl", `${row}\n${row}\n`, "application/jsonl"),
    typed("people", "text/csv", table),
    typed("people", "text/csv; charset=utf-8", table, "text/html, text/csv;q=0.9"),
    typed("people", "multipart/form-data; boundary=b", form),
    typed(
      "people",
      "application/json",
      `{"inputs":[${Array.from({ length: 900 }, () => row).join()}]}`,
    ),
    typed("review", "application/json", '{"inputs":"good"}'),
    typed("review", "text/plain", "good"),
    typed("review", "multipart/form-data; boundary=b", files),
    typed("matrix", "application/json", '{"inputs":[[1,2],[3,4]]}'),
    typed("picture", "image/png", Uint8Array.from(await png(3, 2, [1, 2, 3]))),
    typed("sound", "audio/wav", Uint8Array.from(wav([0, 0.5, -0.5, 0.25, 1]))),
  ];
}

/** What two answers to a request must have in common; only its id and the time differ. */
async function comparable(url: string, call: Call): Promise<object> {
  const { status, headers, body } = await send(url, call);
  const id = headers.get("x-request-id") ?? "";
  const fields = Object.fromEntries(headers);
  if (fields["server-timing"] !== undefined) fields["server-timing"] = "measured";
  if (id !== "mine") delete fields["x-request-id"];
  delete fields["date"];
  const text = Buffer.from(body).toString("latin1").replace(JSON.stringify(id), '"id"');
  // Ids of one process may be longer than those of another.
  if (text.includes('"id"')) delete fields["content-length"];
  return { status, fields, text, hasId: id !== "" };
}

test("plain calls are answered alike, directly and through Fastify", async (t) => {
  using folder = temporaryFolder();
  writeModels(folder.path);
  writeBundles(folder.path);
  await using direct = await startServer([folder.path], ["--log-level", "error"]);
  await using mounted = await listen({ models: [folder.path] });
  const bad = [
    ...JSON_ROWS,
    ...INPUT_ROWS,
    ...ELEMENT_ROWS,
    ...BINARY_ROWS,
    ...PREDICT_ROWS,
    ...TERMS_ROWS,
    ...TFSERVING_ROWS,
  ];
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
      if (name.startsWith("good")) assert.equal((one as { status: number }).status, 200);
    });
  }
});
