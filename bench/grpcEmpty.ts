/**
 * Servers that answer every message with the same bytes, as fast as gRPC's own library for Node can:
 * what the served figures are compared with.
 *
 *     node bench/grpcEmpty.ts 1024      # prints the port; answers of 1024 bytes
 */
import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";

const answer = Buffer.alloc(Number(process.argv[2]), 7);
const same = (bytes: Buffer): Buffer => bytes;
const bytes = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const definition: ServiceDefinition = {
  Unary: { path: "/empty.Empty/Unary", requestStream: false, responseStream: false, ...bytes },
  Stream: { path: "/empty.Empty/Stream", requestStream: true, responseStream: true, ...bytes },
};

const server = new Server({
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
});
server.addService(definition, {
  Unary: (_call: unknown, done: (error: null, answer: Buffer) => void) => done(null, answer),
  Stream: (call: NodeJS.ReadWriteStream) => {
    call.on("data", () => call.write(answer));
    call.on("end", () => call.end());
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`http://127.0.0.1:${port}`);
});
