/** Bad input over gRPC: the right status for each, and nothing is left behind. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deflateSync, gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import fc from "fast-check";
import { connectGrpc, floatsOf, toRequest, type Message } from "../support/grpc.ts";
import { temporaryFolder } from "../support/models.ts";
import { until } from "../support/metrics.ts";
import { connectRaw, frame, startLocalGrpc, type LocalGrpc, type RawClient } from "./grpcServer.ts";
import { BAD_MESSAGES, encodeRequest, statusOf } from "./grpcTable.ts";
import { writeModels, writeSlowModels } from "./models.ts";

const LIMITS = {
  maxBodyBytes: 2 ** 20,
  maxConcurrent: 300,
  maxConcurrentBytes: 2 ** 22,
  clientTimeoutMs: 1_500,
};

const folder = temporaryFolder();
let grpc: LocalGrpc;
let raw: RawClient;

before(async () => {
  writeModels(folder.path);
  writeSlowModels(folder.path);
  grpc = await startLocalGrpc(folder.path, LIMITS);
  raw = connectRaw(grpc.address);
});

after(async () => {
  raw[Symbol.dispose]();
  await grpc[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const good = encodeRequest();

/** Nothing is counted any more, and a good request is answered. */
async function isUnharmed(): Promise<void> {
  await until("nothing is counted", () => grpc.active.size === 0);
  const answer = await raw.send("ModelInfer", frame(good));
  assert.equal(answer.status, status.OK, answer.message);
}

test("each bad message gets its status, alone and in a stream", async (t) => {
  for (const { name, message, code, says } of BAD_MESSAGES) {
    await t.test(name, async () => {
      const answer = await raw.send("ModelInfer", frame(message));
      assert.equal(answer.http, 200);
      assert.equal(answer.status, statusOf(code), answer.message);
      assert.ok(answer.message.includes(says), answer.message);
      assert.ok(answer.message.length < 2000);
      assert.equal(answer.body.length, 0);

      const streamed = await raw.send(
        "ModelStreamInfer",
        Buffer.concat([good, message, good].map((each) => frame(each))),
      );
      if (code === "MESSAGE_INVALID") {
        assert.equal(streamed.status, status.INVALID_ARGUMENT);
        return;
      }
      assert.equal(streamed.status, status.OK, streamed.message);
      assert.ok(streamed.body.includes(Buffer.from(answer.message)), "the error is in its place");
      assert.equal(countMessages(streamed.body), 3);
    });
  }
  await isUnharmed();
});

function countMessages(body: Buffer): number {
  let count = 0;
  for (let at = 0; at < body.length; at += 5 + body.readUInt32BE(at + 1)) count++;
  return count;
}

test("what is wrong around a message", async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
  const announced = Buffer.concat([Buffer.from([0, 0x40, 0, 0, 0]), Buffer.alloc(100)]);
  const cases: readonly [
    name: string,
    body: Uint8Array,
    headers: Record<string, string>,
    status: number,
    says: string,
  ][] = [
    ["no message", Buffer.alloc(0), {}, status.INVALID_ARGUMENT, "has no body"],
    ["half a prefix", Buffer.from([0, 0]), {}, status.INVALID_ARGUMENT, "ended within it"],
    ["half a message", frame(good).subarray(0, 20), {}, status.INVALID_ARGUMENT, "ended within it"],
    [
      "two messages",
      Buffer.concat([frame(good), frame(good)]),
      {},
      status.INVALID_ARGUMENT,
      "a second one follows",
    ],
    ["a flag of 2", frame(good, 2), {}, status.INVALID_ARGUMENT, "compression flag is 2"],
    [
      "compressed without saying how",
      frame(gzipSync(good), 1),
      {},
      status.INVALID_ARGUMENT,
      "no header grpc-encoding",
    ],
    [
      "an encoding of another kind",
      frame(good, 1),
      { "grpc-encoding": "zstd" },
      status.UNIMPLEMENTED,
      '"zstd" is not supported',
    ],
    [
      "bytes that are no gzip",
      frame(good, 1),
      { "grpc-encoding": "gzip" },
      status.INVALID_ARGUMENT,
      "it is not in gzip",
    ],
    [
      "deflate that is cut off",
      frame(deflateSync(good).subarray(0, 9), 1),
      { "grpc-encoding": "deflate" },
      status.INVALID_ARGUMENT,
      "it is not in deflate",
    ],
    [
      "a compressed bomb",
      frame(bomb, 1),
      { "grpc-encoding": "gzip" },
      status.RESOURCE_EXHAUSTED,
      "over the limit of 1048576 bytes",
    ],
    [
      "a message over the limit",
      announced,
      {},
      status.RESOURCE_EXHAUSTED,
      "over the limit of 1048576 bytes",
    ],
    [
      "a timeout that is none",
      frame(good),
      { "grpc-timeout": "soon" },
      status.INVALID_ARGUMENT,
      '"soon" is no time',
    ],
    [
      "a timeout of nine digits",
      frame(good),
      { "grpc-timeout": "123456789S" },
      status.INVALID_ARGUMENT,
      "is no time",
    ],
  ];
  for (const [name, body, headers, code, says] of cases) {
    await t.test(name, async () => {
      for (const method of ["ModelInfer", "ModelStreamInfer"]) {
        const streaming = method === "ModelStreamInfer";
        if (streaming && (name === "no message" || name === "two messages")) continue;
        const answer = await raw.send(method, body, headers);
        assert.equal(answer.status, code, `${method}: ${answer.message}`);
        assert.ok(answer.message.includes(says), `${method}: ${answer.message}`);
      }
    });
  }
  const compressed = await raw.send("ModelInfer", frame(gzipSync(good), 1), {
    "grpc-encoding": "gzip",
  });
  assert.equal(compressed.status, status.OK);
  await isUnharmed();
});

