import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { runLoad } from "./load.ts";

async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  t.after(() => (server.closeAllConnections(), server.close()));
  await new Promise((resolve) => server.once("listening", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x?y=1`;
}

const options = { connections: 3, warmup: 0.1, seconds: 0.4 };

test("the server gets the request as described, and every answer is counted", async (t) => {
  const body = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
  const connections = new Set<unknown>();
  let served = 0;
  const url = await listen(t, async (request, response) => {
    connections.add(request.socket);
    const received = Buffer.concat(await request.toArray());
    const right =
      request.method === "POST" && request.url === "/x?y=1" && request.headers["x-a"] === "b";
    response.writeHead(right && received.equals(body) ? 200 : 400).end("answer");
    served++;
  });
  const report = await runLoad({ ...options, url, body, headers: { "x-a": "b" } });
  assert.deepEqual([report.errors, report.firstError], [0, undefined]);
  assert.ok(report.requests > 0 && report.requests <= served);
  assert.deepEqual(report.bodyBytes, [6, 6]);
  assert.equal(connections.size, 3);
  assert.ok(Math.abs(report.rate - report.requests / report.seconds) < 1e-6);
  const { p50, p90, p99, p999, max } = report.latency;
  assert.deepEqual(
    [p50, p90, p99, p999, max],
    [p50, p90, p99, p999, max].toSorted((a, b) => a - b),
  );
  assert.ok(p50 > 0 && report.cpuSeconds > 0);
});

test("without a body it is a GET, and chunked answers are understood", async (t) => {
  const url = await listen(t, (request, response) => {
    response.write(request.method === "GET" ? "12345" : "");
    setImmediate(() => response.end("678"));
  });
  const report = await runLoad({ ...options, url });
  assert.equal(report.errors, 0);
  assert.deepEqual(report.bodyBytes, [8, 8]);
});

test("other statuses are errors, not throughput", async (t) => {
  let count = 0;
  const url = await listen(t, (_, response) => {
    response.writeHead(count++ % 2 === 0 ? 503 : 200, { "content-length": 8 }).end("too busy");
  });
  const report = await runLoad({ ...options, url });
  assert.ok(report.errors > 0 && report.errors >= report.requests / 2 - options.connections);
  assert.equal(report.firstError, "status 503: too busy");
  assert.ok(report.rate * report.seconds < report.requests);
});

test("broken connections are errors, and are opened anew", async (t) => {
  let count = 0;
  const url = await listen(t, (request, response) => {
    if (count++ % 5 === 0) request.socket.destroy();
    else response.end("ok");
  });
  const report = await runLoad({ ...options, url });
  assert.ok(report.errors > options.connections);
  assert.match(report.firstError ?? "", /^connection: /);
  assert.ok(report.requests > options.connections);
});

test("a server that never answers holds nothing up", async (t) => {
  const url = await listen(t, () => {});
  const report = await runLoad({ ...options, url });
  assert.deepEqual([report.requests, report.rate, report.latency.p50], [0, 0, 0]);
});
