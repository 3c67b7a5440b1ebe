/**
 * Reads HTTP/1.1 responses off a keep-alive connection, just far enough to know their status and
 * where they end (RFC 9112, sections 4, 6 and 7.1). It keeps no headers and no bodies, because
 * every microsecond the load generator takes is one the server beside it does not get.
 */
export class ResponseReader {
  /** Status of the response being read. */
  status = 0;
  /** Bytes of its body that have arrived, chunk framing left out. */
  bodyBytes = 0;

  private state: State = "head";
  /** Bytes still to come of the body, or of the present chunk with its line end. */
  private remaining = 0;
  private chunked = false;
  /** Start of a head or of a chunk-size line whose end has not arrived yet. */
  private pending: Uint8Array | undefined;

  /**
   * Takes what the socket delivered.
   *
   * @returns whether the response ends with these bytes; the next call then begins another one.
   * @throws Error for what is not HTTP/1.1, for a body without a length, and for bytes after the
   *   end (nothing was asked for yet).
   */
  read(received: Uint8Array): boolean {
    let bytes = received;
    if (this.pending !== undefined) {
      bytes = concat(this.pending, received);
      this.pending = undefined;
    }
    let at = 0;
    for (;;) {
      switch (this.state) {
        case "head": {
          const end = this.readHead(bytes);
          if (end < 0) return this.wait(bytes, at);
          at = end;
          this.bodyBytes = 0;
          this.state = this.chunked ? "chunk-size" : "body";
          break;
        }
        case "body": {
          const taken = Math.min(this.remaining, bytes.length - at);
          this.remaining -= taken;
          this.bodyBytes += taken;
          at += taken;
          return this.remaining === 0 && this.finish(bytes, at);
        }
        case "chunk-size": {
          const lineEnd = bytes.indexOf(LF, at);
          if (lineEnd < 0) return this.wait(bytes, at);
          const size = readHex(bytes, at);
          at = lineEnd + 1;
          this.bodyBytes += size;
          this.remaining = size + 2;
          this.state = size === 0 ? "trailer" : "chunk";
          break;
        }
        case "chunk": {
          const taken = Math.min(this.remaining, bytes.length - at);
          this.remaining -= taken;
          at += taken;
          if (this.remaining > 0) return false;
          this.state = "chunk-size";
          break;
        }
        case "trailer": {
          const lineEnd = bytes.indexOf(LF, at);
          if (lineEnd < 0) return this.wait(bytes, at);
          const empty = lineEnd - at <= 1;
          at = lineEnd + 1;
          if (empty) return this.finish(bytes, at);
          break;
        }
      }
    }
  }

  /** Reads status line and headers; the position after them, or -1 while they are not whole. */
  private readHead(bytes: Uint8Array): number {
    this.remaining = -1;
    this.chunked = false;
    let lineStart = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] !== LF) continue;
      if (lineStart === 0) this.status = readStatus(bytes);
      else if (at - lineStart <= 1) {
        if (this.remaining < 0 && !this.chunked) throw new Error("response without Content-Length");
        return at + 1;
      } else if (startsWith(bytes, lineStart, CONTENT_LENGTH)) {
        this.remaining = readDecimal(bytes, lineStart + CONTENT_LENGTH.length);
      } else if (startsWith(bytes, lineStart, TRANSFER_ENCODING)) {
        this.chunked = true;
      }
      lineStart = at + 1;
    }
    return -1;
  }

  private wait(bytes: Uint8Array, from: number): false {
    if (bytes.length - from > MAX_LINE)
      throw new Error("response head or chunk line without an end");
    // A copy: the socket reuses its buffer for the next read.
    this.pending = bytes.slice(from);
    return false;
  }

  private finish(bytes: Uint8Array, at: number): true {
    if (at !== bytes.length)
      throw new Error(`${bytes.length - at} bytes after the end of a response`);
    this.state = "head";
    return true;
  }
}

type State = "head" | "body" | "chunk-size" | "chunk" | "trailer";

const LF = 10;
const MAX_LINE = 65_536;
const CONTENT_LENGTH = new TextEncoder().encode("content-length:");
const TRANSFER_ENCODING = new TextEncoder().encode("transfer-encoding:");

/** `HTTP/1.1 200 …`: three digits at position 9. */
function readStatus(bytes: Uint8Array): number {
  const status = readDecimal(bytes, 9);
  if (bytes[0] !== 0x48 || status < 100 || status > 999)
    throw new Error("not an HTTP/1.1 response");
  return status;
}

/** Compares without regard to case; `name` is in lower case and ends in a colon. */
function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) {
    // 0x20 is the case bit of a letter, and set in "-" and ":" already.
    if ((bytes[at + i]! | 0x20) !== name[i]) return false;
  }
  return true;
}

function readDecimal(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20) at++;
  let value = 0;
  const first = at;
  for (let digit = bytes[at]! - 0x30; digit >= 0 && digit <= 9; digit = bytes[++at]! - 0x30) {
    value = value * 10 + digit;
  }
  if (at === first) throw new Error("a number was expected in the response's head");
  return value;
}

function readHex(bytes: Uint8Array, from: number): number {
  const text = new TextDecoder("latin1").decode(bytes.subarray(from, from + 16));
  const digits = /^[0-9a-f]+/i.exec(text)?.[0];
  if (digits === undefined || digits.length > 12) throw new Error("invalid chunk size");
  return Number.parseInt(digits, 16);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
