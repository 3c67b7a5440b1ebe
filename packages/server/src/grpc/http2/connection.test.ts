import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type ClientHttp2Session } from "node:http2";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { STREAM_WINDOW_BYTES } from "./stream.ts";
import { data, headers, RawClient, requestBlock, startEcho, type Frame } from "./testing.ts";
import { ErrorCode, Flag, FrameType, toFrame, toSettings, uint32 } from "./wire.ts";

const { END_HEADERS, END_STREAM, PADDED, PRIORITY } = Flag;

const isData =
  (stream: number) =>
  (frame: Frame): boolean =>
    frame.type === FrameType.DATA && frame.stream === stream;
const isEnd =
  (stream: number) =>
  (frame: Frame): boolean =>
    frame.stream === stream && frame.type === FrameType.HEADERS && (frame.flags & END_STREAM) !== 0;

/** Bytes of DATA that came on a stream. */
function received(client: RawClient, stream: number): number {
  return client.frames.filter(isData(stream)).reduce((sum, { payload }) => sum + payload.length, 0);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}

/** A call by Node's own client: another implementation of HTTP/2. */
async function call(
  session: ClientHttp2Session,
  body: Uint8Array,
  more: Record<string, string> = {},
): Promise<Buffer> {
  const stream = session.request({ ":method": "POST", ":path": "/echo", ...more });
  stream.end(body);
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const trailers = once(stream, "trailers");
  await once(stream, "end");
  const [found] = (await trailers) as [Record<string, string>];
  assert.equal(found["x-end"], "yes");
  return Buffer.concat(chunks);
}

test("bodies of any size come and go whole, at the same time", async () => {
  await using server = await startEcho();
  // Else Node's client refuses what is large.
  const session = connect(`http://127.0.0.1:${server.port}`, { maxSessionMemory: 1_000 });
  const sizes = [0, 1, 16_383, 16_384, 16_385, 70_000, 3_000_000, 20_000_000, 5, 65_536];
  const bodies = sizes.map((size, index) => Buffer.alloc(size, index + 1));
  const answers = await Promise.all(bodies.map((body) => call(session, body)));
  for (const [index, answer] of answers.entries()) assert.ok(answer.equals(bodies[index]!));
  session.destroy();
  await until(() => server.streams.every(({ isSent }) => isSent === true));
});

test("headers are what Node's client sent, whatever its table and its code make of them", async () => {
  await using server = await startEcho();
  const session = connect(`http://127.0.0.1:${server.port}`);
  const name = fc.stringMatching(/^x-[a-z0-9-]{1,12}$/);
  const value = fc.stringMatching(/^[!-~](?:[ -~]{0,40}[!-~])?$/);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 6 }), async (more) => {
      await call(session, Buffer.alloc(0), more);
      const { headers: found } = server.streams.at(-1)!.stream;
      for (const [each, text] of Object.entries(more)) assert.equal(found[each], text);
    }),
    { numRuns: 300 },
  );
  session.destroy();
});

test("padding, priorities, continued blocks and unknown frames", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  const block = requestBlock();
  client
    .greet()
    .send(
      toFrame(FrameType.PRIORITY, 0, 9, Buffer.alloc(5)),
      toFrame(0x42, 0xff, 0x7fffffff, Buffer.from("grease")),
      toFrame(
        FrameType.HEADERS,
        PADDED | PRIORITY,
        1,
        Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 16]), block.subarray(0, 7), Buffer.alloc(3)]),
      ),
      toFrame(FrameType.CONTINUATION, 0, 1, block.subarray(7, 9)),
      toFrame(FrameType.CONTINUATION, 0, 1),
      toFrame(FrameType.CONTINUATION, END_HEADERS, 1, block.subarray(9)),
      data(1, "\x02ab\0\0", PADDED),
      data(1, "cd"),
      toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1),
    );
  assert.equal((await client.frame(isData(1))).payload.toString(), "abcd");
  await client.frame(isEnd(1));
});

test("SETTINGS and PING are confirmed", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  const isAck =
    (kind: number) =>
    ({ type, flags }: Frame): boolean =>
      type === kind && flags === Flag.ACK;
  client.greet().send(toFrame(FrameType.PING, 0, 0, Buffer.from("12345678")));
  await client.frame(isAck(FrameType.SETTINGS));
  assert.equal((await client.frame(isAck(FrameType.PING))).payload.toString(), "12345678");
  let isThere = false;
  server.connections[0]!.ping(() => (isThere = true));
  const { payload } = await client.frame(({ type, flags }) => type === 6 && flags === 0);
  client.send(toFrame(FrameType.PING, Flag.ACK, 0, payload));
  await until(() => isThere);
});

