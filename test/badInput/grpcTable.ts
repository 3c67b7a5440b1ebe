/** Bad requests over gRPC: what is sent, and what must be answered. */
import { GRPC_CODES, GRPC_STATUS, type ErrorCode } from "@longshore/core";
import { MODEL_INFER_REQUEST, type ModelInferRequest } from "@longshore/core/grpc";
import { Writer } from "@longshore/core/proto";

export interface BadMessage {
  readonly name: string;
  readonly message: Uint8Array;
  readonly code: ErrorCode;
  readonly says: string;
}

export const statusOf = (code: ErrorCode): number => GRPC_CODES[GRPC_STATUS[code]];

/** A request of `affine`, changed. */
export function encodeRequest(changes: Partial<ModelInferRequest> = {}): Uint8Array {
  const writer = new Writer();
  MODEL_INFER_REQUEST.write(writer, {
    model_name: "affine",
    model_version: "",
    id: "",
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 2] }],
    raw_input_contents: [new Uint8Array(8)],
    ...changes,
  });
  return Buffer.concat(writer.finish());
}

const x = { name: "x", datatype: "FP32", shape: [1, 2] };
const raw = (...sizes: number[]): Pick<ModelInferRequest, "raw_input_contents"> => ({
  raw_input_contents: sizes.map((size) => new Uint8Array(size)),
});
const typed = (input: ModelInferRequest["inputs"][number], model = "affine"): Uint8Array => {
  const writer = new Writer();
  const message = { model_name: model, model_version: "", id: "", inputs: [input] };
  MODEL_INFER_REQUEST.write(writer, message);
  return Buffer.concat(writer.finish());
};
const row = (name: string, message: Uint8Array, code: ErrorCode, says: string): BadMessage => ({
  name,
  message,
  code,
  says,
});
const bytes = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");

