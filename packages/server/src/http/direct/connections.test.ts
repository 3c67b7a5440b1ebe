import assert from "node:assert/strict";
import { connect, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fastify, { type FastifyInstance } from "fastify";
import fc from "fast-check";
import { ActiveRequests } from "../activeRequests.ts";
import { answerBrokenRequest } from "../brokenRequests.ts";
import type { InferenceCall, InferenceRoute } from "../inferenceRoute.ts";
import { lastAnswersWhen } from "../lastAnswers.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import type { RequestEntry } from "../requestLog.ts";
import type { DirectService } from "./call.ts";
import { answerConnections } from "./connections.ts";
import { toFindRoute } from "./match.ts";
import { answerNodeRequests } from "./nodeRequests.ts";

type Answer = InferenceRoute["answer"];

interface Server extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly active: ActiveRequests;
  /** The log's lines of direct calls. */
  readonly log: RequestEntry[];
  /** From then on, answers are the last of their connections. */
  stop(): void;
  open(): Client;
}

/** A server of one route, `POST /calls/:model`, that a test answers itself. */
async function serve(
  answer: Answer = echo,
  { limits: some = {}, direct = true }: { limits?: Partial<Limits>; direct?: boolean } = {},
): Promise<Server> {
  const limits = { ...defaultLimits(2 ** 30), ...some };
  const active = new ActiveRequests(limits);
  const log: RequestEntry[] = [];
  let stopping = false;
  const isStopping = (): boolean => stopping;
  const app = fastify({
    http: { ServerResponse: lastAnswersWhen(isStopping) },
    forceCloseConnections: "idle",
    return503OnClosing: false,
    keepAliveTimeout: 75_000,
    clientErrorHandler: answerBrokenRequest,
  });
  const route = { path: "/calls/:model", answer };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.post<{ Params: { model: string } }>(route.path, async (request, reply) => {
    const { params, headers, body } = request;
    const signal = { aborted: false, addEventListener() {}, removeEventListener() {} };
    const call = { params, path: request.url, headers, id: "a", body, signal } as InferenceCall;
    const answered = await answer(call);
    return reply.headers({ "x-request-id": "a", ...answered.headers }).send(answered.body);
  });
  app.get("/hello", async () => "hello");
  if (direct) {
    const service = {
      context: {
        limits,
        active,
        isStopping,
        logRequest: (_: string, entry: RequestEntry) => log.push(entry),
      },
      logger: app.log,
      find: toFindRoute([route]),
    };
    answerNodeRequests(app.server, service as unknown as DirectService);
    answerConnections(app, service as unknown as DirectService);
  }
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    active,
    log,
    stop: () => (stopping = true),
    open: () => new Client(port),
    [Symbol.asyncDispose]: async () => void (await app.close()),
  };
}

const echo: Answer = async ({ params, body }) => ({
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: `${params.model}:${Buffer.from(body).toString("latin1")}`,
});