test("no more is sent than the client's windows take, and frames are as long as it wants", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet(toSettings([[4, 10]])).send(headers(1, 0), data(1, "x".repeat(40), END_STREAM));
  await until(() => received(client, 1) === 10);
  client.send(toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(5)));
  await until(() => received(client, 1) === 15);
  // A smaller window takes back what was not used: it is at -3 then.
  client.send(toFrame(FrameType.SETTINGS, 0, 0, toSettings([[4, 7]])));
  client.send(toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(3)));
  client.send(toFrame(FrameType.PING, 0, 0, Buffer.alloc(8)));
  await client.frame(({ type }) => type === FrameType.PING);
  assert.equal(received(client, 1), 15);
  client.send(toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(100)));
  await client.frame(isEnd(1));
  assert.equal(received(client, 1), 40);
  // The window of the connection has 65 535 - 40 left; streams share it.
  client.send(
    toFrame(
      FrameType.SETTINGS,
      0,
      0,
      toSettings([
        [4, 2 ** 20],
        [5, 20_000],
      ]),
    ),
  );
  for (const stream of [3, 5]) {
    client.send(headers(stream, 0));
    for (let part = 0; part < 10; part++) client.send(data(stream, Buffer.alloc(10_000)));
    client.send(data(stream, "", END_STREAM));
  }
  await until(() => received(client, 3) === 65_495);
  client.send(toFrame(FrameType.WINDOW_UPDATE, 0, 0, uint32(40_000)));
  await until(() => received(client, 3) + received(client, 5) === 105_495);
  assert.equal(received(client, 5), 20_000, "in turns");
  const longest = Math.max(...client.frames.filter(isData(3)).map(({ payload }) => payload.length));
  assert.equal(longest, 20_000);
  client.send(toFrame(FrameType.WINDOW_UPDATE, 0, 0, uint32(2 ** 20)));
  await client.frame(isEnd(3));
  await client.frame(isEnd(5));
});

test("a client may send as much as is used; a paused stream holds what came", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet().send(headers(1, 0));
  await until(() => server.streams.length === 1);
  const [echo] = server.streams;
  echo!.stream.pause();
  const part = Buffer.alloc(2 ** 14, 1);
  for (let sent = 0; sent < STREAM_WINDOW_BYTES; sent += part.length) client.send(data(1, part));
  client.send(toFrame(FrameType.PING, 0, 0, Buffer.alloc(8)));
  await client.frame(({ type }) => type === FrameType.PING);
  const isUpdate = ({ type, stream }: Frame): boolean => type === 8 && stream === 1;
  assert.equal(client.frames.some(isUpdate), false);
  assert.equal(echo!.chunks.length, 0);
  echo!.stream.resume();
  await client.frame(isUpdate);
  client.send(data(1, part, END_STREAM));
  await until(() => echo!.isEnded);
  assert.equal(Buffer.concat(echo!.chunks).length, STREAM_WINDOW_BYTES + part.length);
});

test("a client that sends more than it may is broken off", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet().send(headers(1, 0, "/silent"));
  await until(() => server.streams.length === 1);
  server.streams[0]!.stream.pause();
  const part = Buffer.alloc(2 ** 14);
  for (let sent = 0; sent <= STREAM_WINDOW_BYTES; sent += part.length) client.send(data(1, part));
  const reset = await client.frame(({ type }) => type === FrameType.RST_STREAM);
  assert.equal(reset.payload.readUInt32BE(), ErrorCode.FLOW_CONTROL_ERROR);
  assert.equal(server.streams[0]!.isSent, false);
});

test("the end of a paused stream waits too", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet().send(headers(1, 0));
  await until(() => server.streams.length === 1);
  const [echo] = server.streams;
  echo!.stream.pause();
  client.send(data(1, "abc", END_STREAM), toFrame(FrameType.PING, 0, 0, Buffer.alloc(8)));
  await client.frame(({ type }) => type === FrameType.PING);
  assert.equal(echo!.isEnded, false);
  echo!.stream.resume();
  assert.equal((await client.frame(isData(1))).payload.toString(), "abc");
});

