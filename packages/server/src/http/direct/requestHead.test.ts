import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { readRequestHead } from "./requestHead.ts";

const head = (...lines: string[]): Buffer => Buffer.from([...lines, "", ""].join("\r\n"), "latin1");
const PATH = "/v2/models/digits/infer";

/** As these clients write them, caught on the wire. */
const CLIENTS: Record<string, Buffer> = {
  curl: head(
    `POST ${PATH} HTTP/1.1`,
    "Host: 127.0.0.1:8000",
    "User-Agent: curl/8.14.1",
    "Accept: */*",
    "Content-Length: 12",
    "Content-Type: application/x-www-form-urlencoded",
  ),
  "python requests": head(
    `POST ${PATH} HTTP/1.1`,
    "Host: 127.0.0.1:8000",
    "User-Agent: python-requests/2.32.5",
    "Accept-Encoding: gzip, deflate",
    "Accept: */*",
    "Connection: keep-alive",
    "Content-Length: 12",
    "Content-Type: application/json",
  ),
  undici: head(
    `POST ${PATH} HTTP/1.1`,
    "host: 127.0.0.1:8000",
    "connection: keep-alive",
    "content-type: text/plain;charset=UTF-8",
    "accept: */*",
    "accept-language: *",
    "sec-fetch-mode: cors",
    "user-agent: node",
    "accept-encoding: gzip, deflate",
    "content-length: 12",
  ),
  "geventhttpclient, as of Triton": head(
    `POST ${PATH} HTTP/1.1`,
    "Host: 127.0.0.1:8000",
    "Content-Type: application/octet-stream",
    "Inference-Header-Content-Length: 10",
    "Content-Length: 12",
  ),
  "Go net/http": head(
    `POST ${PATH} HTTP/1.1`,
    "Host: 127.0.0.1:8000",
    "User-Agent: Go-http-client/1.1",
    "Content-Length: 12",
    "Content-Type: application/octet-stream",
    "Inference-Header-Content-Length: 10",
    "Accept-Encoding: gzip",
  ),
};

for (const [client, bytes] of Object.entries(CLIENTS)) {
  test(`a request of ${client} is plain`, () => {
    const read = readRequestHead(Buffer.concat([bytes, Buffer.from("{}")]));
    assert.equal(read?.path, PATH);
    assert.equal(read.bytes, bytes.length);
    assert.equal(read.bodyBytes, 12);
    assert.equal(read.headers.host, "127.0.0.1:8000");
  });
}

const HOST = "Host: here";
const LENGTH = "Content-Length: 1";
const START = `POST ${PATH} HTTP/1.1`;
const ODD: Record<string, Buffer> = {
  "not whole": head(START, HOST, LENGTH).subarray(0, -1),
  "a line feed alone": Buffer.from(`${START}\n${HOST}\r\n${LENGTH}\r\n\r\n`),
  "another method": head(`PUT ${PATH} HTTP/1.1`, HOST, LENGTH),
  "a GET with a body": head(`GET ${PATH} HTTP/1.1`, HOST, LENGTH),
  "another version": head(`POST ${PATH} HTTP/1.0`, HOST, LENGTH),
  "a query": head(`POST ${PATH}?a=1 HTTP/1.1`, HOST, LENGTH),
  "an escape": head(`POST /v2/%6dodels HTTP/1.1`, HOST, LENGTH),
  "a whole address": head(`POST http://here${PATH} HTTP/1.1`, HOST, LENGTH),
  "an empty line before": head("", START, HOST, LENGTH),
  "no host": head(START, LENGTH),
  "two hosts": head(START, HOST, HOST, LENGTH),
  "no length": head(START, HOST),
  "an empty body": head(START, HOST, "Content-Length: 0"),
  "two lengths": head(START, HOST, LENGTH, "content-length: 1"),
  "a length with a sign": head(START, HOST, "Content-Length: +1"),
  "a list of lengths": head(START, HOST, "Content-Length: 1, 1"),
  "a length beyond all": head(START, HOST, `Content-Length: ${"9".repeat(16)}`),
  chunks: head(START, HOST, LENGTH, "Transfer-Encoding: chunked"),
  "a blank before the colon": head(START, HOST, LENGTH, "Transfer-Encoding : chunked"),
  "a folded line": head(START, HOST, LENGTH, "a: b", " c"),
  "two blanks": head(START, HOST, LENGTH, "a:  b"),
  "a blank at the end": head(START, HOST, LENGTH, "a: b "),
  "a byte outside ASCII": head(START, HOST, LENGTH, "a: \xe4"),
  "a control character": head(START, HOST, LENGTH, "a: b\0c"),
  "a carriage return": head(START, HOST, LENGTH, "a: b\rc: d"),
  "the last answer": head(START, HOST, LENGTH, "Connection: close"),
  "another protocol": head(START, HOST, LENGTH, "Upgrade: h2c"),
  "a question before the body": head(START, HOST, LENGTH, "Expect: 100-continue"),
  "an encoded body": head(START, HOST, LENGTH, "Content-Encoding: gzip"),
  "a broken content type": head(START, HOST, LENGTH, "Content-Type: text"),
  "long fields": head(START, HOST, LENGTH, `a: ${"b".repeat(8_192)}`),
};

