import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader } from "./frameReader.ts";
import { ConnectionError, ErrorCode, MAX_FRAME_BYTES, PREFACE, toFrame } from "./wire.ts";

type Frame = readonly [type: number, flags: number, stream: number, payload: string];

test("frames are the same however the bytes are cut", () => {
  const frame = fc.record({
    type: fc.nat(255),
    flags: fc.nat(255),
    stream: fc.nat(2 ** 31 - 1),
    payload: fc.uint8Array({ maxLength: 60 }),
  });
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 40 })), (frames, cuts) => {
      const bytes = Buffer.concat([
        PREFACE,
        ...frames.map((each) => toFrame(each.type, each.flags, each.stream, each.payload)),
      ]);
      const found: Frame[] = [];
      const kept: Buffer[] = [];
      const reader = new FrameReader((type, flags, stream, payload) => {
        found.push([type, flags, stream, payload.toString("hex")]);
        kept.push(payload);
      });
      let at = 0;
      for (const cut of cuts) reader.push(Buffer.from(bytes.subarray(at, (at += cut))));
      reader.push(Buffer.from(bytes.subarray(at)));
      assert.deepEqual(
        found,
        frames.map((each) => [
          each.type,
          each.flags,
          each.stream,
          Buffer.from(each.payload).toString("hex"),
        ]),
      );
      // What was told stays as it was.
      assert.deepEqual(
        kept.map((payload) => payload.toString("hex")),
        found.map(([, , , payload]) => payload),
      );
    }),
  );
});

test("a frame that comes in one piece is not copied", () => {
  const chunk = Buffer.concat([PREFACE, toFrame(0, 0, 1, Buffer.from("abc"))]);
  let payload: Buffer | undefined;
  new FrameReader((_type, _flags, _stream, bytes) => (payload = bytes)).push(chunk);
  assert.equal(payload?.buffer, chunk.buffer);
});

test("another preface, and a frame over the limit", () => {
  const reader = (): FrameReader => new FrameReader(() => undefined);
  const isError =
    (code: number) =>
    (error: unknown): boolean =>
      error instanceof ConnectionError && error.code === code;
  assert.throws(
    () => reader().push(Buffer.from("GET / HTTP/1.1\r\n")),
    isError(ErrorCode.PROTOCOL_ERROR),
  );
  const largest = Buffer.alloc(9 + MAX_FRAME_BYTES);
  largest.writeUIntBE(MAX_FRAME_BYTES, 0, 3);
  reader().push(Buffer.concat([PREFACE, largest]));
  const head = Buffer.alloc(9);
  head.writeUIntBE(MAX_FRAME_BYTES + 1, 0, 3);
  assert.throws(
    () => reader().push(Buffer.concat([PREFACE, head])),
    isError(ErrorCode.FRAME_SIZE_ERROR),
  );
});
