/** Every limit, reached on the real server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../support/models.ts";
import { readMetric, until } from "../support/metrics.ts";
import { readError, send, type Answer, type Call } from "./answer.ts";
import { listen, type LibraryServer } from "./library.ts";
import { LONG, slowBody, writeSlowModels } from "./models.ts";

const LIMITS = {
  maxBodyBytes: 4000,
  maxDepth: 6,
  maxElements: 10,
  maxConcurrent: 6,
  maxConcurrentBytes: 8000,
};

const folder = temporaryFolder();
let server: LibraryServer;

before(async () => {
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  writeSlowModels(folder.path);
  server = await listen({ models: [folder.path], limits: LIMITS });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

// What a request was counted for must be given back: otherwise the tests after it would fail too.
const AFFINE = "/v2/models/affine/infer";

test("a body over the limit, by its length and by its chunks", async () => {
  const good = affineBody(1);
  const padded = good + " ".repeat(LIMITS.maxBodyBytes - good.length);
  assert.equal((await send(server.url, { path: AFFINE, body: padded })).status, 200);
  assert.equal((await send(server.url, chunked(padded))).status, 200);
  for (const request of [{ path: AFFINE, body: `${padded} ` }, chunked(`${padded} `)]) {
    const says = "the request body is over the limit of 4000 bytes";
    expectError(await send(server.url, request), 413, "BODY_TOO_LARGE", says);
  }
});

test("JSON that is nested too deep", async () => {
  const nested = (depth: number): Call => {
    const other = "[".repeat(depth - 1) + "]".repeat(depth - 1);
    return { path: AFFINE, body: `{"other":${other},${affineBody(1).slice(1)}` };
  };
  assert.equal((await send(server.url, nested(LIMITS.maxDepth))).status, 200);
  const says = "JSON is nested deeper than 6 levels at byte 14";
  expectError(await send(server.url, nested(LIMITS.maxDepth + 1)), 400, "JSON_TOO_DEEP", says);
});

test("too many elements, on every way in", async () => {
  const says = 'input "x": 11 elements are over the limit of 10';
  const eleven = Array(11).fill(1).join();
  const header = "inference-header-content-length";
  const json =
    '{"inputs":[{"name":"x","shape":[1,11],"datatype":"FP32","parameters":{"binary_data_size":44}}]}';
  const ways: readonly Call[] = [
    { path: AFFINE, body: affineBody(11) },
    {
      path: AFFINE,
      headers: { [header]: String(json.length) },
      body: new Uint8Array([...Buffer.from(json), ...new Uint8Array(44)]),
    },
  ];
  assert.equal((await send(server.url, { path: AFFINE, body: affineBody(10) })).status, 200);
  for (const way of ways) {
    expectError(await send(server.url, way), 400, "INPUT_TOO_LARGE", says);
  }
  const plain = { path: "/predict/affine", body: `{"inputs":[[${eleven}]]}` };
  expectError(await send(server.url, plain), 400, "INPUT_TOO_LARGE", "at least 11 elements");
  const raw = { path: AFFINE, headers: { [header]: "0" }, body: new Uint8Array(44) };
  expectError(await send(server.url, raw), 400, "INPUT_TOO_LARGE", says);
});

test("too many requests at a time: others pass again when one is over", async () => {
  const slow = { path: "/v2/models/slow/infer", body: slowBody(LONG) };
  const running = Array.from({ length: LIMITS.maxConcurrent }, () => send(server.url, slow));
  await until("all are handled", async () => (await active()) === LIMITS.maxConcurrent);
  const answer = await send(server.url, { path: AFFINE, body: affineBody(1) });
  expectError(answer, 429, "TOO_MANY_REQUESTS", "its limit of 6 concurrent requests");
  assert.equal(answer.headers.get("retry-after"), "1");
  const plain = await send(server.url, { path: "/predict/affine", body: '{"inputs":[[1]]}' });
  expectError(plain, 429, "TOO_MANY_REQUESTS", "try again shortly");
  // Those who watch the server see it all the same.
  for (const path of ["/v2/health/live", "/v2/health/ready", "/v2/models/affine"]) {
    assert.equal((await send(server.url, { method: "GET", path })).status, 200);
  }
  for (const { status } of await Promise.all(running)) assert.equal(status, 200);
  await until("none is handled", async () => (await active()) === 0);
  assert.equal((await send(server.url, { path: AFFINE, body: affineBody(1) })).status, 200);
});

test("too many bytes at a time", async () => {
  const body = slowBody(LONG).padEnd(3500);
  const slow = { path: "/v2/models/slow/infer", body };
  const running = [send(server.url, slow), send(server.url, slow)];
  await until("both are handled", async () => (await active()) === 2);
  const large = { path: AFFINE, body: affineBody(1).padEnd(2000) };
  const answer = await send(server.url, large);
  expectError(answer, 429, "TOO_MANY_BYTES", "hold the limit of 8000 bytes");
  assert.equal(answer.headers.get("retry-after"), "1");
  // A body of no declared length may become as long as any.
  expectError(await send(server.url, chunked(affineBody(1))), 429, "TOO_MANY_BYTES", "8000");
  assert.equal((await send(server.url, { path: AFFINE, body: affineBody(1) })).status, 200);
  for (const { status } of await Promise.all(running)) assert.equal(status, 200);
  await until("none is handled", async () => (await active()) === 0);
  assert.equal((await send(server.url, large)).status, 200);
});

test("a full queue", async () => {
  const narrow = { path: "/v2/models/narrow/infer", body: slowBody(LONG) };
  // One runs, a second may be sent ahead to its worker, and one waits: there is no room for more.
  const sent = Array.from({ length: 6 }, () => send(server.url, narrow));
  const answers = await Promise.all(sent);
  const refused = answers.filter(({ status }) => status !== 200);
  assert.ok(refused.length >= 3 && refused.length < 6, `${refused.length} of 6 were refused`);
  for (const answer of refused) {
    expectError(answer, 503, "QUEUE_FULL", 'the queue of "narrow" is full (1 requests)');
    assert.equal(answer.headers.get("retry-after"), "1");
  }
});

test("a deadline is kept while others run, waiting or running", async () => {
  let isOver = false;
  const blocking = send(server.url, { path: "/v2/models/narrow/infer", body: slowBody(3 * LONG) });
  void blocking.then(() => (isOver = true));
  await until("it is handled", async () => (await active()) === 1);
  const hurried = slowBody(1, '{"timeout":20000}');
  const waiting = await send(server.url, { path: "/v2/models/narrow/infer", body: hurried });
  expectError(waiting, 503, "TIMEOUT", 'before "narrow" answered');
  assert.equal(waiting.headers.get("retry-after"), "1");
  const plain = '{"inputs":{"steps":[1]},"parameters":{"timeout":1}}';
  const predicted = await send(server.url, { path: "/predict/narrow", body: plain });
  expectError(predicted, 503, "TIMEOUT", "the request timed out after");
  assert.ok(!isOver, "answered before the run that they waited for ended");
  assert.equal((await blocking).status, 200);

  // Also in the middle of its own run, which then goes on for nobody.
  const own = slowBody(LONG, '{"timeout":50000}');
  const running = await send(server.url, { path: "/v2/models/narrow/infer", body: own });
  expectError(running, 503, "TIMEOUT", "narrow");
  const failures = 'longshore_request_failures_total{model="narrow",version="1",reason="TIMEOUT"}';
  assert.equal(await readMetric(server.url, failures), 3);
});

function affineBody(elements: number): string {
  const data = Array(elements).fill(1).join();
  return `{"inputs":[{"name":"x","shape":[1,${elements}],"datatype":"FP32","data":[${data}]}]}`;
}

/** The body in two chunks, on a connection of its own. */
function chunked(body: string): { raw: string; stay: true } {
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const head = `POST ${AFFINE} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n`;
  return { raw: `${head}${chunk(body.slice(0, 10))}${chunk(body.slice(10))}0\r\n\r\n`, stay: true };
}

function active(): Promise<number> {
  return readMetric(server.url, "longshore_active_requests");
}

function expectError(answer: Answer, status: number, code: string, says: string): void {
  const found = readError(answer);
  assert.deepEqual({ status: answer.status, code: found.code }, { status, code }, found.error);
  assert.ok(found.error.includes(says), `"${found.error}" does not say "${says}"`);
}
