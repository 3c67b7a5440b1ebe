/** Bad calls of TensorFlow Serving's REST API. */
import type { Call } from "../answer.ts";
import { bad, type BadRequest } from "./row.ts";

function ask(model: string, body: string, method = "predict"): Call {
  return { path: `/v1/models/${model}:${method}`, body };
}

/** A call that no model is asked by, because of its path. */
function post(path: string): Call {
  return { path, body: '{"instances":[[1]]}' };
}

const get = (path: string): Call => ({ method: "GET", path });

const MALFORMED = [
  "/v1/foo",
  "/v1/models",
  "/v1/models/affine",
  "/v1/models/affine:explain",
  "/v1/models/:predict",
  "/v1/models/affine:predict/",
  "/v1/models/affine/version/1:predict",
  "/v1/models/affine/versions/new:predict",
  "/v1/models/affine/versions/1/labels/a:predict",
  "/v1/models/affine/versions/99999999999999999999:predict",
  "/V1/foo",
  "/v1/",
];

export const TFSERVING_ROWS: readonly BadRequest[] = [
  ...MALFORMED.map((path) =>
    bad(`v1: POST ${path}`, post(path), 400, "ROUTE_MALFORMED", `Malformed request: POST ${path};`),
  ),
  bad("v1: GET of an unknown path", get("/v1/foo?a=1"), 400, "ROUTE_MALFORMED", "GET /v1/foo;"),
  bad("v1: GET without a model", get("/v1/models"), 400, "ROUTE_MALFORMED", "Missing model name"),
  bad("v1: GET of a method", get("/v1/models/affine:predict"), 400, "ROUTE_MALFORMED", "Malformed"),
  bad(
    "v1: another method",
    { ...post("/v1/models/affine:predict"), method: "PUT" },
    400,
    "ROUTE_MALFORMED",
    "Malformed request: PUT /v1/models/affine:predict",
  ),
  bad("v1: state of an unknown model", get("/v1/models/no"), 404, "SERVABLE_UNKNOWN", "Latest(no)"),
  bad(
    "v1: state of an unknown version",
    get("/v1/models/affine/versions/7"),
    404,
    "SERVABLE_UNKNOWN",
    "Servable not found for request: Specific(affine, 7); available: 1",
  ),
  bad(
    "v1: metadata of an unknown model",
    get("/v1/models/no/metadata"),
    404,
    "SERVABLE_UNKNOWN",
    "Latest(no)",
  ),
  bad(
    "v1: metadata of a broken model",
    get("/v1/models/broken/metadata"),
    404,
    "SERVABLE_UNKNOWN",
    "not a valid ONNX file",
  ),
  bad(
    "v1: an unknown model",
    ask("no", '{"instances":[1]}'),
    404,
    "SERVABLE_UNKNOWN",
    "Latest(no)",
  ),
  bad(
    "v1: an unknown version",
    ask("affine/versions/3", '{"instances":[[1]]}'),
    404,
    "SERVABLE_UNKNOWN",
    "Specific(affine, 3)",
  ),
  bad(
    "v1: an unknown label",
    ask("affine/labels/stable", '{"instances":[[1]]}'),
    400,
    "LABEL_UNKNOWN",
    'Unrecognized servable version label: "stable"',
  ),
  bad("v1: a broken model", ask("broken", "{}"), 404, "SERVABLE_UNKNOWN", "not a valid ONNX file"),
  bad("v1: no body", ask("affine", ""), 400, "BODY_EMPTY", '"instances"'),
  bad("v1: an array", ask("affine", "[[1]]"), 400, "FIELD_TYPE", "a JSON object"),
  bad("v1: not JSON", ask("affine", "instances = [1]"), 400, "JSON_INVALID", "at byte 0"),
  bad("v1: cut off", ask("affine", '{"instances":[[1,2'), 400, "JSON_INVALID", "at byte 18"),
  bad("v1: deep", ask("affine", `{"instances":${"[".repeat(2 ** 20)}`), 400, "JSON_TOO_DEEP", "32"),
  bad("v1: neither form", ask("affine", "{}"), 400, "FIELD_MISSING", '"instances"'),
  bad(
    "v1: both forms",
    ask("affine", '{"instances":[[1]],"inputs":[[1]]}'),
    400,
    "FIELD_INVALID",
    "only one",
  ),
  bad("v1: no rows", ask("affine", '{"instances":[]}'), 400, "FIELD_INVALID", "no values"),
  bad("v1: rows in an object", ask("affine", '{"instances":{}}'), 400, "FIELD_TYPE", "instances"),
  bad(
    "v1: another signature",
    ask("affine", '{"signature_name":"classify","instances":[[1]]}'),
    400,
    "FIELD_INVALID",
    'Serving signature name: "classify" not found in signature def',
  ),
  bad("v1: a word", ask("affine", '{"instances":[["1"]]}'), 400, "INPUT_ELEMENT", "a string"),
  bad("v1: null", ask("affine", '{"instances":[[null]]}'), 400, "INPUT_ELEMENT", "null"),
  bad("v1: 1e400", ask("affine", '{"instances":[[1e400]]}'), 400, "INPUT_ELEMENT", "Infinity"),
  bad("v1: nan", ask("affine", '{"instances":[[nan]]}'), 400, "JSON_INVALID", "nan"),
  bad("v1: too flat", ask("affine", '{"instances":[1]}'), 400, "INPUT_MISMATCH", "got FP32[1]"),
  bad(
    "v1: ragged",
    ask("affine", '{"instances":[[1],[1,2]]}'),
    400,
    "INPUT_RAGGED",
    "instances[1]",
  ),
  bad(
    "v1: an integer written as a float",
    ask("lookup", '{"instances":[1.0]}'),
    400,
    "INPUT_ELEMENT",
    "element 0 is 1.0",
  ),
  bad("v1: a large integer", ask("bytes", '{"inputs":[256]}'), 400, "INPUT_ELEMENT", "256"),
  bad(
    "v1: plain rows of two inputs",
    ask("pair", '{"instances":[1]}'),
    400,
    "FIELD_TYPE",
    '"a", "b"',
  ),
  bad("v1: a row short", ask("pair", '{"instances":[{"a":[1,2]}]}'), 400, "INPUT_MISSING", '"b"'),
  bad(
    "v1: a row too long",
    ask("pair", '{"instances":[{"a":[1,2],"b":[1],"c":1}]}'),
    400,
    "INPUT_UNKNOWN",
    '"c"',
  ),
  bad("v1: a column short", ask("pair", '{"inputs":{"a":[[1,2]]}}'), 400, "INPUT_MISSING", '"b"'),
  bad(
    "v1: columns of different lengths",
    ask("pair", '{"inputs":{"a":[[1,2]],"b":[[1],[2]]}}'),
    400,
    "BATCH_MISMATCH",
    '"b" has 2',
  ),
  bad(
    "v1: bad base64",
    ask("echo", '{"instances":[[{"b64":"?"}]]}'),
    400,
    "INPUT_ELEMENT",
    "base64",
  ),
  bad(
    "v1: base64 of bytes that are no text",
    ask("echo", '{"instances":[[{"b64":"/w=="}]]}'),
    400,
    "INPUT_ELEMENT",
    "not UTF-8",
  ),
  bad("v1: a failing run", ask("lookup", '{"instances":[-101]}'), 400, "RUN_FAILED", "lookup"),
  bad(
    "v1: classify without examples",
    ask("affine", "{}", "classify"),
    400,
    "FIELD_MISSING",
    "examples",
  ),
  bad("v1: classify of nothing", ask("affine", "", "classify"), 400, "BODY_EMPTY", "examples"),
  bad(
    "v1: no example",
    ask("affine", '{"examples":[]}', "classify"),
    400,
    "FIELD_INVALID",
    "empty",
  ),
  bad("v1: a nested feature", ask("affine", '{"examples":[{"x":[[1]]}]}', "classify"), 400, "FIELD_TYPE", "examples[0].x"), // prettier-ignore
  bad("v1: a feature short", ask("affine", '{"examples":[{}]}', "classify"), 400, "INPUT_MISSING", "examples[0]"), // prettier-ignore
  bad(
    "v1: no scores",
    ask("lookup", '{"examples":[{"index":1}]}', "classify"),
    400,
    "NOT_ACCEPTED",
    "floats of the shape [N, classes]",
  ),
  bad("v1: no value", ask("echo", '{"examples":[{"x":"a"}]}', "regress"), 400, "NOT_ACCEPTED", "floats, one a row"), // prettier-ignore
  bad(
    "v1: several values",
    ask("affine", '{"examples":[{"x":[1,2]}]}', "regress"),
    400,
    "NOT_ACCEPTED",
    "has 2 values",
  ),
];