test("too many fields: 431, and what the block did to the table counts", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  // One literal of 4 000 bytes into the table, then as many references as a byte each makes.
  const literal = Buffer.concat([
    Buffer.from([0x40, 1, 0x78, 0x7f, 0xa1, 0x1e]),
    Buffer.alloc(4_000, 0x79),
  ]);
  const bomb = Buffer.concat([requestBlock(), literal, Buffer.alloc(1_000, 0xbe)]);
  client.greet().send(toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1, bomb));
  const refused = await client.frame(isEnd(1));
  assert.match(refused.payload.toString("latin1"), /431/);
  assert.equal(server.streams.length, 0);
  const again = Buffer.concat([requestBlock(), Buffer.of(0xbe)]);
  client.send(toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 3, again));
  await client.frame(isEnd(3));
  assert.equal((server.streams[0]!.stream.headers["x"] as string).length, 4_000);
});

test("an answer before the end tells the client to send no more, and what still comes is passed over", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet().send(headers(1, 0));
  await until(() => server.streams.length === 1);
  server.streams[0]!.onEnd();
  await client.frame(isEnd(1));
  const reset = await client.frame(({ type }) => type === FrameType.RST_STREAM);
  assert.equal(reset.payload.readUInt32BE(), ErrorCode.NO_ERROR);
  assert.equal(server.streams[0]!.isSent, true);
  client.send(
    data(1, "late"),
    toFrame(FrameType.WINDOW_UPDATE, 0, 1, uint32(9)),
    toFrame(FrameType.RST_STREAM, 0, 1, uint32(8)),
    toFrame(FrameType.HEADERS, END_HEADERS | END_STREAM, 1),
    headers(3, 0),
    data(3, "next", END_STREAM),
  );
  assert.equal((await client.frame(isData(3))).payload.toString(), "next");
});

test("a reset and a lost connection are told to streams, whose answers then go nowhere", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet().send(headers(1, END_STREAM, "/silent"), headers(3, END_STREAM, "/silent"));
  client.send(toFrame(FrameType.RST_STREAM, 0, 1, uint32(ErrorCode.CANCEL)));
  await until(() => server.streams[0]?.isSent === false);
  assert.equal(server.streams[1]!.isSent, undefined);
  client[Symbol.dispose]();
  await until(() => server.streams[1]!.isSent === false);
  let told = 0;
  for (const { stream } of server.streams) {
    stream.answer(Buffer.alloc(1), Buffer.alloc(1), Buffer.alloc(1));
    stream.send(Buffer.alloc(1), () => told++);
  }
  assert.equal(told, 2);
});

test("closing: open streams are answered, new ones are refused, then the connection ends", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet().send(headers(1, 0));
  await until(() => server.streams.length === 1);
  server.connections[0]!.close();
  const goAway = await client.frame(({ type }) => type === FrameType.GOAWAY);
  assert.deepEqual([goAway.payload.readUInt32BE(), goAway.payload.readUInt32BE(4)], [1, 0]);
  client.send(headers(3), data(1, "last", END_STREAM));
  const reset = await client.frame(({ stream }) => stream === 3);
  assert.equal(reset.payload.readUInt32BE(), ErrorCode.REFUSED_STREAM);
  await client.frame(isEnd(1));
  await client.closed();
});

test("of a client that asks and asks, and reads nothing, nothing more is read", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet();
  await until(() => server.sockets.length === 1);
  const [socket] = server.sockets;
  client.pause();
  const count = 300_000;
  const ping = toFrame(FrameType.PING, 0, 0, Buffer.alloc(8));
  client.send(Buffer.alloc(count * ping.length, ping));
  await until(() => socket!.isPaused());
  // One chunk of what was sent is answered with as many bytes.
  assert.ok(socket!.writableLength < 2 ** 20 + 2 ** 17, `${socket!.writableLength}`);
  client.resume();
  const isPong = ({ type, flags }: Frame): boolean => type === FrameType.PING && flags === Flag.ACK;
  await until(() => client.frames.filter(isPong).length === count);
});

test("streams over the limit are refused, the others are not", async () => {
  await using server = await startEcho();
  using client = new RawClient(server.port);
  client.greet();
  const limit = await client.frame(({ type }) => type === FrameType.SETTINGS);
  assert.equal(limit.payload.readUInt16BE(), 3);
  const most = limit.payload.readUInt32BE(2);
  for (let index = 0; index < most + 2; index++) client.send(headers(2 * index + 1, 0));
  const isReset = ({ type }: Frame): boolean => type === FrameType.RST_STREAM;
  await until(() => client.frames.filter(isReset).length === 2);
  const [reset] = client.frames.filter(isReset);
  assert.deepEqual(
    [reset!.stream, reset!.payload.readUInt32BE()],
    [2 * most + 1, ErrorCode.REFUSED_STREAM],
  );
  client.send(data(1, "first", END_STREAM));
  assert.equal((await client.frame(isData(1))).payload.toString(), "first");
});
