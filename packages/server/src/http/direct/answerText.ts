import { STATUS_CODES } from "node:http";
import type { InferenceAnswer } from "../inferenceRoute.ts";

/** How long a connection may be idle before the next request, in seconds, as clients are told. */
export const KEEP_ALIVE_S = 75;

/** Up to this, a body is copied behind its head, so that both are one write. */
const SMALL_BODY_BYTES = 16_384;

/**
 * An answer as it goes over the network, with the fields that Node adds to its own: one piece, or
 * the head and a long body.
 *
 * Source: RFC 9112, section 4; RFC 9110, section 6.6.1 (Date).
 *
 * @param requestId what the call is called in the log; undefined where its fields say so.
 * @param isLast whether the connection is closed after it.
 */
export function toAnswerBytes(
  requestId: string | undefined,
  status: number,
  { headers, body }: InferenceAnswer,
  isLast: boolean,
): readonly Uint8Array[] {
  const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  if (requestId !== undefined) head += `x-request-id: ${requestId}\r\n`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  head += `content-length: ${bytes}\r\nDate: ${readDate()}\r\n`;
  head += isLast
    ? "Connection: close\r\n\r\n"
    : `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_S}\r\n\r\n`;
  if (bytes > SMALL_BODY_BYTES) {
    return [Buffer.from(head, "latin1"), typeof body === "string" ? Buffer.from(body) : body];
  }
  const whole = Buffer.allocUnsafe(head.length + bytes);
  whole.write(head, 0, "latin1");
  if (typeof body !== "string") whole.set(body, head.length);
  // Of as many bytes as characters: all of it is ASCII, which Latin-1 says in the same bytes.
  else if (bytes === body.length) whole.write(body, head.length, "latin1");
  else whole.write(body, head.length);
  return [whole];
}

let date = "";
let dateUntil = 0;

/** The time in the form of RFC 9110, section 5.6.7; made anew each second. */
function readDate(): string {
  const now = Date.now();
  if (now >= dateUntil || now < dateUntil - 1_000) {
    date = new Date(now).toUTCString();
    dateUntil = now - (now % 1_000) + 1_000;
  }
  return date;
}