for (const [name, bytes] of Object.entries(ODD)) {
  test(`${name}: for Node to read`, () => {
    assert.equal(readRequestHead(bytes), undefined);
  });
}

/** What Node reads of the same bytes; undefined where it refuses them. */
type ReadByNode = (bytes: Buffer) => Promise<IncomingMessage | undefined>;

async function withNode(body: (read: ReadByNode) => Promise<void>): Promise<void> {
  let seen: IncomingMessage | undefined;
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    seen ??= request;
    response.writeHead(200, { connection: "close" }).end();
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await body(async (bytes) => {
      seen = undefined;
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.end(bytes);
      socket.resume();
      await new Promise((resolve) => socket.once("close", resolve));
      return seen;
    });
  } finally {
    server.close();
  }
}

test("a request without a body is plain", () => {
  const read = readRequestHead(head("GET /v2/health/ready HTTP/1.1", HOST));
  assert.deepEqual([read?.method, read?.path, read?.bodyBytes], ["GET", "/v2/health/ready", 0]);
});

test("what is plain, Node reads in the same way, whatever the damage", async () => {
  const pieces = ["\r\n", "\n", "\r", " ", "\t", ":", ",", "\0", "\xe4", "%", "0", "1", "a", "-"];
  const fields = [LENGTH, HOST, "Transfer-Encoding: chunked", "Connection: close", " b", "x: y"];
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.nat(3),
    text: fc.oneof(
      fc.constantFrom(...pieces),
      fc.constantFrom(...fields.map((field) => `\r\n${field}`)),
      fc.constant(""),
    ),
  });
  let plain = 0;
  await withNode(async (readByNode) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(CLIENTS), head("GET /v2 HTTP/1.1", HOST, "Accept: */*")),
        fc.array(edit, { maxLength: 2 }),
        async (start, edits) => {
          let text = start.toString("latin1");
          for (const { at, removed, text: added } of edits) {
            const from = Math.floor(at * text.length);
            text = text.slice(0, from) + added + text.slice(from + removed);
          }
          const bytes = Buffer.from(text, "latin1");
          const read = readRequestHead(bytes);
          if (read === undefined) return;
          plain++;
          const byNode = await readByNode(
            Buffer.concat([
              bytes.subarray(0, read.bytes),
              Buffer.alloc(Math.min(read.bodyBytes, 1e6)),
            ]),
          );
          assert.ok(byNode, "Node refuses it");
          assert.equal(byNode.method, read.method);
          assert.equal(byNode.url, read.path);
          assert.deepEqual({ ...byNode.headers }, { ...read.headers });
        },
      ),
      { numRuns: 1_000 },
    );
  });
  assert.ok(plain > 50, `only ${plain} were plain`);
});
