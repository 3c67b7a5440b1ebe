/** Requests that are broken as HTTP, or are none, byte for byte. */
import type { Raw } from "../answer.ts";
import { bad, type BadRequest } from "./row.ts";

const PATH = "/v2/models/affine/infer";

/** A POST with header lines of its own. */
function post(headers: readonly string[], body = "", stay = false): Raw {
  return { raw: [`POST ${PATH} HTTP/1.1`, "Host: here", ...headers, "", body].join("\r\n"), stay };
}

function line(text: string, ...headers: readonly string[]): Raw {
  return { raw: [text, ...headers, "", ""].join("\r\n") };
}

const TLS_HELLO = Buffer.from("16030100c8010000c40303", "hex");
const close = "Connection: close";

export const TRANSPORT_ROWS: readonly BadRequest[] = [
  // Bodies that do not arrive as announced.
  bad(
    "a body cut off",
    post(["Content-Length: 100"], '{"inputs":['),
    400,
    "NOT_ACCEPTED",
    "closed in the middle of the request",
  ),
  bad(
    "a body that never begins",
    post(["Content-Length: 100"]),
    400,
    "NOT_ACCEPTED",
    "closed in the middle",
  ),
  bad(
    "a chunk cut off",
    post(["Transfer-Encoding: chunked"], '20\r\n{"inputs"'),
    400,
    "NOT_ACCEPTED",
    "closed in the middle",
  ),
  bad(
    "chunks without an end",
    post(["Transfer-Encoding: chunked"], "2\r\n{}\r\n"),
    400,
    "NOT_ACCEPTED",
    "closed in the middle",
  ),
  bad(
    "a chunk of no number",
    post(["Transfer-Encoding: chunked"], "zz\r\n{}\r\n", true),
    400,
    "NOT_ACCEPTED",
    "chunk size",
  ),
  bad(
    "a negative chunk",
    post(["Transfer-Encoding: chunked"], "-2\r\n{}\r\n", true),
    400,
    "NOT_ACCEPTED",
    "chunk size",
  ),
  bad(
    "a chunk beyond 64 bits",
    post(["Transfer-Encoding: chunked"], `${"f".repeat(20)}\r\n{}\r\n`, true),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "a transfer encoding nobody knows",
    post(["Transfer-Encoding: gzip"], "", true),
    400,
    "NOT_ACCEPTED",
    "Transfer-Encoding",
  ),
  bad(
    "chunked and a length",
    post(["Transfer-Encoding: chunked", "Content-Length: 2"], "0\r\n\r\n", true),
    400,
    "NOT_ACCEPTED",
    "can't be present with",
  ),
  bad(
    "two lengths",
    post(["Content-Length: 2", "Content-Length: 3"], "{}", true),
    400,
    "NOT_ACCEPTED",
    "Content-Length",
  ),
  bad(
    "a negative length",
    post(["Content-Length: -2"], "{}", true),
    400,
    "NOT_ACCEPTED",
    "Content-Length",
  ),
  bad(
    "a length that is a word",
    post(["Content-Length: two"], "{}", true),
    400,
    "NOT_ACCEPTED",
    "Content-Length",
  ),
  bad(
    "a length beyond 64 bits",
    post([`Content-Length: ${"9".repeat(30)}`], "{}", true),
    400,
    "NOT_ACCEPTED",
    "overflow",
  ),
  bad(
    "a length over the limit",
    post(["Content-Length: 67108865"], "", true),
    413,
    "BODY_TOO_LARGE",
    "over the limit of 67108864 bytes",
  ),
  bad(
    "a length of 2^60",
    post([`Content-Length: ${2n ** 60n}`], "{}", true),
    413,
    "BODY_TOO_LARGE",
    "67108864",
  ),
  bad("a length of 0", post([close, "Content-Length: 0"]), 400, "BODY_EMPTY", "no body"),
  bad("no length", post([close]), 400, "BODY_EMPTY", "no body"),
  bad(
    "an empty media type",
    post([close, "Content-Type:", "Content-Length: 2"], "{}"),
    400,
    "HEADER_INVALID",
    'header "content-type"',
  ),
  bad(
    "a media type of separators",
    post([close, "Content-Type: ;;;", "Content-Length: 2"], "{}"),
    400,
    "HEADER_INVALID",
    '";;;"',
  ),
  bad(
    "an expectation nobody knows",
    post([close, "Expect: tea", "Content-Length: 2"], "{}"),
    400,
    "FIELD_MISSING",
    '"inputs"',
  ),

  // Headers.
  bad(
    "a flood of headers",
    post(Array<string>(2000).fill("X-Flood: 0123456789"), "", true),
    431,
    "NOT_ACCEPTED",
    "headers are too large",
  ),
  bad(
    "one huge header",
    post([`X-Huge: ${"a".repeat(20_000)}`], "", true),
    431,
    "NOT_ACCEPTED",
    "16 KiB",
  ),
  bad(
    "a huge path",
    line(`GET /${"a".repeat(20_000)} HTTP/1.1`, "Host: here"),
    431,
    "NOT_ACCEPTED",
    "16 KiB",
  ),
  bad(
    "no host",
    line(`GET /v2 HTTP/1.1`, close),
    400,
    "HEADER_INVALID",
    'header "host": it is missing',
  ),
  bad(
    "a space before the colon",
    line("GET /v2 HTTP/1.1", "Host : here"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "NUL in a header",
    line("GET /v2 HTTP/1.1", "Host: here", "X-A: b\0c"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "a header without a colon",
    line("GET /v2 HTTP/1.1", "Host: here", "nonsense"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "a folded header",
    line("GET /v2 HTTP/1.1", "Host: here", "X-A: b", " c\x01"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),

  // Request lines.
  bad(
    "an unknown method",
    line(`BREW ${PATH} HTTP/1.1`, "Host: here"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "a method in lower case",
    line(`post ${PATH} HTTP/1.1`, "Host: here"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "TRACE",
    line(`TRACE ${PATH} HTTP/1.1`, "Host: here", close),
    405,
    "METHOD_NOT_ALLOWED",
    "TRACE is not allowed",
  ),
  bad(
    "CONNECT",
    line("CONNECT example.com:443 HTTP/1.1", "Host: here"),
    405,
    "METHOD_NOT_ALLOWED",
    "CONNECT is not allowed on example.com:443",
  ),
  bad(
    "OPTIONS *",
    line("OPTIONS * HTTP/1.1", "Host: here", close),
    404,
    "ROUTE_UNKNOWN",
    "OPTIONS *",
  ),
  bad(
    "an unknown version of HTTP",
    line("GET /v2 HTTP/3.1", "Host: here"),
    400,
    "NOT_ACCEPTED",
    "Invalid HTTP version",
  ),
  bad(
    "HTTP/2 without an upgrade",
    { raw: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "a space in the path",
    line("GET /v2 /x HTTP/1.1", "Host: here"),
    400,
    "NOT_ACCEPTED",
    "not valid HTTP",
  ),
  bad(
    "a request cut off in its line",
    { raw: "GET /v2" },
    400,
    "NOT_ACCEPTED",
    "closed in the middle",
  ),
  bad(
    "a request cut off in its headers",
    { raw: "GET /v2 HTTP/1.1\r\nHost: he" },
    400,
    "NOT_ACCEPTED",
    "closed in the middle",
  ),

  // Not HTTP.
  bad(
    "TLS",
    { raw: TLS_HELLO, stay: true },
    400,
    "NOT_ACCEPTED",
    "TLS is not spoken here; use http://",
  ),
  bad("SSH", { raw: "SSH-2.0-OpenSSH_9.6\r\n", stay: true }, 400, "NOT_ACCEPTED", "not valid HTTP"),
  bad("Redis", { raw: "*1\r\n$4\r\nPING\r\n", stay: true }, 400, "NOT_ACCEPTED", "not valid HTTP"),
  bad("zeros", { raw: new Uint8Array(1000), stay: true }, 400, "NOT_ACCEPTED", "not valid HTTP"),
];