test("what is no call of gRPC", async () => {
  const unknown = await raw.send("Nope", frame(good));
  assert.equal(unknown.status, status.UNIMPLEMENTED);
  assert.match(unknown.message, /GRPCInferenceService\/Nope does not exist/);
  const shared = await raw.send("SystemSharedMemoryStatus", frame(Buffer.alloc(0)));
  assert.equal(shared.status, status.UNIMPLEMENTED);
  assert.equal(
    (await raw.send("ModelInfer", frame(good), { "content-type": "application/json" })).http,
    415,
  );
  assert.equal((await raw.send("ModelInfer", frame(good), { ":method": "PUT" })).http, 405);
  assert.equal(
    (await raw.send("ModelInfer", frame(good), { "content-type": "application/grpc+proto" }))
      .status,
    status.OK,
  );
  await isUnharmed();
});

test("a message with non-ASCII text in its status", async () => {
  const answer = await raw.send(
    "ModelInfer",
    frame(encodeRequest({ model_name: "größe 100 %\n" })),
  );
  assert.equal(answer.status, status.NOT_FOUND);
  assert.ok(answer.message.includes('"größe 100 %\n"'), answer.message);
});

test("damaged messages are answered or refused, whatever the damage", async () => {
  const seen = { good: 0, bad: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          at: fc.nat(),
          byte: fc.nat(255),
          remove: fc.nat(6),
          insert: fc.uint8Array({ maxLength: 6 }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      async (damages) => {
        let bytes = [
          ...encodeRequest({
            id: "7",
            outputs: [{ name: "y" }],
            parameters: { priority: { int64_param: 1n } },
          }),
        ];
        for (const { at, byte, remove, insert } of damages) {
          const index = at % bytes.length;
          bytes[index] = byte;
          bytes.splice(index, remove, ...insert);
        }
        if (bytes.length === 0) bytes = [0];
        const answer = await raw.send("ModelInfer", frame(Uint8Array.from(bytes)));
        const refused = [status.INVALID_ARGUMENT, status.NOT_FOUND].includes(answer.status);
        assert.ok(answer.status === status.OK || refused, `${answer.status}: ${answer.message}`);
        if (refused) seen.bad++;
        else seen.good++;
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(seen.good > 0 && seen.bad > 100, JSON.stringify(seen));
  await isUnharmed();
});

test("a thousand idle streams, and good requests beside them", async () => {
  using client = connectGrpc(grpc.address);
  const streams = Array.from({ length: 1_000 }, () => {
    const stream = client.open("ModelStreamInfer");
    stream.on("error", () => undefined);
    return stream;
  });
  streams[0]!.write(toRequest("affine", [1, 1], [1]));
  await once(streams[0]!, "data");
  await until("all are open", () => grpc.server.calls >= 1_000);
  await sleep(LIMITS.clientTimeoutMs + 1_500);
  assert.ok(grpc.server.calls >= 1_000, "idleness is no reason to end a stream");
  assert.equal(grpc.active.size, 0, "an idle stream counts for nothing");
  for (const [index, stream] of streams.entries()) {
    if (index % 100 > 0) continue;
    stream.write(toRequest("affine", [1, 1], [index]));
    const [answer] = (await once(stream, "data")) as [{ infer_response: Message }];
    assert.deepEqual(floatsOf(answer.infer_response), [2 * index + 1]);
  }
  for (const stream of streams) stream.cancel();
  await until("none is left", () => grpc.server.calls === 0);
  await isUnharmed();
});

test("slow senders are ended, and hold no place meanwhile", async () => {
  using slow = connectRaw(grpc.address);
  const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
  const ends = ["ModelInfer", "ModelStreamInfer"].flatMap((method) =>
    [Buffer.alloc(0), Buffer.from([0]), frame(good).subarray(0, 12)].map(async (part) => {
      const stream = slow.session.request({
        ...headers,
        ":path": `/inference.GRPCInferenceService/${method}`,
      });
      stream.on("error", () => undefined);
      if (part.length > 0) stream.write(part);
      else if (method === "ModelStreamInfer") return stream.destroy();
      const [found] = (await once(stream, "response")) as [Record<string, string>];
      assert.equal(found["grpc-status"], String(status.INVALID_ARGUMENT));
      assert.match(decodeURIComponent(found["grpc-message"]!), /was not complete after 1500 ms/);
      stream.destroy();
    }),
  );
  await Promise.all(ends);
  await isUnharmed();
});

test("cancelled calls give back what they held", async () => {
  using client = connectGrpc(grpc.address);
  for (let round = 0; round < 3; round++) {
    const streams = Array.from({ length: 40 }, () => {
      const stream = client.open("ModelStreamInfer");
      stream.on("error", () => undefined);
      for (let index = 0; index < 5; index++) stream.write(slowRequest());
      return stream;
    });
    await until("they are handled", () => grpc.active.size > 100);
    for (const stream of streams) stream.cancel();
    await until("none is handled", () => grpc.active.size === 0 && grpc.server.calls === 0);
  }
  await isUnharmed();
});

function slowRequest(): Message {
  const steps = {
    name: "steps",
    datatype: "INT64",
    shape: [1],
    contents: { int64_contents: [10_000] },
  };
  return { model_name: "slow", inputs: [steps], outputs: [{ name: "done" }] };
}

test("a lost connection gives back what its calls held", async () => {
  const lost = connectRaw(grpc.address);
  const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
  for (let index = 0; index < 20; index++) {
    const stream = lost.session.request({
      ...headers,
      ":path": "/inference.GRPCInferenceService/ModelInfer",
    });
    stream.on("error", () => undefined);
    stream.write(frame(good).subarray(0, 30));
  }
  await until("they are handled", () => grpc.active.size === 20);
  lost[Symbol.dispose]();
  await until("none is handled", () => grpc.active.size === 0 && grpc.server.calls === 0);
  await isUnharmed();
});

test("too many at a time, and too many bytes", async () => {
  using client = connectGrpc(grpc.address);
  const stream = client.open("ModelStreamInfer");
  const answers: Message[] = [];
  stream.on("data", (answer: Message) => answers.push(answer));
  const half = Buffer.concat([Buffer.from([0, 0, 0x0f, 0xff, 0xff]), Buffer.alloc(10)]);
  const headers = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
  using large = connectRaw(grpc.address);
  const held = Array.from({ length: 4 }, () => {
    const part = large.session.request({
      ...headers,
      ":path": "/inference.GRPCInferenceService/ModelInfer",
    });
    part.on("error", () => undefined);
    part.write(half);
    return part;
  });
  await until("they are handled", () => grpc.active.size === 4);
  const bytes = await raw.send("ModelInfer", frame(good));
  assert.equal(bytes.status, status.RESOURCE_EXHAUSTED, bytes.message);
  stream.write(toRequest("affine", [1, 1], [1]));
  await until("the stream is told so, and goes on", () => answers.length === 1);
  assert.match(String(answers[0]!["error_message"]), /hold the limit of 4194304 bytes/);
  for (const part of held) part.destroy();
  await until("they are gone", () => grpc.active.size === 0);
  stream.write(toRequest("affine", [1, 1], [1]));
  await until("it is answered", () => answers.length === 2);
  assert.equal(answers[1]!["error_message"], "");
  stream.end();
  await once(stream, "status");
  await isUnharmed();
});

test("health is watched, and stopping ends what waits", async () => {
  await using other = await startLocalGrpc(folder.path);
  using health = connectGrpc(other.address, "grpc.health.v1.Health");
  const watch = health.watch("Watch", {});
  const seen: unknown[] = [];
  watch.on("data", ({ status: found }: Message) => seen.push(found));
  const errorOf = (stream: NodeJS.EventEmitter): Promise<unknown[]> => {
    // Also told later, when nobody waits any more.
    stream.on("error", () => undefined);
    return once(stream, "error");
  };
  const watchEnd = errorOf(watch);
  await until("it is told at once", () => seen.length === 1);
  other.setReady(false);
  await until("it is told of the change", () => seen.length === 2);
  assert.deepEqual(seen, ["SERVING", "NOT_SERVING"]);
  using client = connectGrpc(other.address);
  const idle = client.open("ModelStreamInfer");
  const idleEnd = errorOf(idle);
  const busy = client.open("ModelStreamInfer");
  busy.write(slowRequest());
  const answer = once(busy, "data");
  const busyEnd = errorOf(busy);
  await until("it is handled", () => other.active.size === 1);
  await other.server.close();
  for (const end of [watchEnd, idleEnd, busyEnd]) {
    const [error] = (await end) as [{ code: number }];
    assert.equal(error.code, status.UNAVAILABLE);
  }
  const [answered] = (await answer) as [Message];
  assert.equal(answered["error_message"], "");
});
