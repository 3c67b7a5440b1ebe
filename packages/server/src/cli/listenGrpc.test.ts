import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import pino from "pino";
import { listenForGrpc } from "./listenGrpc.ts";

const context = { host: { registry: {} }, isReady: () => true } as never;

/** Takes a port, unless somebody has it already. @returns the port. */
async function occupy(port: number): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer();
  const taken = await new Promise<number>((resolve) => {
    server.once("error", () => resolve(port));
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
  return {
    port: taken,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test("a port that was asked for and is in use is an error that says what to do", async () => {
  await using taken = await occupy(0);
  await assert.rejects(
    listenForGrpc(context, pino({ level: "silent" }), {
      host: "127.0.0.1",
      grpcPort: taken.port,
    }),
    {
      message: `port ${taken.port} on 127.0.0.1 is in use; choose another with --grpc-port, or 0 for a free one`,
    },
  );
  await assert.rejects(
    listenForGrpc(
      context,
      pino({ level: "silent" }),
      { host: "127.0.0.1", grpcPort: taken.port },
      "--tfserving-grpc-port",
    ),
    /choose another with --tfserving-grpc-port, or 0 for a free one$/,
  );
});

test("where the default port is in use, the log says that there is no gRPC", async () => {
  await using _taken = await occupy(8001);
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const server = await listenForGrpc(context, log, { host: "127.0.0.1", grpcPort: "default" });
  assert.equal(server, undefined);
  assert.match(lines.join(""), /gRPC is off: port 8001 on 127.0.0.1 is in use; .*--no-grpc/);
});

test("switched off, and on any free port", async () => {
  const log = pino({ level: "silent" });
  const host = "127.0.0.1";
  assert.equal(await listenForGrpc(context, log, { host, grpcPort: "off" }), undefined);
  const server = await listenForGrpc(context, log, { host, grpcPort: 0 });
  assert.ok(server!.port > 0);
  await server!.close();
});
