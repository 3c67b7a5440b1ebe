/** Bad input to a connection: the right error for each, and other connections are not disturbed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { data, headers, RawClient, requestBlock, startEcho, type EchoServer } from "./testing.ts";
import { ErrorCode, Flag, FrameType, PREFACE, toFrame, toSettings, uint32 } from "./wire.ts";

const SETTINGS = toFrame(FrameType.SETTINGS, 0, 0);
const open = headers(1, 0);
const ended = headers(1);
const { END_HEADERS, END_STREAM, PADDED, PRIORITY } = Flag;
const block = requestBlock();
const none = new Uint8Array(0);

type Case = readonly [name: string, code: number, ...frames: readonly Uint8Array[]];

/** Sent behind the preface and SETTINGS. */
const OF_CONNECTIONS: readonly Case[] = [
  ["DATA of no stream", ErrorCode.PROTOCOL_ERROR, data(0, "x")],
  ["DATA of an idle stream", ErrorCode.PROTOCOL_ERROR, data(1, "x")],
  ["DATA of an even stream", ErrorCode.PROTOCOL_ERROR, ended, data(2, "x")],
  [
    "padding as long as DATA",
    ErrorCode.PROTOCOL_ERROR,
    open,
    data(1, "\x03abc".slice(0, 3), PADDED),
  ],
  ["padding without its length", ErrorCode.FRAME_SIZE_ERROR, open, data(1, "", PADDED)],
  ["HEADERS of no stream", ErrorCode.PROTOCOL_ERROR, headers(0)],
  ["HEADERS of an even stream", ErrorCode.PROTOCOL_ERROR, headers(2)],
  [
    "HEADERS too short for a priority",
    ErrorCode.FRAME_SIZE_ERROR,
    toFrame(FrameType.HEADERS, END_HEADERS | PRIORITY, 1, Buffer.alloc(4)),
  ],
  [
    "padding longer than HEADERS",
    ErrorCode.PROTOCOL_ERROR,
    toFrame(FrameType.HEADERS, END_HEADERS | PADDED, 1, Buffer.from([200, ...block])),
  ],
  [
    "a block that is no HPACK",
    ErrorCode.COMPRESSION_ERROR,
    toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1, Uint8Array.of(0x80)),
  ],
  [
    "trailers that are no HPACK, on a stream that is closed",
    ErrorCode.COMPRESSION_ERROR,
    open,
    toFrame(FrameType.RST_STREAM, 0, 1, uint32(0)),
    toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1, Uint8Array.of(0x80)),
  ],
  ["CONTINUATION of nothing", ErrorCode.PROTOCOL_ERROR, toFrame(9, END_HEADERS, 1, block)],
  [
    "CONTINUATION of another stream",
    ErrorCode.PROTOCOL_ERROR,
    toFrame(FrameType.HEADERS, 0, 1, block),
    toFrame(FrameType.CONTINUATION, END_HEADERS, 3, none),
  ],
  [
    "another frame within a block",
    ErrorCode.PROTOCOL_ERROR,
    toFrame(FrameType.HEADERS, 0, 1, block),
    toFrame(FrameType.PING, 0, 0, Buffer.alloc(8)),
  ],
  [
    "an endless block",
    ErrorCode.ENHANCE_YOUR_CALM,
    toFrame(FrameType.HEADERS, 0, 1, block),
    ...Array.from({ length: 5 }, () => toFrame(FrameType.CONTINUATION, 0, 1, Buffer.alloc(16_000))),
  ],
  [
    "an endless block of nothing",
    ErrorCode.ENHANCE_YOUR_CALM,
    toFrame(FrameType.HEADERS, 0, 1, block),
    ...Array.from({ length: 2_000 }, () => toFrame(FrameType.CONTINUATION, 0, 1)),
  ],
  ["RST_STREAM of no stream", ErrorCode.PROTOCOL_ERROR, toFrame(3, 0, 0, uint32(8))],
  ["RST_STREAM of an idle stream", ErrorCode.PROTOCOL_ERROR, toFrame(3, 0, 1, uint32(8))],
  ["a short RST_STREAM", ErrorCode.FRAME_SIZE_ERROR, open, toFrame(3, 0, 1, Buffer.alloc(3))],
  ["SETTINGS of a stream", ErrorCode.PROTOCOL_ERROR, toFrame(4, 0, 1)],
  ["SETTINGS cut off", ErrorCode.FRAME_SIZE_ERROR, toFrame(4, 0, 0, Buffer.alloc(5))],
  ["SETTINGS that confirm and say", ErrorCode.FRAME_SIZE_ERROR, toFrame(4, 1, 0, Buffer.alloc(6))],
  ["ENABLE_PUSH of 2", ErrorCode.PROTOCOL_ERROR, toFrame(4, 0, 0, toSettings([[2, 2]]))],
  ["a window of 2^31", ErrorCode.FLOW_CONTROL_ERROR, toFrame(4, 0, 0, toSettings([[4, 2 ** 31]]))],
  ["frames of 16 383", ErrorCode.PROTOCOL_ERROR, toFrame(4, 0, 0, toSettings([[5, 16_383]]))],
  ["frames of 2^24", ErrorCode.PROTOCOL_ERROR, toFrame(4, 0, 0, toSettings([[5, 2 ** 24]]))],
  [
    "windows of streams that SETTINGS make too large",
    ErrorCode.FLOW_CONTROL_ERROR,
    open,
    toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1 - 65_535)),
    toFrame(FrameType.SETTINGS, 0, 0, toSettings([[4, 65_536]])),
  ],
  ["PUSH_PROMISE", ErrorCode.PROTOCOL_ERROR, open, toFrame(5, END_HEADERS, 1, Buffer.alloc(4))],
  ["PING of a stream", ErrorCode.PROTOCOL_ERROR, open, toFrame(6, 0, 1, Buffer.alloc(8))],
  ["a short PING", ErrorCode.FRAME_SIZE_ERROR, toFrame(6, 0, 0, Buffer.alloc(7))],
  ["GOAWAY of a stream", ErrorCode.PROTOCOL_ERROR, open, toFrame(7, 0, 1, Buffer.alloc(8))],
  ["PRIORITY of no stream", ErrorCode.PROTOCOL_ERROR, toFrame(2, 0, 0, Buffer.alloc(5))],
  ["a short PRIORITY", ErrorCode.FRAME_SIZE_ERROR, toFrame(2, 0, 1, Buffer.alloc(4))],
  ["a window that grows by nothing", ErrorCode.PROTOCOL_ERROR, toFrame(8, 0, 0, uint32(0))],
  ["a short WINDOW_UPDATE", ErrorCode.FRAME_SIZE_ERROR, toFrame(8, 0, 0, Buffer.alloc(3))],
  ["WINDOW_UPDATE of an idle stream", ErrorCode.PROTOCOL_ERROR, toFrame(8, 0, 1, uint32(1))],
  [
    "a window over 2^31 - 1",
    ErrorCode.FLOW_CONTROL_ERROR,
    toFrame(FrameType.WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1)),
  ],
  ["a frame over the limit", ErrorCode.FRAME_SIZE_ERROR, open, data(1, Buffer.alloc(16_385))],
  [
    "streams that are opened and broken off",
    ErrorCode.ENHANCE_YOUR_CALM,
    ...Array.from({ length: 1_200 }, (_, index) =>
      Buffer.concat([
        headers(2 * index + 1, 0, "/silent"),
        toFrame(FrameType.RST_STREAM, 0, 2 * index + 1, uint32(ErrorCode.CANCEL)),
      ]),
    ),
  ],
  [
    "streams that are opened to be broken off by the server",
    ErrorCode.ENHANCE_YOUR_CALM,
    ...Array.from({ length: 1_200 }, (_, index) =>
      Buffer.concat([
        headers(2 * index + 1, 0, "/silent"),
        toFrame(FrameType.WINDOW_UPDATE, 0, 2 * index + 1, uint32(0)),
      ]),
    ),
  ],
];

