/** Binary tensors that lie about themselves. */
import type { Call } from "../answer.ts";
import { affine, bad, GOOD_INPUT, inferPath, type BadRequest } from "./row.ts";

const HEADER = "inference-header-content-length";

/** JSON and the bytes after it; `jsonLength` where the header is to lie. */
function binary(model: string, json: string, data: readonly number[], jsonLength?: string): Call {
  return {
    path: inferPath(model),
    headers: { [HEADER]: jsonLength ?? String(Buffer.byteLength(json)) },
    body: new Uint8Array([...Buffer.from(json), ...data]),
  };
}

/** `x` of a size, with the bytes that follow. */
function sized(
  model: string,
  datatype: string,
  shape: string,
  size: number | string,
  data: readonly number[],
): Call {
  const input = `{"name":"x","shape":${shape},"datatype":"${datatype}","parameters":{"binary_data_size":${size}}}`;
  return binary(model, `{"inputs":[${input}]}`, data);
}

function raw(model: string, body: readonly number[]): Call {
  return { path: inferPath(model), headers: { [HEADER]: "0" }, body: new Uint8Array(body) };
}

const JSON_ONLY = `{"inputs":[${GOOD_INPUT}]}`;
const EIGHT = [0, 0, 128, 63, 0, 0, 0, 64];

