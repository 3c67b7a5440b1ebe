/** gRPC inside the test's own process, where every limit can be set and what is open be counted. */
import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from "node:http2";
import pino from "pino";
import {
  startGrpc,
  type Credentials,
  type GrpcServer,
} from "../../packages/server/src/grpc/index.ts";
import { ActiveRequests } from "../../packages/server/src/http/activeRequests.ts";
import { defaultLimits, type Limits } from "../../packages/server/src/http/limits.ts";
import type { RequestEntry } from "../../packages/server/src/http/requestLog.ts";
import { createModelHost } from "../../packages/server/src/modelHost.ts";

export interface LocalGrpc extends AsyncDisposable {
  readonly address: string;
  readonly server: GrpcServer;
  readonly active: ActiveRequests;
  /** Lines of the log, oldest first. */
  readonly entries: readonly RequestEntry[];
  setReady(ready: boolean): void;
}

/** @param folder of models, which are loaded. */
export async function startLocalGrpc(
  folder: string,
  limits: Partial<Limits> = {},
  credentials?: Credentials,
): Promise<LocalGrpc> {
  const host = createModelHost({ paths: [folder], isolateTrials: false });
  await host.registry.sync(false);
  const all = { ...defaultLimits(host.pool.machine.memoryBytes), ...limits };
  const active = new ActiveRequests(all);
  const entries: RequestEntry[] = [];
  let ready = true;
  const server = await startGrpc(
    {
      host,
      limits: all,
      active,
      isReady: () => ready,
      isStopping: () => false,
      logRequest: (_level, entry) => entries.push(entry),
    },
    pino({ level: "silent" }),
    { host: "127.0.0.1", port: 0 },
    credentials,
  );
  return {
    address: `127.0.0.1:${server.port}`,
    server,
    active,
    entries,
    setReady: (value) => (ready = value),
    async [Symbol.asyncDispose]() {
      await server.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

/** How a raw call ended. */
export interface RawAnswer {
  /** Status of HTTP. */
  readonly http: number;
  /** `grpc-status`, from the headers or the trailers; NaN where there is none. */
  readonly status: number;
  readonly message: string;
  readonly body: Buffer;
  /** The code that the stream was reset with; 0 for none. */
  readonly reset: number;
}

/** A connection of HTTP/2 for bytes that no client would send. */
export interface RawClient extends Disposable {
  readonly session: ClientHttp2Session;
  /** @param method of the inference service, or the whole path of another one's. */
  send(method: string, body: Uint8Array, headers?: OutgoingHttpHeaders): Promise<RawAnswer>;
}

export function connectRaw(address: string): RawClient {
  const session = connect(`http://${address}`);
  session.on("error", () => undefined);
  return {
    session,
    send: (method, body, headers = {}) =>
      new Promise((resolve) => {
        const stream = session.request({
          ":method": "POST",
          ":path": method.startsWith("/") ? method : `/inference.GRPCInferenceService/${method}`,
          "content-type": "application/grpc",
          te: "trailers",
          ...headers,
        });
        let http = 0;
        let status = Number.NaN;
        let message = "";
        const chunks: Buffer[] = [];
        const note = (found: Record<string, unknown>): void => {
          http = (found[":status"] as number | undefined) ?? http;
          if (found["grpc-status"] !== undefined) status = Number(found["grpc-status"]);
          message = decodeURIComponent((found["grpc-message"] as string | undefined) ?? message);
        };
        stream.on("response", note);
        stream.on("trailers", note);
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", () => undefined);
        stream.on("close", () => {
          const reset = stream.rstCode;
          resolve({ http, status, message, body: Buffer.concat(chunks), reset });
        });
        stream.end(body);
      }),
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** A message behind its prefix. */
export function frame(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
