/** The table of bad requests against the real server, while good requests go on beside it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startServer, type TestServer } from "../support/server.ts";
import { readMetric } from "../support/metrics.ts";
import { writeBundles } from "../support/bundles.ts";
import { temporaryFolder } from "../support/models.ts";
import { readError, send } from "./answer.ts";
import { writeModels } from "./models.ts";
import { BINARY_ROWS } from "./table/binary.ts";
import { ELEMENT_ROWS } from "./table/elements.ts";
import { INPUT_ROWS } from "./table/inputs.ts";
import { JSON_ROWS } from "./table/json.ts";
import { PREDICT_ROWS } from "./table/predict.ts";
import { TERMS_ROWS } from "./table/terms.ts";
import { TFSERVING_ROWS } from "./table/tfserving.ts";
import { ROUTE_ROWS } from "./table/routes.ts";
import type { BadRequest } from "./table/row.ts";
import { TRANSPORT_ROWS } from "./table/transport.ts";

const ROWS = [
  ...JSON_ROWS,
  ...INPUT_ROWS,
  ...ELEMENT_ROWS,
  ...BINARY_ROWS,
  ...PREDICT_ROWS,
  ...TERMS_ROWS,
  ...TFSERVING_ROWS,
  ...ROUTE_ROWS,
  ...TRANSPORT_ROWS,
];

const folder = temporaryFolder();
let server: TestServer;
let startedAt: number;

before(async () => {
  writeModels(folder.path);
  writeBundles(folder.path);
  server = await startServer([folder.path], ["--log-level", "error"]);
  startedAt = await readMetric(server.url, "process_start_time_seconds");
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("each bad request gets its error, and good ones beside it their answers", async (t) => {
  await using stream = streamGoodRequests(4);
  for (const row of ROWS) await t.test(row.name, () => tryRow(row));
  const answered = await stream.stop();
  assert.ok(answered > 100, `${answered} good requests were answered meanwhile`);
});

test("thousands of bad requests leave no memory behind", async () => {
  // Every kind of row, but not the megabytes of some: they would be all that is measured.
  const sample = ROWS.filter(({ request }, index) => index % 4 === 0 && sizeOf(request) < 20_000);
  await repeat(sample, 1500);
  const before = await readMetric(server.url, "process_resident_memory_bytes");
  await repeat(sample, 4000);
  const grown = (await readMetric(server.url, "process_resident_memory_bytes")) - before;
  assert.ok(grown < 48 * 2 ** 20, `${Math.round(grown / 2 ** 20)} MiB more`);
});

test("the server is the same process, and still answers right", async () => {
  await sendGoodRequest(7);
  assert.equal(await readMetric(server.url, "process_start_time_seconds"), startedAt);
  assert.doesNotMatch(server.log(), /restarting|INTERNAL/);
});

async function tryRow({ request, status, code, says }: BadRequest): Promise<void> {
  const answer = await send(server.url, request);
  const found = readError(answer);
  assert.deepEqual({ status: answer.status, code: found.code }, { status, code }, found.error);
  assert.ok(found.error.includes(says), `"${found.error}" does not say "${says}"`);
  if (!("raw" in request)) assert.ok(answer.headers.has("x-request-id"));
}

async function repeat(rows: readonly BadRequest[], times: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < times) await tryRow(rows[next++ % rows.length]!);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

function sizeOf(request: BadRequest["request"]): number {
  if ("raw" in request) return request.raw.length;
  return request.body?.length ?? 0;
}

/** Sends good requests, one after another on each of some connections, until it is stopped. */
function streamGoodRequests(width: number): AsyncDisposable & { stop(): Promise<number> } {
  let going = true;
  let answered = 0;
  const work = async (): Promise<void> => {
    while (going) {
      await sendGoodRequest(answered);
      answered++;
    }
  };
  const done = Promise.all(Array.from({ length: width }, work));
  done.catch(() => undefined); // Thrown where it is awaited.
  const stop = async (): Promise<number> => {
    going = false;
    await done;
    return answered;
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

async function sendGoodRequest(value: number): Promise<void> {
  const body = `{"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[${value},${-value}]}]}`;
  const response = await fetch(`${server.url}/v2/models/affine/infer`, { method: "POST", body });
  const answer = (await response.json()) as { outputs: { data: number[] }[] };
  assert.equal(response.status, 200);
  assert.deepEqual(answer.outputs[0]?.data, [2 * value + 1, 1 - 2 * value]);
}
