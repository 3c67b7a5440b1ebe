import { GRPC_CODES, GRPC_STATUS, type LongshoreError } from "@longshore/core";

/** The trailers that end a call; without an error it went well. */
export function toTrailers(error: LongshoreError | undefined): Record<string, string> {
  if (error === undefined) return { "grpc-status": "0" };
  return {
    "grpc-status": String(GRPC_CODES[GRPC_STATUS[error.code]]),
    "grpc-message": toPercentEncoded(error.message),
  };
}

/**
 * A message as a header carries it: printable ASCII but `%` as it is, other bytes of its UTF-8 as
 * `%` and two hexadecimal digits.
 *
 * Source: grpc/grpc `doc/PROTOCOL-HTTP2.md`, "Status-Message".
 */
function toPercentEncoded(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\x20-\x24\x26-\x7e]+/gu, (part) =>
      [...Buffer.from(part)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join(""),
    );
}

const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Milliseconds of a header `grpc-timeout`; undefined where it is not one. */
export function parseTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]!]!;
}
