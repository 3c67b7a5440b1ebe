import type { IncomingHttpHeaders } from "node:http";

/** What a plain request says before its body. */
export interface RequestHead {
  readonly method: "GET" | "POST";
  /** Of the head itself, up to and with its empty line. */
  readonly bytes: number;
  /** The path, which has neither a query nor an escape. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body: at least one of a POST, none of a GET. */
  readonly bodyBytes: number;
}

/** Far below Node's own limit (16 KiB), so that what is over that limit is Node's to refuse. */
const MAX_BYTES = 8_192;
const END = Buffer.from("\r\n\r\n");

const REQUEST_LINE = /^(GET|POST) (\/[\w./:-]*) HTTP\/1\.1$/;
/** A name, one space, and visible characters, with blanks between them only. */
const FIELD = /^([!#$%&'*+.^_`|~\w-]+): ([!-~](?:[\t -~]*[!-~])?)$/;
const LENGTH = /^[1-9]\d{0,14}$/;
/** A content type that Fastify would not refuse; what it says does not matter. */
const PLAIN_TYPE = /^[\w.+-]+\/[\w.+-]+(?:; ?charset=[\w-]+)?$/;

/** Fields that ask for more than an answer, to no body or one of known length. */
const NOT_PLAIN = ["transfer-encoding", "content-encoding", "expect", "upgrade", "trailer", "te"];

/**
 * Reads the head of a plain request: over HTTP/1.1, a POST with a body of known length or a GET
 * without one, written as nearly all clients write it. Whatever is rarer, doubtful or wrong (a field that is there twice, a
 * folded line, a bare line feed, a byte outside ASCII) is not plain: it is for a whole
 * implementation of HTTP to read or to refuse. So a head is never understood otherwise here than
 * there, which is what smuggling requests past one of two readers takes.
 *
 * Source: RFC 9112, sections 2 to 6.
 *
 * @param bytes what came of a connection, from the start of a request.
 * @returns undefined where the head is not plain, or not yet there as a whole.
 */
export function readRequestHead(bytes: Buffer): RequestHead | undefined {
  const end = bytes.indexOf(END);
  if (end < 0 || end > MAX_BYTES) return undefined;
  const [first, ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const line = REQUEST_LINE.exec(first!);
  const headers = readFields(lines);
  if (line === null || headers === undefined) return undefined;
  const method = line[1] as RequestHead["method"];
  if (!isPlain(method, headers)) return undefined;
  return {
    method,
    bytes: end + END.length,
    path: line[2]!,
    headers,
    bodyBytes: Number(headers["content-length"] ?? 0),
  };
}

/** Fields by their names in lower case; undefined where one is not plain, or there twice. */
function readFields(lines: readonly string[]): IncomingHttpHeaders | undefined {
  const headers = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const field = FIELD.exec(line);
    if (field === null) return undefined;
    const name = field[1]!.toLowerCase();
    if (name in headers) return undefined;
    headers[name] = field[2]!;
  }
  return headers;
}

/** Whether a request has no body, or one of known length, and asks for nothing but its answer. */
export function isPlain(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  const { host, connection = "keep-alive", "content-length": length } = headers;
  return (
    (method === "POST" ? LENGTH.test(length ?? "") : method === "GET" && length === undefined) &&
    host !== undefined &&
    connection.toLowerCase() === "keep-alive" &&
    PLAIN_TYPE.test(headers["content-type"] ?? "any/type") &&
    NOT_PLAIN.every((name) => headers[name] === undefined)
  );
}