export const BINARY_ROWS: readonly BadRequest[] = [
  // The header.
  bad(
    "header: negative",
    affine(JSON_ONLY, { [HEADER]: "-1" }),
    400,
    "HEADER_INVALID",
    'expected a number of bytes, got "-1"',
  ),
  bad("header: a word", affine(JSON_ONLY, { [HEADER]: "all" }), 400, "HEADER_INVALID", 'got "all"'),
  bad(
    "header: empty",
    affine(JSON_ONLY, { [HEADER]: "" }),
    400,
    "HEADER_INVALID",
    "Inference-Header-Content-Length",
  ),
  bad(
    "header: a fraction",
    affine(JSON_ONLY, { [HEADER]: "10.0" }),
    400,
    "HEADER_INVALID",
    '"10.0"',
  ),
  bad(
    "header: hexadecimal",
    affine(JSON_ONLY, { [HEADER]: "0x10" }),
    400,
    "HEADER_INVALID",
    '"0x10"',
  ),
  bad(
    "header: twice",
    affine(JSON_ONLY, { [HEADER]: "10, 10" }),
    400,
    "HEADER_INVALID",
    '"10, 10"',
  ),
  bad(
    "header: 400 digits",
    affine(JSON_ONLY, { [HEADER]: "9".repeat(400) }),
    400,
    "HEADER_INVALID",
    "expected a number of bytes",
  ),
  bad(
    "header: larger than the body",
    affine(JSON_ONLY, { [HEADER]: "100000" }),
    400,
    "HEADER_INVALID",
    "100000 bytes of JSON are announced, but the body has 70",
  ),
  bad(
    "header: cuts the JSON",
    affine(JSON_ONLY, { [HEADER]: "30" }),
    400,
    "JSON_INVALID",
    "at byte 30",
  ),
  bad(
    "header: takes data for JSON",
    binary("affine", '{"inputs":[]}', EIGHT, "15"),
    400,
    "JSON_INVALID",
    "byte 13",
  ),
  bad("header: empty body", affine("", { [HEADER]: "5" }), 400, "BODY_EMPTY", "no body"),

  // Sizes.
  bad(
    "bytes that belong to no input",
    binary("affine", JSON_ONLY, EIGHT),
    400,
    "HEADER_INVALID",
    "8 bytes are left over",
  ),
  bad(
    "one byte too few",
    sized("affine", "FP32", "[1,2]", 8, EIGHT.slice(1)),
    400,
    "BODY_TRUNCATED",
    "the request body ended after",
  ),
  bad(
    "one byte too many",
    sized("affine", "FP32", "[1,2]", 8, [...EIGHT, 0]),
    400,
    "HEADER_INVALID",
    "1 bytes are left over",
  ),
  bad(
    "a size that does not fit the shape",
    sized("affine", "FP32", "[1,3]", 8, EIGHT),
    400,
    "INPUT_COUNT",
    "shape [1,3] needs 12 bytes of FP32, got 8",
  ),
  bad(
    "half an element",
    sized("affine", "FP32", "[1,2]", 7, EIGHT.slice(1)),
    400,
    "INPUT_COUNT",
    "needs 8 bytes of FP32, got 7",
  ),
  bad(
    "a negative size",
    sized("affine", "FP32", "[1,2]", -8, EIGHT),
    400,
    "PARAMETER_INVALID",
    "got -8",
  ),
  bad(
    "a size that is a string",
    sized("affine", "FP32", "[1,2]", '"8"', EIGHT),
    400,
    "PARAMETER_INVALID",
    '"binary_data_size" in inputs[0]',
  ),
  bad(
    "a size that is a fraction",
    sized("affine", "FP32", "[1,2]", 8.5, EIGHT),
    400,
    "PARAMETER_INVALID",
    "8.5",
  ),
  bad(
    "a size of 2^53 - 1",
    sized("affine", "FP32", "[1,2]", Number.MAX_SAFE_INTEGER, EIGHT),
    400,
    "BODY_TRUNCATED",
    "were announced",
  ),
  bad(
    "a size of 1e400",
    sized("affine", "FP32", "[1,2]", "1e400", EIGHT),
    400,
    "PARAMETER_INVALID",
    "an integer from 0",
  ),
  bad(
    "no size, but data",
    binary("affine", '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32"}]}', EIGHT),
    400,
    "INPUT_DATA",
    "it has neither",
  ),
  bad(
    "data twice, in JSON and as bytes",
    binary(
      "affine",
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8}}]}',
      EIGHT,
    ),
    400,
    "INPUT_DATA",
    "it has both",
  ),
  bad(
    "a size without the header",
    affine(
      '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}]}',
    ),
    400,
    "INPUT_DATA",
    "needs the header Inference-Header-Content-Length",
  ),
  bad(
    "a shape that overflows",
    sized("affine", "FP32", "[4294967296,4294967296]", 0, []),
    400,
    "INPUT_SHAPE",
    "below 2^53",
  ),
  bad(
    "too many elements",
    sized("affine", "FP32", "[16384,16385]", 8, EIGHT),
    400,
    "INPUT_TOO_LARGE",
    "268451840",
  ),
  bad(
    "2^53 - 1 empty rows",
    sized("affine", "FP32", "[9007199254740991,0]", 0, []),
    400,
    "INPUT_TOO_LARGE",
    "over the limit",
  ),
  bad(
    "a BOOL that is 2",
    sized("flags", "BOOL", "[2]", 2, [1, 2]),
    400,
    "INPUT_ELEMENT",
    "element 1 is the byte 2",
  ),

  // BYTES: each element says its length.
  bad(
    "a string longer than its tensor",
    sized("echo", "BYTES", "[1,1]", 5, [9, 0, 0, 0, 65]),
    400,
    "INPUT_DATA",
    "element 0 announces 9 bytes, but 1 are left",
  ),
  bad(
    "a string of 4 GiB",
    sized("echo", "BYTES", "[1,1]", 4, [255, 255, 255, 255]),
    400,
    "INPUT_DATA",
    "announces 4294967295 bytes",
  ),
  bad(
    "a length cut off",
    sized("echo", "BYTES", "[1,2]", 7, [1, 0, 0, 0, 65, 1, 0]),
    400,
    "INPUT_DATA",
    "the length of element 1 is cut off",
  ),
  bad(
    "fewer strings than the shape",
    sized("echo", "BYTES", "[1,2]", 5, [1, 0, 0, 0, 65]),
    400,
    "INPUT_COUNT",
    "needs 2 strings, got 1",
  ),
  bad(
    "more strings than the shape",
    sized("echo", "BYTES", "[1,1]", 8, [0, 0, 0, 0, 0, 0, 0, 0]),
    400,
    "INPUT_DATA",
    "more bytes follow its 1 elements",
  ),
  bad(
    "a string that is not UTF-8",
    sized("echo", "BYTES", "[1,1]", 5, [1, 0, 0, 0, 255]),
    400,
    "INPUT_DATA",
    "element 0 is not UTF-8",
  ),
  bad(
    "a string with NUL",
    sized("echo", "BYTES", "[1,1]", 5, [1, 0, 0, 0, 0]),
    400,
    "INPUT_ELEMENT",
    "a string with a NUL character",
  ),

  // Raw requests.
  bad("raw: a model with two inputs", raw("pair", EIGHT), 400, "INPUT_MISSING", '"pair" has 2'),
  bad(
    "raw: half an element",
    raw("affine", EIGHT.slice(1)),
    400,
    "INPUT_COUNT",
    "a multiple of 4 bytes of FP32, got 7",
  ),
  bad(
    "raw: another fixed size",
    raw("fixed", EIGHT),
    400,
    "INPUT_COUNT",
    "needs 12 bytes of FP32, got 8",
  ),
  bad("raw: nothing for a fixed size", raw("fixed", []), 400, "INPUT_COUNT", "got 0"),
  bad("raw: a BOOL that is 255", raw("flags", [0, 255]), 400, "INPUT_ELEMENT", "the byte 255"),
  bad("raw: a string that is not UTF-8", raw("echo", [0xc3]), 400, "INPUT_DATA", "not UTF-8"),
];