const malformed = (fields: Record<string, string>): Buffer =>
  toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1, requestBlock("/echo", fields));

/** What breaks stream 1 off, and nothing else. */
const OF_STREAMS: readonly Case[] = [
  ["a capital letter", ErrorCode.PROTOCOL_ERROR, malformed({ Te: "trailers" })],
  ["a field of HTTP/1", ErrorCode.PROTOCOL_ERROR, malformed({ connection: "close" })],
  [
    "a pseudo-header behind others",
    ErrorCode.PROTOCOL_ERROR,
    malformed({ a: "b", ":authority": "c" }),
  ],
  ["an empty path", ErrorCode.PROTOCOL_ERROR, malformed({ ":path": "" })],
  ["DATA behind the end", ErrorCode.STREAM_CLOSED, headers(1, END_STREAM, "/silent"), data(1, "x")],
  ["HEADERS behind the end", ErrorCode.STREAM_CLOSED, headers(1, END_STREAM, "/silent"), ended],
  ["trailers that do not end it", ErrorCode.PROTOCOL_ERROR, open, open],
  [
    "a window that grows by nothing",
    ErrorCode.PROTOCOL_ERROR,
    open,
    toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(0)),
  ],
  [
    "a window over 2^31 - 1",
    ErrorCode.FLOW_CONTROL_ERROR,
    open,
    toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(2 ** 31 - 1)),
  ],
];

