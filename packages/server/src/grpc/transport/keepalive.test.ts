import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { test } from "node:test";
import { ActiveRequests } from "../../http/activeRequests.ts";
import { defaultLimits } from "../../http/limits.ts";
import { RawClient, type Frame } from "../http2/testing.ts";
import { Flag, FrameType, toFrame } from "../http2/wire.ts";
import { createGrpcServer } from "./server.ts";

const isPing = ({ type, flags }: Frame): boolean => type === FrameType.PING && flags === 0;
const isPong = ({ type, flags }: Frame): boolean => type === FrameType.PING && flags === Flag.ACK;

test("clients that answer pings, or send their own, stay; those that do not are dropped", async (context) => {
  let clock = 0;
  const performanceNow = performance.now.bind(performance);
  context.mock.method(performance, "now", () => performanceNow() + clock);
  context.mock.timers.enable({ apis: ["setInterval"] });
  const limits = defaultLimits(2 ** 30);
  const server = createGrpcServer([], {
    limits,
    active: new ActiveRequests(limits),
    logRequest: () => undefined,
    onBug: (error) => assert.fail(String(error)),
  });
  const port = await server.listen("127.0.0.1", 0);
  /** The server looks at its connections after these milliseconds. */
  const pass = (ms: number): void => {
    clock += ms;
    context.mock.timers.tick(1_000);
  };

  using silent = new RawClient(port);
  using deaf = new RawClient(port);
  using answering = new RawClient(port);
  for (const client of [silent, deaf, answering]) client.greet();
  // Its own keepalive: answered at once, whatever else happens.
  for (const bytes of ["12345678", "abcdefgh"]) {
    answering.frames.length = 0;
    answering.send(toFrame(FrameType.PING, 0, 0, Buffer.from(bytes)));
    assert.equal((await answering.frame(isPong)).payload.toString(), bytes);
  }
  for (const client of [silent, deaf])
    await client.frame(({ type }) => type === FrameType.SETTINGS);
  const other = connect(`http://127.0.0.1:${port}`);
  await once(other, "remoteSettings");
  // It does not read any more, and so does not answer either.
  deaf.pause();

  pass(1_000);
  assert.ok(!answering.frames.some(isPing), "not yet");
  for (let round = 0; round < 2; round++) {
    answering.frames.length = 0;
    const asked = once(other, "ping");
    pass(31_000);
    if (round === 0) await silent.frame(isPing);
    const { payload } = await answering.frame(isPing);
    answering.send(
      toFrame(FrameType.PING, Flag.ACK, 0, payload),
      toFrame(FrameType.PING, 0, 0, payload),
    );
    // The server has read the answer by then.
    await answering.frame(isPong);
    await asked;
    await new Promise<void>((resolve, reject) =>
      other.ping((error) => (error ? reject(error) : resolve())),
    );
  }
  await silent.closed();
  deaf.resume();
  await deaf.closed();
  assert.ok(!answering.isClosed);
  assert.ok(!other.destroyed);
  other.close();
  answering.end();
  await server.close();
});
