/**
 * Protocol buffers: bytes to plain data and back, from tables of fields.
 *
 * A message is described once, as a table from property names to fields with their numbers
 * (`defineMessage`); reading makes views of the bytes instead of copies. ONNX graphs and gRPC's
 * messages go through it.
 *
 * Source: protobuf.dev, "Encoding".
 */
export * from "./arrays.ts";
export * from "./maps.ts";
export {
  defineMessage,
  message,
  messages,
  required,
  type Field,
  type Fields,
  type Message,
  type MessageType,
  type RequiredField,
} from "./message.ts";
export { Reader, type ToProblem } from "./reader.ts";
export {
  blob,
  blobs,
  bool,
  double,
  float,
  int,
  int32,
  int64,
  ints,
  packed,
  packedInts,
  string,
  strings,
  uint32,
  uint64,
} from "./scalars.ts";
export { Writer } from "./writer.ts";
