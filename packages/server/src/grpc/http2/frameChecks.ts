import { ConnectionError, ErrorCode, Flag } from "./wire.ts";

/** @throws ConnectionError PROTOCOL_ERROR */
export function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, otherwise);
}

/** @throws ConnectionError FRAME_SIZE_ERROR */
export function expectLength(payload: Buffer, length: number): void {
  if (payload.length !== length) throw sizeError();
}

export function sizeError(): ConnectionError {
  return new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, "a frame has not the size of its kind");
}

export function windowError(): ConnectionError {
  return new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, "a window is over 2^31 - 1 bytes");
}

/**
 * What is between the paddings of DATA or HEADERS.
 *
 * Source: RFC 9113, sections 6.1 and 6.2.
 *
 * @throws ConnectionError PROTOCOL_ERROR, FRAME_SIZE_ERROR.
 */
export function withoutPadding(flags: number, payload: Buffer): Buffer {
  if ((flags & Flag.PADDED) === 0) return payload;
  if (payload.length === 0) throw sizeError();
  const padding = payload[0]!;
  expect(padding < payload.length, "padding is longer than its frame");
  return payload.subarray(1, payload.length - padding);
}
