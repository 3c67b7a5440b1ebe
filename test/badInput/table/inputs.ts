/** Inputs that are not those of a model, and shapes that are none, in JSON. */
import type { Call } from "../answer.ts";
import { affine, bad, GOOD_INPUT, inferPath, withX, type BadRequest } from "./row.ts";

function input(fields: string): Call {
  return affine(`{"inputs":[{${fields}}]}`);
}

function pair(...inputs: readonly string[]): Call {
  return { path: inferPath("pair"), body: `{"inputs":[${inputs.join(",")}]}` };
}

const A = '{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2]}';
const B = '{"name":"b","shape":[1,1],"datatype":"INT64","data":[1]}';
const B_TWO_ROWS = '{"name":"b","shape":[2,1],"datatype":"INT64","data":[1,2]}';

export const INPUT_ROWS: readonly BadRequest[] = [
  // Names and counts of inputs.
  bad(
    "no input at all",
    affine('{"inputs":[]}'),
    400,
    "INPUT_MISSING",
    'input "x" is missing; expected FP32[-1,-1]',
  ),
  bad(
    "an unknown input",
    input('"name":"y","shape":[1,2],"datatype":"FP32","data":[1,2]'),
    400,
    "INPUT_UNKNOWN",
    'input "y" does not exist; the inputs of "affine" are "x"',
  ),
  bad(
    "an input of another case",
    input('"name":"X","shape":[1,2],"datatype":"FP32","data":[1,2]'),
    400,
    "INPUT_UNKNOWN",
    '"X"',
  ),
  bad(
    "an input named constructor",
    input('"name":"constructor","shape":[1],"datatype":"FP32","data":[1]'),
    400,
    "INPUT_UNKNOWN",
    "constructor",
  ),
  bad(
    "a name of a megabyte",
    input(`"name":"${"n".repeat(2 ** 20)}","shape":[1],"datatype":"FP32","data":[1]`),
    400,
    "INPUT_UNKNOWN",
    "nnn…",
  ),
  bad(
    "a name with NUL",
    input('"name":"x\\u0000","shape":[1],"datatype":"FP32","data":[1]'),
    400,
    "INPUT_UNKNOWN",
    "x\0",
  ),
  bad(
    "the same input twice",
    affine(`{"inputs":[${GOOD_INPUT},${GOOD_INPUT}]}`),
    400,
    "INPUT_DUPLICATE",
    'input "x" is given twice',
  ),
  bad(
    "one of two inputs",
    pair(A),
    400,
    "INPUT_MISSING",
    'input "b" is missing; expected INT64[-1,1]',
  ),
  bad(
    "one input too many",
    pair(A, B, '{"name":"c","shape":[1],"datatype":"FP32","data":[1]}'),
    400,
    "INPUT_UNKNOWN",
    'the inputs of "pair" are "a", "b"',
  ),
  bad(
    "inputs with unequal rows",
    pair(A, B_TWO_ROWS),
    400,
    "BATCH_MISMATCH",
    '"a" has 1, "b" has 2',
  ),
  bad(
    "more rows than a request may have, all empty",
    withX("affine", "FP32", "[268435456,0]", "[]"),
    400,
    "BATCH_TOO_LARGE",
    '268435456 rows are over the limit of 1048576 rows of a request to "affine"',
  ),

  // Fields of an input.
  bad(
    "no name",
    input('"shape":[1,2],"datatype":"FP32","data":[1,2]'),
    400,
    "FIELD_MISSING",
    'field "name" is missing in inputs[0]',
  ),
  bad(
    "no shape",
    input('"name":"x","datatype":"FP32","data":[1,2]'),
    400,
    "FIELD_MISSING",
    'field "shape" is missing',
  ),
  bad(
    "no data type",
    input('"name":"x","shape":[1,2],"data":[1,2]'),
    400,
    "FIELD_MISSING",
    '"datatype" is missing in inputs[0]; expected "FP32"',
  ),
  bad(
    "no data",
    input('"name":"x","shape":[1,2],"datatype":"FP32"'),
    400,
    "INPUT_DATA",
    "it has neither",
  ),
  bad(
    "name is a number",
    input('"name":1'),
    400,
    "FIELD_TYPE",
    'field "name" in inputs[0]: expected a string, got a number',
  ),
  bad("data type is null", input('"name":"x","datatype":null'), 400, "FIELD_TYPE", '"datatype"'),
  bad(
    "data type of NumPy",
    withX("affine", "float32", "[1,2]", "[1,2]"),
    400,
    "INPUT_DATATYPE",
    '"float32" is not a data type; use one of BOOL',
  ),
  bad(
    "data type __proto__",
    withX("affine", "__proto__", "[1,2]", "[1,2]"),
    400,
    "INPUT_DATATYPE",
    "__proto__",
  ),
  bad(
    "another data type",
    withX("affine", "FP64", "[1,2]", "[1,2]"),
    400,
    "INPUT_MISMATCH",
    'input "x": expected FP32[-1,-1], got FP64[1,2]',
  ),
  bad(
    "strings for numbers",
    withX("affine", "BYTES", "[1,2]", '["1","2"]'),
    400,
    "INPUT_MISMATCH",
    "got BYTES[1,2]",
  ),
  bad(
    "parameters of an input is null",
    input('"name":"x","parameters":null'),
    400,
    "FIELD_TYPE",
    '"parameters" in inputs[0]',
  ),
  bad(
    "shared memory",
    input('"name":"x","parameters":{"shared_memory_region":"r"}'),
    400,
    "PARAMETER_UNSUPPORTED",
    "send the tensor as binary data",
  ),

  // Shapes.
  bad(
    "a shape of too few axes",
    withX("affine", "FP32", "[2]", "[1,2]"),
    400,
    "INPUT_MISMATCH",
    "got FP32[2]",
  ),
  bad(
    "a shape of too many axes",
    withX("affine", "FP32", "[1,1,2]", "[1,2]"),
    400,
    "INPUT_MISMATCH",
    "got FP32[1,1,2]",
  ),
  bad(
    "a scalar's shape",
    withX("affine", "FP32", "[]", "[1]"),
    400,
    "INPUT_MISMATCH",
    "got FP32[]",
  ),
  bad(
    "another fixed length",
    withX("fixed", "FP32", "[4]", "[1,2,3,4]"),
    400,
    "INPUT_MISMATCH",
    "expected FP32[3], got FP32[4]",
  ),
  bad(
    "shape is a number",
    withX("affine", "FP32", "2", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "of kind number",
  ),
  bad(
    "shape is null",
    withX("affine", "FP32", "null", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "of kind null",
  ),
  bad(
    "shape holds strings",
    withX("affine", "FP32", '["1","2"]', "[1,2]"),
    400,
    "INPUT_SHAPE",
    "an array of at most 64 integers",
  ),
  bad(
    "shape holds true",
    withX("affine", "FP32", "[true,2]", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "integers",
  ),
  bad(
    "shape is nested",
    withX("affine", "FP32", "[[1],2]", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "integers",
  ),
  bad(
    "shape of a hundred axes",
    withX("affine", "FP32", `[${Array(100).fill(1).join()}]`, "[1]"),
    400,
    "INPUT_SHAPE",
    "at most 64",
  ),
  bad(
    "a negative length",
    withX("affine", "FP32", "[-1,2]", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "shape [-1,2] is not valid",
  ),
  bad(
    "a length that is a fraction",
    withX("affine", "FP32", "[1.5,2]", "[1,2,3]"),
    400,
    "INPUT_SHAPE",
    "[1.5,2]",
  ),
  bad(
    "a length of 1e400",
    withX("affine", "FP32", "[1e400,2]", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "integers from 0",
  ),
  bad(
    "a length of 400 digits",
    withX("affine", "FP32", `[${"9".repeat(400)},2]`, "[1,2]"),
    400,
    "INPUT_SHAPE",
    "integers from 0",
  ),
  bad(
    "a length of NaN",
    withX("affine", "FP32", "[NaN,2]", "[1,2]"),
    400,
    "INPUT_SHAPE",
    "an array of at most 64 integers",
  ),
  bad(
    "a product that overflows 64 bits",
    withX("affine", "FP32", "[4294967296,4294967296]", "[]"),
    400,
    "INPUT_SHAPE",
    "their product must stay below 2^53",
  ),
  bad(
    "a length of 2^53",
    withX("affine", "FP32", "[9007199254740992,1]", "[]"),
    400,
    "INPUT_SHAPE",
    "below 2^53",
  ),
  bad(
    "2^53 - 1 empty rows",
    withX("affine", "FP32", "[9007199254740991,0]", "[]"),
    400,
    "INPUT_TOO_LARGE",
    "over the limit of 268435456",
  ),
  bad(
    "2^29 empty rows",
    withX("affine", "FP32", "[536870912,0]", "[]"),
    400,
    "INPUT_TOO_LARGE",
    "536870912",
  ),
  bad(
    "no rows that are too wide",
    withX("affine", "FP32", "[0,9007199254740991]", "[]"),
    400,
    "INPUT_TOO_LARGE",
    "268435456",
  ),
  bad(
    "too many elements",
    withX("affine", "FP32", "[65536,65536]", "[1]"),
    400,
    "INPUT_TOO_LARGE",
    "4294967296 elements are over the limit of 268435456",
  ),
];
