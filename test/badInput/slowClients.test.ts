/** Clients that take their time, or go away, while others want to be served. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { affineModel, temporaryFolder, writeOnnx } from "../support/models.ts";
import { readMetric, until } from "../support/metrics.ts";
import { parseAnswer, readError, send } from "./answer.ts";
import { listen, type LibraryServer } from "./library.ts";
import { LONG, slowBody, wideModel, writeSlowModels } from "./models.ts";

const CLIENT_TIMEOUT_MS = 500;
const IDLE_CONNECTIONS = 2000;
/** Rows that are answered with 32 MiB: more than the buffers of both ends hold. */
const WIDE_ROWS = 128;
/** No connection is to be left open but those of the slow clients. */
const CLOSE = { connection: "close" };
const HEAD = "POST /v2/models/affine/infer HTTP/1.1\r\nHost: here\r\n";

const folder = temporaryFolder();
let server: LibraryServer;

before(async () => {
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  writeOnnx(join(folder.path, "wide.onnx"), wideModel());
  writeSlowModels(folder.path);
  const limits = { clientTimeoutMs: CLIENT_TIMEOUT_MS };
  server = await listen({ models: [folder.path], limits });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

test("headers that trickle are answered with 408, and the connection is closed", async () => {
  using client = open();
  await client.trickle(HEAD + "X-Slow: ".repeat(1000));
  expectTimeout(client);
  await isServed();
});

test("a body that trickles is answered with 408, and gives back what it was counted for", async () => {
  using client = open();
  await client.trickle(`${HEAD}Content-Length: 100000\r\n\r\n`, " ".repeat(100_000));
  expectTimeout(client);
  await until("it is not counted", async () => (await active()) === 0);
  await isServed();
});

test("a client that is silent after 408 does not keep its connection", async () => {
  await noConnections();
  using client = open();
  client.socket.write(HEAD);
  await until("it is answered", () => client.text().includes("408"));
  // It takes the answer, and never closes its side.
  await noConnections();
});

test("clients that go away leave the queue, and their requests are never run", async () => {
  const labels = 'model="slow",version="1"';
  const depth = (): Promise<number> => readMetric(server.url, `longshore_queue_depth{${labels}}`);
  const body = slowBody(LONG);
  const request = `POST /v2/models/slow/infer HTTP/1.1\r\nHost: here\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const clients: Client[] = [];
  // The first few run; the others can only wait.
  while ((await depth()) < 10) {
    const client = open();
    client.socket.write(request);
    clients.push(client);
    await until("it arrived", async () => (await active()) === clients.length);
  }
  const ran = clients.length - (await depth());
  for (const client of clients) client[Symbol.dispose]();
  await until("the queue is empty", async () => (await depth()) === 0);
  await until("none is counted", async () => (await active()) === 0);
  const cancelled = `longshore_request_failures_total{${labels},reason="CANCELLED"}`;
  assert.equal(await readMetric(server.url, cancelled), clients.length);

  const short = { path: "/v2/models/slow/infer", headers: CLOSE, body: slowBody(1) };
  const answer = await send(server.url, short);
  assert.equal(answer.status, 200);
  const runs = await readMetric(server.url, `nv_inference_exec_count{${labels}}`);
  assert.equal(runs, ran + 1, `${clients.length} requests, of which ${ran} were running`);
});

test("a client that goes away in the middle of its body is forgotten", async () => {
  const clients = Array.from({ length: 20 }, () => open());
  for (const client of clients) client.socket.write(`${HEAD}Content-Length: 1000\r\n\r\n{`);
  await until("all arrived", async () => (await active()) === clients.length);
  for (const client of clients) client[Symbol.dispose]();
  await until("none is counted", async () => (await active()) === 0);
  await isServed();
});

test("a client that does not take a large answer loses its connection", async () => {
  await noConnections();
  const body = wideBody();
  using client = open();
  client.socket.pause();
  client.socket.write(
    `POST /v2/models/wide/infer HTTP/1.1\r\nHost: here\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await until("it arrived", async () => (await active()) === 1);
  await isServed();
  await until("it is not counted", async () => (await active()) === 0);
  await noConnections();
});

test("a client that takes a large answer gets it whole", async () => {
  const request = { path: "/v2/models/wide/infer", headers: CLOSE, body: wideBody() };
  const { status, body } = await send(server.url, request);
  assert.equal(status, 200);
  assert.ok(body.length > WIDE_ROWS * 65_536 * 4);
  assert.equal(new DataView(body.buffer).getFloat32(body.length - 4, true), WIDE_ROWS - 1);
});

test("thousands of idle connections do not keep others waiting, and are closed in time", async () => {
  await noConnections();
  const idle: Client[] = [];
  let most = 0;
  // Not more at once than the system keeps for the server to accept: it would drop the others.
  while (idle.length < IDLE_CONNECTIONS) {
    const some = Array.from({ length: 200 }, () => open());
    await Promise.all(some.map(({ socket }) => once(socket, "connect")));
    idle.push(...some);
    await isServed();
    most = Math.max(most, await server.connections());
  }
  assert.ok(most > IDLE_CONNECTIONS / 2, `${most} connections at a time`);
  await Promise.all(idle.map(({ closed }) => closed));
  for (const client of idle) client[Symbol.dispose]();
  await noConnections();
  await isServed();
});

interface Client extends Disposable {
  readonly socket: Socket;
  /** Everything received so far. */
  text(): string;
  /** When the server has closed its side. */
  readonly closed: Promise<unknown>;
  /** Sends the first text at once and the rest byte by byte, until the server closes. */
  trickle(first: string, rest?: string): Promise<void>;
}

function open(): Client {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let text = "";
  let isClosed = false;
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => undefined); // A reset is one way of being closed.
  const closed = Promise.race([once(socket, "end"), once(socket, "close")]).catch(() => undefined);
  void closed.then(() => (isClosed = true));
  return {
    socket,
    text: () => text,
    closed,
    async trickle(first, rest = "") {
      const [head, tail] = rest === "" ? ["", first] : [first, rest];
      socket.write(head);
      for (const byte of tail) {
        if (isClosed) return;
        socket.write(byte);
        await sleep(5);
      }
      assert.fail("the server took it all");
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}

function wideBody(): string {
  const data = Array.from({ length: WIDE_ROWS }, (_, row) => row).join();
  return `{"inputs":[{"name":"a","shape":[${WIDE_ROWS},1],"datatype":"FP32","data":[${data}]}],"parameters":{"binary_data_output":true}}`;
}

function expectTimeout(client: Client): void {
  const answer = parseAnswer(Buffer.from(client.text()));
  assert.equal(answer.status, 408);
  const { error, code } = readError(answer);
  assert.equal(code, "NOT_ACCEPTED");
  assert.match(error, /did not arrive in time; send it without pauses/);
}

async function isServed(): Promise<void> {
  const body = '{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[20]}]}';
  const answer = await send(server.url, { path: "/v2/models/affine/infer", headers: CLOSE, body });
  assert.equal(answer.status, 200);
  assert.match(Buffer.from(answer.body).toString(), /"data":\[41\]/);
}

function active(): Promise<number> {
  return readMetric(server.url, "longshore_active_requests");
}

async function noConnections(): Promise<void> {
  await until("the connections are closed", async () => (await server.connections()) === 0);
}
