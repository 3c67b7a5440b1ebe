import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode, N, X } from "./fixtures.test.ts";

describe("malformed requests", () => {
  const x = (fields: string): string => `{"inputs":[{${fields}},${N}]}`;
  const good = `"inputs":[${X},${N}]`;
  const cases: [name: string, body: string, code: string, message: RegExp][] = [
    ["no body", "", "BODY_EMPTY", /no body; send a JSON object with the field "inputs"/],
    ["an array", "[]", "FIELD_TYPE", /expected an object with the field "inputs", got an array/],
    ["no JSON", "hello", "JSON_INVALID", /byte 0/],
    ["no inputs", "{}", "FIELD_MISSING", /"inputs" is missing; expected an array of tensors/],
    [
      "inputs of another kind",
      '{"inputs":{}}',
      "FIELD_TYPE",
      /"inputs": expected an array of tensors, got an object/,
    ],
    [
      "an input of another kind",
      '{"inputs":[1]}',
      "FIELD_TYPE",
      /"inputs\[0\]": expected an object, got a number/,
    ],
    ["an empty list of inputs", '{"inputs":[]}', "INPUT_MISSING", /"x" is missing/],
    [
      "a missing input",
      `{"inputs":[${X}]}`,
      "INPUT_MISSING",
      /"n" is missing; expected INT64\[-1\]/,
    ],
    ["a repeated input", `{"inputs":[${X},${X}]}`, "INPUT_DUPLICATE", /"x" is given twice/],
    [
      "an unknown input",
      `{"inputs":[{"name":"w","shape":[1],"datatype":"FP32","data":[1]}]}`,
      "INPUT_UNKNOWN",
      /"w".*"x", "n"/,
    ],
    ["a repeated field", `{${good},"id":"a","id":"b"}`, "JSON_DUPLICATE", /"id" appears twice/],
    ["a repeated field of an input", x('"name":"x","name":"x"'), "JSON_DUPLICATE", /"name"/],
    [
      "an id that is a number",
      `{"id":1,${good}}`,
      "FIELD_TYPE",
      /"id": expected a string, got a number/,
    ],
    [
      "no name",
      x('"shape":[1,2],"datatype":"FP32","data":[1,2]'),
      "FIELD_MISSING",
      /"name" is missing in inputs\[0\]/,
    ],
    [
      "a name of another kind",
      x('"name":[]'),
      "FIELD_TYPE",
      /"name" in inputs\[0\]: expected a string, got an array/,
    ],
    ["no shape", x('"name":"x","datatype":"FP32","data":[1,2]'), "FIELD_MISSING", /"shape"/],
    [
      "no datatype",
      x('"name":"x","shape":[1,2],"data":[1,2]'),
      "FIELD_MISSING",
      /"datatype" .* expected "FP32"/,
    ],
    ["no data", x('"name":"x","shape":[1,2],"datatype":"FP32"'), "INPUT_DATA", /it has neither/],
    [
      "an unknown datatype",
      x('"name":"x","datatype":"FLOAT"'),
      "INPUT_DATATYPE",
      /"FLOAT" is not a data type; use one of BOOL/,
    ],
    [
      "a datatype from the prototype",
      x('"name":"x","datatype":"constructor"'),
      "INPUT_DATATYPE",
      /"constructor"/,
    ],
    [
      "another datatype",
      x('"name":"x","shape":[1,2],"datatype":"FP64","data":[1,2]'),
      "INPUT_MISMATCH",
      /expected FP32\[-1,2\], got FP64\[1,2\]/,
    ],
    [
      "another shape",
      x('"name":"x","shape":[2],"datatype":"FP32","data":[1,2]'),
      "INPUT_MISMATCH",
      /got FP32\[2\]/,
    ],
    [
      "a negative length",
      x('"name":"x","shape":[-1,2],"datatype":"FP32","data":[]'),
      "INPUT_SHAPE",
      /\[-1,2\] is not valid/,
    ],
    [
      "a fractional length",
      x('"name":"x","shape":[0.5,2],"datatype":"FP32","data":[1]'),
      "INPUT_SHAPE",
      /0\.5/,
    ],
    [
      "an overflowing shape",
      x('"name":"x","shape":[9007199254740991,2],"datatype":"FP32","data":[1]'),
      "INPUT_SHAPE",
      /2\^53/,
    ],
    [
      "a shape over the limit",
      x('"name":"x","shape":[501,2],"datatype":"FP32","data":[1]'),
      "INPUT_TOO_LARGE",
      /1002 elements/,
    ],
    [
      "a shape of words",
      x('"name":"x","shape":["1",2]'),
      "INPUT_SHAPE",
      /array of at most 64 integers/,
    ],
    ["a shape that is a number", x('"name":"x","shape":2'), "INPUT_SHAPE", /kind number/],
    [
      "a shape that is absurdly long",
      x(`"name":"x","shape":[${"1,".repeat(99)}1]`),
      "INPUT_SHAPE",
      /at most 64/,
    ],
    [
      "too few elements",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1]'),
      "INPUT_COUNT",
      /shape \[1,2\] needs 2 elements, got 1/,
    ],
    [
      "too many elements",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2,3]'),
      "INPUT_COUNT",
      /got 3/,
    ],
    [
      "data nested otherwise",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[[1],[2]]'),
      "INPUT_DATA",
      /nested as \[2,1\], its shape is \[1,2\]/,
    ],
    [
      "ragged data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[[1],[2,3]]'),
      "INPUT_RAGGED",
      /data\[1\]/,
    ],
    [
      "null in the data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,null]'),
      "INPUT_ELEMENT",
      /element 1 is null/,
    ],
    [
      "NaN in the data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,NaN]'),
      "JSON_INVALID",
      /NaN is not JSON/,
    ],
    [
      "a string in the data",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":["1",2]'),
      "INPUT_ELEMENT",
      /a string/,
    ],
    [
      "data that is an object",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":{}'),
      "INPUT_ELEMENT",
      /a JSON object/,
    ],
    [
      "a number too large",
      x('"name":"x","shape":[1,2],"datatype":"FP32","data":[1,1e99]'),
      "INPUT_ELEMENT",
      /1e\+99/,
    ],
    [
      "data and a binary size",
      x(
        '"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8}',
      ),
      "INPUT_DATA",
      /it has both/,
    ],
    [
      "a binary size of words",
      x('"name":"x","parameters":{"binary_data_size":"8"}'),
      "PARAMETER_INVALID",
      /"binary_data_size" in inputs\[0\]: expected an integer/,
    ],
    [
      "a negative binary size",
      x('"name":"x","parameters":{"binary_data_size":-8}'),
      "PARAMETER_INVALID",
      /got -8/,
    ],
    [
      "shared memory",
      x('"name":"x","parameters":{"shared_memory_region":"r"}'),
      "PARAMETER_UNSUPPORTED",
      /send the tensor as binary data/,
    ],
    [
      "parameters of another kind",
      `{${good},"parameters":[]}`,
      "FIELD_TYPE",
      /"parameters": expected an object/,
    ],
    [
      "a priority of words",
      `{${good},"parameters":{"priority":"high"}}`,
      "PARAMETER_INVALID",
      /"priority".* got a string/,
    ],
    [
      "a fractional timeout",
      `{${good},"parameters":{"timeout":1.5}}`,
      "PARAMETER_INVALID",
      /"timeout".* got 1\.5/,
    ],
    [
      "a flag that is a number",
      `{${good},"parameters":{"binary_data_output":1}}`,
      "PARAMETER_INVALID",
      /true or false/,
    ],
    [
      "a sequence id that is negative",
      `{${good},"parameters":{"sequence_id":-1}}`,
      "PARAMETER_INVALID",
      /"sequence_id"/,
    ],
    [
      "a sequence id beyond 64 bits",
      `{${good},"parameters":{"sequence_id":18446744073709551616}}`,
      "PARAMETER_INVALID",
      /got 18446744073709551616/,
    ],
    [
      "the start of no sequence",
      `{${good},"parameters":{"sequence_id":0,"sequence_start":true}}`,
      "PARAMETER_INVALID",
      /"sequence_id": expected the sequence that sequence_start is about, got none/,
    ],
    ["an unknown output", `{${good},"outputs":[{"name":"q"}]}`, "OUTPUT_UNKNOWN", /"q".*"y", "z"/],
    [
      "a repeated output",
      `{${good},"outputs":[{"name":"y"},{"name":"y"}]}`,
      "OUTPUT_DUPLICATE",
      /"y"/,
    ],
    [
      "an output without a name",
      `{${good},"outputs":[{}]}`,
      "FIELD_MISSING",
      /"name" is missing in outputs\[0\]/,
    ],
    [
      "an output that is a name",
      `{${good},"outputs":["y"]}`,
      "FIELD_TYPE",
      /"outputs\[0\]": expected an object/,
    ],
    [
      "an output's flag of another kind",
      `{${good},"outputs":[{"name":"y","parameters":{"binary_data":"yes"}}]}`,
      "PARAMETER_INVALID",
      /in outputs\[0\]/,
    ],
    [
      "classes that are no number",
      `{${good},"outputs":[{"name":"y","parameters":{"classification":"3"}}]}`,
      "PARAMETER_INVALID",
      /"classification" in outputs\[0\]: expected an integer from 0 to 4294967295, got a string/,
    ],
    ["deep nesting", `{"a":${"[".repeat(99)}`, "JSON_TOO_DEEP", /deeper than 16/],
    ["something behind the body", `{${good}}x`, "JSON_INVALID", /end of the document, got "x"/],
  ];
  for (const [name, body, code, message] of cases) {
    test(name, () => assert.throws(() => decode(body), { code, message, status: 400 }));
  }
});