async function isUnharmed(server: EchoServer): Promise<void> {
  using client = new RawClient(server.port);
  client.greet().send(headers(1, 0), data(1, "still here", END_STREAM));
  const { payload } = await client.frame(({ type }) => type === FrameType.DATA);
  assert.equal(payload.toString(), "still here");
}

test("what ends a connection says why, and every stream on it is told", async (t) => {
  await using server = await startEcho();
  for (const [name, code, ...frames] of OF_CONNECTIONS) {
    await t.test(name, async () => {
      using client = new RawClient(server.port);
      client.greet().send(...frames);
      const { payload } = await client.frame(({ type }) => type === FrameType.GOAWAY);
      assert.equal(payload.readUInt32BE(4), code, payload.toString("latin1", 8));
      await client.closed();
      assert.ok(server.streams.every(({ isSent }) => isSent !== undefined));
    });
  }
  await isUnharmed(server);
});

test("what breaks a stream off leaves the others", async (t) => {
  await using server = await startEcho();
  for (const [name, code, ...frames] of OF_STREAMS) {
    await t.test(name, async () => {
      using client = new RawClient(server.port);
      client.greet().send(...frames, headers(3, 0), data(3, "other", END_STREAM));
      const reset = await client.frame(({ type }) => type === FrameType.RST_STREAM);
      assert.deepEqual([reset.stream, reset.payload.readUInt32BE()], [1, code]);
      const { payload } = await client.frame(({ type }) => type === FrameType.DATA);
      assert.equal(payload.toString(), "other");
    });
  }
});

test("what is no HTTP/2", async () => {
  await using server = await startEcho();
  const beginnings = [
    Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n"),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
    Buffer.concat([PREFACE, toFrame(FrameType.PING, 0, 0, Buffer.alloc(8))]),
    Buffer.concat([PREFACE, toFrame(FrameType.SETTINGS, Flag.ACK, 0)]),
    Buffer.concat([PREFACE, ended]),
  ];
  for (const bytes of beginnings) {
    using client = new RawClient(server.port);
    client.send(bytes);
    await client.closed();
  }
  await isUnharmed(server);
});

test("whatever bytes come, the connection answers or ends, and others live on", async () => {
  await using server = await startEcho();
  const good = [
    PREFACE,
    SETTINGS,
    headers(1, 0),
    data(1, "abc"),
    toFrame(FrameType.PING, 0, 0, Buffer.alloc(8)),
    data(1, "def", END_STREAM),
    headers(3, 0),
    toFrame(FrameType.WINDOW_UPDATE, 0, 3, uint32(100)),
    toFrame(FrameType.RST_STREAM, 0, 3, uint32(8)),
  ];
  const bytes = Buffer.concat(good);
  const damage = fc.record({
    at: fc.integer({ min: PREFACE.length, max: bytes.length - 1 }),
    byte: fc.nat(255),
    remove: fc.nat(4),
    insert: fc.uint8Array({ maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
      const damaged = [...bytes];
      for (const { at, byte, remove, insert } of damages) {
        damaged[at % damaged.length] = byte;
        damaged.splice(at % damaged.length, remove, ...insert);
      }
      using client = new RawClient(server.port);
      client.send(Uint8Array.from(damaged));
      client.end();
      await client.closed();
    }),
    { numRuns: 400 },
  );
  assert.ok(server.streams.some(({ isSent }) => isSent === true));
  await isUnharmed(server);
  assert.ok(
    server.streams.every(({ isSent }) => isSent !== undefined),
    "no stream is left",
  );
});
