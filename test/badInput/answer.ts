/** Requests over real sockets, and what every bad one must be answered with. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { ERRORS, type ErrorCode } from "@longshore/core";

/** Ends a test whose server does not answer. */
const HANG_MS = 20_000;

/** A request that `fetch` can send. */
export interface Call {
  /** POST by default. */
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Bytes for the socket as they are. */
export interface Raw {
  readonly raw: string | Uint8Array;
  /** Keeps the sending side open after the bytes; it is closed by default. */
  readonly stay?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Sends a request. @throws Error where no answer comes. */
export async function send(url: string, request: Call | Raw): Promise<Answer> {
  if ("raw" in request) return parseAnswer(await exchange(url, request));
  const { method = "POST", path, headers = {}, body = null } = request;
  const response = await fetch(url + path, {
    method,
    headers,
    body,
    signal: AbortSignal.timeout(HANG_MS),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

/**
 * Sends bytes and gives what comes back: until the server closes the connection or, where the
 * sending side stays open, until there is a whole answer.
 */
export async function exchange(url: string, { raw, stay = false }: Raw): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const chunks: Uint8Array[] = [];
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    if (stay && isWhole(Buffer.concat(chunks))) socket.destroy();
  });
  // A server that has answered may reset the connection instead of reading on.
  socket.on("error", () => undefined);
  const ended = Promise.race([once(socket, "end"), once(socket, "close")]);
  await once(socket, "connect");
  socket.write(raw);
  if (!stay) socket.end();
  const guard = setTimeout(() => socket.destroy(new Error("hangs")), HANG_MS);
  await ended.catch(() => undefined);
  clearTimeout(guard);
  socket.destroy();
  return Buffer.concat(chunks);
}

function isWhole(bytes: Buffer): boolean {
  if (!bytes.includes("\r\n\r\n")) return false;
  const { headers, body } = parseAnswer(bytes);
  return body.length >= Number(headers.get("content-length"));
}

/** The one answer that some bytes are. */
export function parseAnswer(bytes: Buffer): Answer {
  const split = bytes.indexOf("\r\n\r\n");
  assert.ok(split > 0, `no HTTP answer in ${JSON.stringify(bytes.toString("latin1"))}`);
  const [line = "", ...fields] = bytes.subarray(0, split).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  const headers = new Headers(
    fields.map((field): [string, string] => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1)];
    }),
  );
  return { status, headers, body: new Uint8Array(bytes.subarray(split + 4)) };
}

/** Checks that an answer is an error in the catalogue's form. @returns what it says. */
export function readError({ status, headers, body }: Answer): { error: string; code: ErrorCode } {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  assert.ok(status >= 400 && status < 600, `status ${status}: ${text.slice(0, 500)}`);
  assert.match(headers.get("content-type") ?? "", /^application\/json/);
  const value = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ["error", "code", "request_id"], text);
  const { error, code, request_id: id } = value;
  assert.ok(typeof error === "string" && error !== "" && error.length < 2000, text);
  assert.doesNotMatch(error, /\n\s+at |node_modules|undefined/, "a message shows no insides");
  assert.ok(typeof code === "string" && Object.hasOwn(ERRORS, code), text);
  assert.equal(headers.get("x-request-id") ?? "", id);
  return { error, code: code as ErrorCode };
}
