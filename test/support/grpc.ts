/** The gRPC client that others wrote, over the `.proto` files of the server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  type CallOptions,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const PROTO = join(import.meta.dirname, "../../packages/server/proto");
const FILES = [
  "grpc_service.proto",
  "grpc/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto",
  "grpc/reflection/v1alpha/reflection.proto",
  "tensorflow_serving/apis/prediction_service.proto",
  "tensorflow_serving/apis/model_service.proto",
];

/** Any message, by the names of its fields. */
export type Message = Record<string, unknown>;

/** A client of one service; disposing of it closes its connection. */
export interface GrpcClient extends Disposable {
  /** @throws ServiceError with the status as its `code`. */
  call(
    method: string,
    request?: Message,
    options?: CallOptions & { metadata?: Metadata },
  ): Promise<Message>;
  open(method: string, options?: CallOptions): ClientDuplexStream<Message, Message>;
  watch(method: string, request: Message, options?: CallOptions): ClientReadableStream<Message>;
}

type Constructor = new (
  address: string,
  credentials: unknown,
  options: object,
) => Record<string, (...args: unknown[]) => unknown> & { close(): void };

/** @param service such as `inference.GRPCInferenceService`. */
export function connectGrpc(
  address: string,
  service = "inference.GRPCInferenceService",
  secure = credentials.createInsecure(),
  options: object = {},
): GrpcClient {
  const loaded = loadPackageDefinition(
    loadSync(FILES, {
      includeDirs: [PROTO],
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
      oneofs: true,
    }),
  );
  const found = service.split(".").reduce<unknown>((at, name) => (at as Message)[name], loaded);
  const client = new (found as Constructor)(address, secure, {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    // A connection of its own, so that tests do not share limits and counts.
    "grpc.use_local_subchannel_pool": 1,
    ...options,
  });
  return {
    call: (method, request = {}, { metadata = new Metadata(), ...others } = {}) =>
      new Promise((resolve, reject) => {
        client[method]!(request, metadata, others, (error: ServiceError | null, answer: Message) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
    open: (method, others = {}) =>
      client[method]!(new Metadata(), others) as ClientDuplexStream<Message, Message>,
    watch: (method, request, others = {}) =>
      client[method]!(request, new Metadata(), others) as ClientReadableStream<Message>,
    [Symbol.dispose]: () => client.close(),
  };
}

/** What a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<ServiceError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error && "details" in error, `no failure but ${String(error)}`);
  return error as ServiceError;
}

/** A request for one input of raw FP32 elements. */
export function toRequest(
  model: string,
  shape: readonly number[],
  values: readonly number[],
  more: Message = {},
): Message {
  return {
    model_name: model,
    inputs: [{ name: "x", datatype: "FP32", shape }],
    raw_input_contents: [Buffer.from(Float32Array.from(values).buffer)],
    ...more,
  };
}

/** The FP32 elements of an output's raw contents. */
export function floatsOf(answer: Message, index = 0): number[] {
  const bytes = (answer["raw_output_contents"] as Buffer[])[index]!;
  return [...new Float32Array(Uint8Array.from(bytes).buffer)];
}