class Client implements Disposable {
  readonly socket: Socket;
  #text = "";
  isClosed = false;
  error: Error | undefined;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setNoDelay(true);
    this.socket.on("error", (error) => (this.error = error));
    this.socket.on("data", (chunk: Buffer) => (this.#text += chunk.toString("latin1")));
    this.socket.on("close", () => (this.isClosed = true));
  }

  get text(): string {
    return this.#text;
  }

  /** Waits for so many answers, and gives their bodies. */
  async answers(count: number): Promise<string[]> {
    await until(() => this.isClosed || readAnswers(this.#text).length >= count);
    return readAnswers(this.#text).map(({ body }) => body);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Answers that are there as a whole, each with a length. */
function readAnswers(text: string): { head: string; body: string }[] {
  const answers = [];
  for (let at = 0; ;) {
    const end = text.indexOf("\r\n\r\n", at) + 4;
    const length = Number(/content-length: (\d+)/i.exec(text.slice(at, end))?.[1]);
    if (end < 4 || text.length < end + length) return answers;
    answers.push({ head: text.slice(at, end), body: text.slice(end, end + length) });
    at = end + length;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !condition(); await sleep(2)) {
    if (performance.now() > end) assert.fail("it did not happen");
  }
}

function post(body: string, ...fields: string[]): string {
  const lines = ["POST /calls/m HTTP/1.1", "Host: here", `Content-Length: ${body.length}`];
  return [...lines, ...fields, "", body].join("\r\n");
}

const GET = "GET /hello HTTP/1.1\r\nHost: here\r\n\r\n";

for (const [what, request] of Object.entries({ call: "é", question: "" })) {
  test(`the answer to a ${what} has the fields that Node gives its own`, async () => {
    const text = request === "" ? GET : post(request, "X-Request-Id: a");
    const heads = [];
    for (const direct of [true, false]) {
      await using server = await serve(echo, { direct });
      using client = server.open();
      client.socket.write(text, "latin1");
      await client.answers(1);
      const { head } = readAnswers(client.text)[0]!;
      heads.push(
        head
          .replace(/Date: .*/, "Date")
          .split("\r\n")
          .toSorted(),
      );
      assert.match(head, /Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    }
    assert.deepEqual(heads[0], heads[1]);
  });
}

test("a client that asks between its calls stays on its connection", async () => {
  await using server = await serve();
  using client = server.open();
  client.socket.write(GET + post("x") + GET.replace("/hello", "/nowhere") + post("y"));
  const bodies = await client.answers(4);
  assert.deepEqual([bodies[0], bodies[1], bodies[3]], ["hello", "m:x", "m:y"]);
  assert.match(client.text, /HTTP\/1.1 404 Not Found/);
  // Calls that are answered past Fastify are logged here.
  assert.deepEqual(
    server.log.map(({ status }) => status),
    [200, 200],
  );
});

test("a request is answered wherever it is split", async () => {
  await using server = await serve();
  const text = post("some bytes of a body");
  using client = server.open();
  for (let at = 1; at < text.length; at++) {
    client.socket.write(text.slice(0, at));
    await sleep(1);
    client.socket.write(text.slice(at));
    const bodies = await client.answers(at);
    assert.equal(bodies[at - 1], "m:some bytes of a body");
  }
});

test("random requests, sent at random pieces, are answered as Node alone does", async () => {
  await using direct = await serve();
  await using reference = await serve(echo, { direct: false });
  const request = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.string({ minLength: 1, maxLength: 40 }).map((text) => post(toAscii(text))),
    },
    fc.constant(post("x", "Connection: Keep-Alive", "Content-Type: application/json")),
    fc.constant(post("x".repeat(70_000))),
    fc.constant(post("")),
    fc.constant(GET),
    fc.constant(post("gone").replace("/calls/m", "/nowhere")),
    fc.constant(
      "POST /calls/c HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ),
  );
  const plainParts = fc.array(fc.nat(200), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 6 }),
      plainParts,
      async (requests, parts) => {
        const answered = [];
        for (const server of [direct, reference]) {
          using client = server.open();
          const text = requests.join("");
          for (let at = 0, part = 0; at < text.length; part++) {
            const length = (parts[part % parts.length]! + 1) * (text.length > 50_000 ? 500 : 1);
            client.socket.write(text.slice(at, (at += length)), "latin1");
            await sleep(0);
          }
          // A last request that ends the connection, so that all answers are there.
          client.socket.write(post("end", "Connection: close"));
          await until(() => client.isClosed);
          answered.push(
            readAnswers(client.text).map(({ head, body }) => [head.split("\r\n", 1)[0], body]),
          );
        }
        assert.deepEqual(answered[0], answered[1]);
      },
    ),
    { numRuns: 150 },
  );
});

test("what is not HTTP is refused, after the answers to what came before", async () => {
  await using server = await serve();
  using client = server.open();
  client.socket.write(`${post("x")}BROKEN\r\n\r\n`);
  await until(() => client.isClosed);
  const [first, second] = readAnswers(client.text);
  assert.equal(first!.body, "m:x");
  assert.match(second!.head, /^HTTP\/1.1 400 /);
  assert.match(second!.body, /not valid HTTP/);
});

function toAscii(text: string): string {
  return text.replace(/[^ -~]/g, "?");
}

test("a long answer comes whole, to a client that reads it in its own time", async () => {
  const long = Buffer.alloc(32 * 2 ** 20, "0123456789");
  await using server = await serve(async () => ({ headers: {}, body: long }));
  using client = server.open();
  client.socket.pause();
  client.socket.write(post("x") + post("y"));
  await sleep(100);
  assert.equal(server.log.length, 0, "not gone while nobody takes it");
  client.socket.resume();
  await until(() => client.text.length > 2 * long.length);
  assert.ok(readAnswers(client.text).every(({ body }) => body === long.toString("latin1")));
  await until(() => server.log.length === 2);
});

test("a client that does not take a long answer loses its connection", async () => {
  const long = Buffer.alloc(32 * 2 ** 20);
  const answer: Answer = async () => ({ headers: {}, body: long });
  await using server = await serve(answer, { limits: { clientTimeoutMs: 300 } });
  using client = server.open();
  client.socket.pause();
  client.socket.write(post("x"));
  await until(() => server.log.length === 1);
  assert.equal(server.log[0]!.error, "CANCELLED");
  assert.equal(server.active.size, 0);
});

test("one call too many is refused before its body is there, and the next one is answered", async () => {
  const limits = { maxConcurrent: 0 };
  await using server = await serve(echo, { limits });
  using client = server.open();
  const text = post("0123456789");
  client.socket.write(text.slice(0, -5));
  const [refused] = await client.answers(1);
  assert.match(refused!, /TOO_MANY_REQUESTS/);
  assert.match(client.text, /^HTTP\/1.1 429 Too Many Requests\r\n/);
  client.socket.write(text.slice(-5) + text);
  await client.answers(2);
  client.socket.write(GET);
  assert.equal((await client.answers(3))[2], "hello");
});

test("a client that goes away is no longer computed for", async () => {
  let signal: InferenceCall["signal"] | undefined;
  const never: Answer = (call) => {
    signal = call.signal;
    return new Promise(() => undefined);
  };
  await using server = await serve(never);
  for (const leave of ["destroy", "end"] as const) {
    using client = server.open();
    signal = undefined;
    client.socket.write(post("x"));
    await until(() => signal !== undefined);
    assert.equal(server.active.size, 1);
    client.socket[leave]();
    await until(() => signal!.aborted);
    assert.equal(server.active.size, 0);
    assert.equal(server.log.pop()?.error, "CANCELLED");
  }
});

test("what takes too long is answered with 408 and closed: a body, and a first request", async () => {
  await using server = await serve(echo, { limits: { clientTimeoutMs: 200 } });
  for (const sent of [post("0123456789").slice(0, -1), ""]) {
    using client = server.open();
    client.socket.write(sent);
    await until(() => client.isClosed);
    assert.match(client.text, /^HTTP\/1.1 408 /);
    assert.match(client.text, /did not arrive in time/);
  }
  assert.equal(server.active.size, 0);
});

test("a connection that ends in the middle of a body is told so", async () => {
  await using server = await serve();
  using client = server.open();
  client.socket.end(post("0123456789").slice(0, -1));
  await until(() => client.isClosed);
  assert.match(client.text, /^HTTP\/1.1 400 /);
  assert.match(client.text, /closed in the middle of the request/);
  await until(() => server.active.size === 0);
});

/** Answers what begins with "held" when the test says so. */
function heldEcho(): { answer: Answer; waiting: (() => void)[] } {
  const waiting: (() => void)[] = [];
  const answer: Answer = async (call) => {
    const isHeld = Buffer.from(call.body).toString("latin1").startsWith("held");
    if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve));
    return echo(call);
  };
  return { answer, waiting };
}

test("once the server stops, every answer is the last of its connection", async () => {
  const { answer, waiting } = heldEcho();
  await using server = await serve(answer);
  /** What a connection has been used for, is being used for, and is used for next. */
  const uses = [
    ["", "", post("a")],
    [post("x"), "", post("a")],
    [GET, "", post("a")],
    [post("x"), "", GET],
    [GET, "", GET.replace("hello", "nowhere")],
    ["", post("held"), ""],
    [GET, post("held"), ""],
  ] as const;
  const clients = uses.map(() => server.open());
  for (const [index, client] of clients.entries()) {
    const [before, during] = uses[index]!;
    client.socket.write(before);
    if (before !== "") await client.answers(1);
    client.socket.write(during);
    assert.doesNotMatch(client.text, /Connection: close/i);
  }
  await until(() => waiting.length === 2);
  server.stop();
  for (const [index, client] of clients.entries()) client.socket.write(uses[index]![2]);
  for (const finish of waiting) finish();
  for (const [index, client] of clients.entries()) {
    await until(() => client.isClosed);
    const answers = readAnswers(client.text);
    assert.equal(answers.length, uses[index]![0] === "" ? 1 : 2);
    assert.match(answers.at(-1)!.head, /\r\nConnection: close\r\n/i);
    assert.equal(client.error, undefined);
  }
});

test("a request behind the last answer of its connection is not begun, and breaks nothing", async () => {
  const { answer, waiting } = heldEcho();
  await using server = await serve(answer);
  using client = server.open();
  client.socket.write(post("held") + post("b"));
  await until(() => waiting.length === 1);
  server.stop();
  waiting[0]!();
  client.socket.write(post("c"));
  await until(() => client.isClosed);
  assert.deepEqual(await client.answers(1), ["m:held"]);
  assert.equal(server.log.length, 1);
  assert.equal(client.error, undefined);
});

test("who was refused as the last one may go on sending, and gets the answer", async () => {
  await using server = await serve(echo, { limits: { maxConcurrent: 0 } });
  using client = server.open();
  client.socket.pause();
  client.socket.write(post("x".repeat(100_000)).slice(0, -10));
  server.stop();
  await until(() => server.log.length === 1);
  client.socket.write("x".repeat(10));
  client.socket.resume();
  await until(() => client.isClosed);
  assert.match(client.text, /^HTTP\/1.1 429 /);
  assert.match(client.text, /\r\nConnection: close\r\n/);
  assert.equal(client.error, undefined);
});

test("closing answers what was accepted, and closes every connection", async () => {
  const { answer, waiting } = heldEcho();
  const server = await serve(answer);
  using silent = server.open();
  using idle = server.open();
  using busy = server.open();
  using late = server.open();
  idle.socket.write(post("x"));
  await idle.answers(1);
  busy.socket.write(post("held"));
  await until(() => waiting.length === 1);
  server.stop();
  const closed = server.app.close();
  await until(() => !server.app.server.listening);
  late.socket.write(post("z"));
  await until(() => late.isClosed && idle.isClosed && silent.isClosed);
  assert.equal(busy.isClosed, false);
  waiting[0]!();
  await until(() => busy.isClosed);
  assert.match(busy.text, /Connection: close\r\n\r\nm:held$/);
  assert.match(late.text, /Connection: close\r\n\r\nm:z$/);
  await closed;
});

test("a server that closes accepts the connections that wait for it", async () => {
  const server = await serve();
  server.stop();
  const clients = Array.from({ length: 20 }, () => server.open());
  for (const client of clients) client.socket.write(post("x"));
  await new Promise((resolve) => clients.at(-1)!.socket.once("connect", resolve));
  await server.app.close();
  for (const client of clients) assert.deepEqual(await client.answers(1), ["m:x"]);
});
