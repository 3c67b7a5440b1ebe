/** Bad bodies of the plain route. */
import type { Call } from "../answer.ts";
import { bad, type BadRequest } from "./row.ts";

function predict(model: string, inputs: string, rest = ""): Call {
  return { path: `/predict/${model}`, body: `{"inputs":${inputs}${rest}}` };
}

function body(text: string): Call {
  return { path: "/predict/affine", body: text };
}

export const PREDICT_ROWS: readonly BadRequest[] = [
  bad("predict: empty body", body(""), 400, "BODY_EMPTY", '"inputs"'),
  bad(
    "predict: bare arrays",
    body("[[1,2]]"),
    400,
    "FIELD_TYPE",
    'field "body": expected an object',
  ),
  bad(
    "predict: no inputs",
    body('{"data":[[1,2]]}'),
    400,
    "FIELD_MISSING",
    "nested arrays, or an object of them",
  ),
  bad("predict: cut off", body('{"inputs":[[1,2'), 400, "JSON_INVALID", "at byte 15"),
  bad("predict: null", predict("affine", "null"), 400, "INPUT_ELEMENT", "null"),
  bad("predict: a string", predict("affine", '"1,2"'), 400, "INPUT_ELEMENT", "a string"),
  bad(
    "predict: a number",
    predict("affine", "1"),
    400,
    "INPUT_MISMATCH",
    "expected FP32[-1,-1], got FP32[]",
  ),
  bad(
    "predict: no axis at all",
    predict("affine", "[[[1]]]"),
    400,
    "INPUT_MISMATCH",
    "got FP32[1,1,1]",
  ),
  bad(
    "predict: ragged rows",
    predict("affine", "[[1,2],[3]]"),
    400,
    "INPUT_RAGGED",
    "inputs[1]: expected an array of 2, got an array of 1",
  ),
  bad(
    "predict: ragged depth",
    predict("affine", "[[1,2],3]"),
    400,
    "INPUT_RAGGED",
    "inputs[1]: expected an array, got an element",
  ),
  bad(
    "predict: an array among elements",
    predict("affine", "[1,[2]]"),
    400,
    "INPUT_RAGGED",
    "expected an element, got an array",
  ),
  bad("predict: NaN", predict("affine", "[[NaN]]"), 400, "JSON_INVALID", "NaN is not JSON"),
  bad(
    "predict: 1e400",
    predict("affine", "[[1,1e400]]"),
    400,
    "INPUT_ELEMENT",
    "element 1 is Infinity",
  ),
  bad("predict: deep", predict("affine", "[".repeat(2 ** 20)), 400, "JSON_TOO_DEEP", "32"),
  bad(
    "predict: an unknown column",
    predict("pair", '{"a":[[1,2]],"z":[[1]]}'),
    400,
    "INPUT_UNKNOWN",
    'input "z" does not exist; the inputs of "pair" are "a", "b"',
  ),
  bad(
    "predict: a column missing",
    predict("pair", '{"a":[[1,2]]}'),
    400,
    "INPUT_MISSING",
    'input "b" is missing',
  ),
  bad(
    "predict: a column twice",
    predict("pair", '{"a":[[1,2]],"a":[[1,2]]}'),
    400,
    "JSON_DUPLICATE",
    '"a" appears twice',
  ),
  bad(
    "predict: arrays for two inputs",
    predict("pair", "[[1,2]]"),
    400,
    "FIELD_TYPE",
    'an object with the inputs "a", "b"',
  ),
  bad(
    "predict: a column too narrow",
    predict("pair", '{"a":[[1]],"b":[[1]]}'),
    400,
    "INPUT_MISMATCH",
    "expected FP32[-1,2], got FP32[1,1]",
  ),
  bad(
    "predict: columns of unequal rows",
    predict("pair", '{"a":[[1,2],[3,4]],"b":[[1]]}'),
    400,
    "BATCH_MISMATCH",
    '"a" has 2, "b" has 1',
  ),
  bad(
    "predict: a row and a batch",
    predict("pair", '{"a":[[1,2],[3,4]],"b":1}'),
    400,
    "BATCH_MISMATCH",
    '"b" is one row',
  ),
  bad(
    "predict: rows with a missing value",
    predict("pair", '[{"a":[1,2],"b":1},{"a":[1,2]}]'),
    400,
    "INPUT_MISSING",
    "INT64[-1,1] in inputs[1]",
  ),
  bad(
    "predict: rows with an unknown value",
    predict("pair", '[{"a":[1,2],"b":1,"c":1}]'),
    400,
    "INPUT_UNKNOWN",
    '"c"',
  ),
  bad(
    "predict: rows, one a number",
    predict("pair", '[{"a":[1,2],"b":1},7]'),
    400,
    "FIELD_TYPE",
    'field "inputs[1]"',
  ),
  bad(
    "predict: rows of unequal widths",
    predict("affine", '[{"x":[1,2]},{"x":[1]}]'),
    400,
    "INPUT_RAGGED",
    "inputs[1]",
  ),
  bad(
    "predict: a fraction as INT64",
    predict("pair", '[{"a":[1,2],"b":0.5}]'),
    400,
    "INPUT_ELEMENT",
    "0.5",
  ),
  bad(
    "predict: no rows",
    predict("pair", "[]"),
    400,
    "FIELD_TYPE",
    'an object with the inputs "a", "b"',
  ),
  bad(
    "predict: an unknown output",
    predict("affine", "[[1]]", ',"outputs":["z"]'),
    400,
    "OUTPUT_UNKNOWN",
    '"z"',
  ),
  bad(
    "predict: an output twice",
    predict("affine", "[[1]]", ',"outputs":["y","y"]'),
    400,
    "OUTPUT_DUPLICATE",
    '"y"',
  ),
  bad(
    "predict: outputs as in the protocol",
    predict("affine", "[[1]]", ',"outputs":[{"name":"y"}]'),
    400,
    "FIELD_TYPE",
    'field "outputs[0]"',
  ),
  bad(
    "predict: outputs is a string",
    predict("affine", "[[1]]", ',"outputs":"y"'),
    400,
    "FIELD_TYPE",
    "an array of output names",
  ),
  bad(
    "predict: timeout is a word",
    predict("affine", "[[1]]", ',"parameters":{"timeout":"soon"}'),
    400,
    "PARAMETER_INVALID",
    "timeout",
  ),
  bad("predict: a failing run", predict("lookup", "[-101]"), 400, "RUN_FAILED", "lookup"),
];