export const BAD_MESSAGES: readonly BadMessage[] = [
  // Not protobuf.
  row("a tag cut off", bytes("ff"), "MESSAGE_INVALID", "the bytes end inside a number"),
  row("a length beyond the end", bytes("0a ff ff ff 7f"), "MESSAGE_INVALID", "does not fit"),
  row("a group", bytes("0b"), "MESSAGE_INVALID", "wire type 3"),
  row("field number 0", bytes("02 00"), "MESSAGE_INVALID", "field number is out of range"),
  row("a number where a text is due", bytes("08 01"), "MESSAGE_INVALID", "wire type 0, not 2"),
  row("a name that is not UTF-8", bytes("0a 02 c3 28"), "MESSAGE_INVALID", "not UTF-8"),
  row(
    "a number of eleven bytes",
    bytes("38 ff ff ff ff ff ff ff ff ff ff 01"),
    "MESSAGE_INVALID",
    "at byte",
  ),
  row(
    "a dimension beyond 2^53",
    bytes("2a 0a 18 ff ff ff ff ff ff ff ff 7f"),
    "MESSAGE_INVALID",
    "exceeds 2^53",
  ),
  row(
    "other bytes altogether",
    Buffer.from('{"inputs": []}'),
    "MESSAGE_INVALID",
    "not a valid protobuf message",
  ),

  // Models.
  row("nothing", new Uint8Array(0), "MODEL_UNKNOWN", 'Request for unknown model: ""'),
  row(
    "an unknown model",
    encodeRequest({ model_name: "nope" }),
    "MODEL_UNKNOWN",
    'unknown model: "nope"',
  ),
  row(
    "an unknown version",
    encodeRequest({ model_version: "7" }),
    "VERSION_UNKNOWN",
    'version "7" is not found',
  ),
  row(
    "a model that failed to load",
    encodeRequest({ model_name: "broken" }),
    "MODEL_UNREADY",
    "is not ready",
  ),

  // Inputs.
  row(
    "no inputs",
    encodeRequest({ inputs: [], ...raw() }),
    "INPUT_MISSING",
    'input "x" is missing',
  ),
  row(
    "an unknown input",
    encodeRequest({ inputs: [{ ...x, name: "w" }] }),
    "INPUT_UNKNOWN",
    '"w" does not exist',
  ),
  row(
    "an input without a name",
    encodeRequest({ inputs: [{ ...x, name: "" }] }),
    "FIELD_MISSING",
    '"name" is missing in inputs[0]',
  ),
  row(
    "an input twice",
    encodeRequest({ inputs: [x, x], ...raw(8, 8) }),
    "INPUT_DUPLICATE",
    '"x" is given twice',
  ),
  row(
    "no data type",
    encodeRequest({ inputs: [{ ...x, datatype: "" }] }),
    "FIELD_MISSING",
    '"datatype" is missing',
  ),
  row(
    "what is no data type",
    encodeRequest({ inputs: [{ ...x, datatype: "float" }] }),
    "INPUT_DATATYPE",
    '"float" is not a data type',
  ),
  row(
    "a prototype's key as data type",
    encodeRequest({ inputs: [{ ...x, datatype: "constructor" }] }),
    "INPUT_DATATYPE",
    "is not a data type",
  ),
  row(
    "another data type",
    encodeRequest({ inputs: [{ ...x, datatype: "FP64" }], ...raw(16) }),
    "INPUT_MISMATCH",
    "expected FP32[-1,-1], got FP64[1,2]",
  ),
  row(
    "another rank",
    encodeRequest({ inputs: [{ ...x, shape: [2] }] }),
    "INPUT_MISMATCH",
    "got FP32[2]",
  ),
  row(
    "a negative dimension",
    encodeRequest({ inputs: [{ ...x, shape: [-1, 2] }] }),
    "INPUT_SHAPE",
    "[-1,2] is not valid",
  ),
  row(
    "too many elements",
    encodeRequest({ inputs: [{ ...x, shape: [2 ** 30, 2 ** 20] }] }),
    "INPUT_TOO_LARGE",
    "over the limit",
  ),

  // Raw contents.
  row("raw bytes too few", encodeRequest(raw(4)), "INPUT_COUNT", "needs 8 bytes of FP32, got 4"),
  row("raw bytes too many", encodeRequest(raw(12)), "INPUT_COUNT", "needs 8 bytes of FP32, got 12"),
  row("raw bytes that are no whole elements", encodeRequest(raw(7)), "INPUT_COUNT", "got 7"),
  row("an entry too many", encodeRequest(raw(8, 8)), "FIELD_INVALID", "2 entries for 1 inputs"),
  row(
    "an entry too few",
    encodeRequest({
      model_name: "pair",
      inputs: [
        { name: "a", datatype: "FP32", shape: [1, 2] },
        { name: "b", datatype: "INT64", shape: [1, 1] },
      ],
      ...raw(8),
    }),
    "INPUT_DATA",
    "has 1 entries only",
  ),
  row(
    "raw and typed contents",
    encodeRequest({ inputs: [{ ...x, contents: { fp32_contents: new Float32Array(2) } }] }),
    "INPUT_DATA",
    "beside raw_input_contents",
  ),
  row("neither raw nor typed contents", typed(x), "INPUT_COUNT", "needs 8 bytes of FP32, got 0"),
  row(
    "a bool of 2",
    encodeRequest({
      model_name: "flags",
      inputs: [{ name: "x", datatype: "BOOL", shape: [1] }],
      raw_input_contents: [Uint8Array.of(2)],
    }),
    "INPUT_ELEMENT",
    "the byte 2",
  ),
  row(
    "strings cut off",
    encodeRequest({
      model_name: "echo",
      inputs: [{ ...x, datatype: "BYTES" }],
      raw_input_contents: [Uint8Array.of(9, 0, 0, 0, 65)],
    }),
    "INPUT_DATA",
    "announces 9 bytes",
  ),
  row(
    "strings too few",
    encodeRequest({
      model_name: "echo",
      inputs: [{ ...x, datatype: "BYTES" }],
      raw_input_contents: [Uint8Array.of(1, 0, 0, 0, 65)],
    }),
    "INPUT_COUNT",
    "needs 2 strings, got 1",
  ),
  row(
    "a string that is not UTF-8",
    encodeRequest({
      model_name: "echo",
      inputs: [{ name: "x", datatype: "BYTES", shape: [1, 1] }],
      raw_input_contents: [Uint8Array.of(1, 0, 0, 0, 255)],
    }),
    "INPUT_DATA",
    "is not UTF-8",
  ),

  // Typed contents.
  row(
    "contents of another type",
    typed({ ...x, contents: { fp64_contents: new Float64Array(2) } }),
    "INPUT_DATA",
    "elements of FP32 go into fp32_contents",
  ),
  row(
    "contents too few",
    typed({ ...x, contents: { fp32_contents: new Float32Array(1) } }),
    "INPUT_COUNT",
    "got 4",
  ),
  row(
    "contents out of their range",
    typed(
      {
        name: "x",
        datatype: "UINT8",
        shape: [2],
        contents: { uint_contents: Uint32Array.of(1, 256) },
      },
      "bytes",
    ),
    "INPUT_ELEMENT",
    "element 1 is 256",
  ),
  row(
    "contents of half precision",
    typed(
      { name: "x", datatype: "FP16", shape: [2], contents: { fp32_contents: new Float32Array(2) } },
      "halves",
    ),
    "INPUT_DATA",
    "has no field for FP16",
  ),

  // Outputs and parameters.
  row(
    "an unknown output",
    encodeRequest({ outputs: [{ name: "q" }] }),
    "OUTPUT_UNKNOWN",
    'output "q" does not exist',
  ),
  row(
    "an output twice",
    encodeRequest({ outputs: [{ name: "y" }, { name: "y" }] }),
    "OUTPUT_DUPLICATE",
    "asked for twice",
  ),
  row(
    "classes of what is no number",
    encodeRequest({
      model_name: "echo",
      inputs: [{ name: "x", datatype: "BYTES", shape: [1, 1] }],
      raw_input_contents: [new Uint8Array(4)],
      outputs: [{ name: "y", parameters: { classification: { int64_param: 3n } } }],
    }),
    "PARAMETER_INVALID",
    '"classification" in outputs[0]',
  ),
  row(
    "a number of classes that is none",
    encodeRequest({
      outputs: [{ name: "y", parameters: { classification: { bool_param: true } } }],
    }),
    "PARAMETER_INVALID",
    "got the bool_param true",
  ),
  row(
    "shared memory in",
    encodeRequest({
      inputs: [{ ...x, parameters: { shared_memory_region: { string_param: "r" } } }],
    }),
    "PARAMETER_UNSUPPORTED",
    '"shared_memory_region" in inputs[0]',
  ),
  row(
    "shared memory out",
    encodeRequest({
      outputs: [{ name: "y", parameters: { shared_memory_region: { string_param: "r" } } }],
    }),
    "PARAMETER_UNSUPPORTED",
    '"shared_memory_region" in outputs[0]',
  ),
  row(
    "a sequence's start without the sequence",
    encodeRequest({ parameters: { sequence_start: { bool_param: true } } }),
    "PARAMETER_INVALID",
    "the sequence that sequence_start is about",
  ),
  row(
    "a sequence's end that is no flag",
    encodeRequest({
      parameters: { sequence_id: { int64_param: 1n }, sequence_end: { int64_param: 1n } },
    }),
    "PARAMETER_INVALID",
    "expected a bool_param, got the int64_param 1",
  ),
  row(
    "a sequence named by a fraction",
    encodeRequest({ parameters: { sequence_id: { double_param: 0.5 } } }),
    "PARAMETER_INVALID",
    "got the double_param 0.5",
  ),
  row(
    "a priority that is a text",
    encodeRequest({ parameters: { priority: { string_param: "high" } } }),
    "PARAMETER_INVALID",
    "got the string_param high",
  ),
  row(
    "a negative timeout",
    encodeRequest({ parameters: { timeout: { int64_param: -1n } } }),
    "PARAMETER_INVALID",
    "got the int64_param -1",
  ),
  row(
    "a priority beyond 32 bits",
    encodeRequest({ parameters: { priority: { uint64_param: 2n ** 40n } } }),
    "PARAMETER_INVALID",
    "from 0 to 4294967295",
  ),

  // Runs.
  row(
    "an index outside of its table",
    encodeRequest({
      model_name: "lookup",
      inputs: [{ name: "index", datatype: "INT64", shape: [1] }],
      raw_input_contents: [Uint8Array.of(255, 255, 255, 0, 0, 0, 0, 0)],
    }),
    "RUN_FAILED",
    "could not compute this request",
  ),
];
