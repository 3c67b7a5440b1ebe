/** Paths, methods and headers that lead nowhere. */
import type { Call } from "../answer.ts";
import { affine, bad, GOOD_INPUT, inferPath, type BadRequest } from "./row.ts";

const BODY = `{"inputs":[${GOOD_INPUT}]}`;
const LONG_NAME = "a".repeat(10_000);

function post(path: string, body = BODY): Call {
  return { path, body };
}

/** What each route takes. */
const METHODS: readonly (readonly [path: string, allowed: string])[] = [
  ["/v2", "GET, HEAD"],
  ["/v2/health/live", "GET, HEAD"],
  ["/v2/health/ready", "GET, HEAD"],
  ["/v2/models/affine", "GET, HEAD"],
  ["/v2/models/affine/ready", "GET, HEAD"],
  ["/v2/models/affine/config", "GET, HEAD"],
  ["/v2/models/affine/stats", "GET, HEAD"],
  ["/v2/models/affine/versions/1", "GET, HEAD"],
  ["/v2/models/affine/infer", "POST"],
  ["/v2/models/affine/versions/1/infer", "POST"],
  ["/v2/repository/index", "POST"],
  ["/v2/repository/models/affine/load", "POST"],
  ["/v2/repository/models/affine/unload", "POST"],
  ["/predict/affine", "POST"],
  ["/docs", "GET, HEAD"],
  ["/openapi.json", "GET, HEAD"],
  ["/metrics", "GET, HEAD"],
];

const wrongMethods = METHODS.flatMap(([path, allowed]) =>
  ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    .filter((method) => !allowed.split(", ").includes(method))
    .map((method) =>
      bad(
        `${method} ${path}`,
        { method, path },
        405,
        "METHOD_NOT_ALLOWED",
        `${method} is not allowed on ${path}; use ${allowed}`,
      ),
    ),
);

export const ROUTE_ROWS: readonly BadRequest[] = [
  ...wrongMethods,

  // Models and versions.
  bad(
    "an unknown model",
    post(inferPath("nobody")),
    404,
    "MODEL_UNKNOWN",
    'Request for unknown model: "nobody" is not found; served: ',
  ),
  bad(
    "an unknown model, asked for",
    { method: "GET", path: "/v2/models/nobody" },
    404,
    "MODEL_UNKNOWN",
    "nobody",
  ),
  bad("an unknown model, predict", post("/predict/nobody"), 404, "MODEL_UNKNOWN", "nobody"),
  bad("a model of another case", post(inferPath("Affine")), 404, "MODEL_UNKNOWN", '"Affine"'),
  bad("a model named __proto__", post(inferPath("__proto__")), 404, "MODEL_UNKNOWN", "__proto__"),
  bad("a model without a name", post("/v2/models//infer"), 404, "MODEL_UNKNOWN", '""'),
  bad("a model of 10,000 letters", post(inferPath(LONG_NAME)), 404, "MODEL_UNKNOWN", "aaa…"),
  bad(
    "a model with dots and slashes",
    post(inferPath("..%2f..%2fetc%2fpasswd")),
    404,
    "MODEL_UNKNOWN",
    '"../../etc/passwd"',
  ),
  bad("a model with NUL", post(inferPath("%00")), 404, "MODEL_UNKNOWN", '"\0"'),
  bad(
    "a model in another alphabet",
    post(inferPath("%E6%A8%A1%E5%9E%8B")),
    404,
    "MODEL_UNKNOWN",
    '"模型"',
  ),
  bad(
    "a model with a line break",
    post(inferPath("a%0d%0aSet-Cookie:%20b")),
    404,
    "MODEL_UNKNOWN",
    "a\r\nSet-Cookie",
  ),
  bad(
    "a bad percent escape",
    post(inferPath("%zz")),
    400,
    "NOT_ACCEPTED",
    "is not valid percent-encoded UTF-8",
  ),
  bad(
    "an escape that is not UTF-8",
    post(inferPath("%ff")),
    400,
    "NOT_ACCEPTED",
    "/v2/models/%ff/infer",
  ),
  bad("an escape cut off", post("/predict/a%"), 400, "NOT_ACCEPTED", "percent-encoded"),
  bad(
    "an unknown version",
    post("/v2/models/affine/versions/9/infer"),
    404,
    "VERSION_UNKNOWN",
    '"affine" version "9" is not found; available: 1',
  ),
  bad("version 01", post("/v2/models/affine/versions/01/infer"), 404, "VERSION_UNKNOWN", '"01"'),
  bad(
    "version -1",
    { method: "GET", path: "/v2/models/affine/versions/-1" },
    404,
    "VERSION_UNKNOWN",
    '"-1"',
  ),
  bad(
    "version 1e0",
    { method: "GET", path: "/v2/models/affine/versions/1e0/ready" },
    404,
    "VERSION_UNKNOWN",
    '"1e0"',
  ),
  bad(
    "a version of 400 digits",
    post(`/v2/models/affine/versions/${"9".repeat(400)}/infer`),
    404,
    "VERSION_UNKNOWN",
    "999…",
  ),
  bad(
    "a version of an unknown model",
    post("/v2/models/nobody/versions/1/infer"),
    404,
    "MODEL_UNKNOWN",
    "nobody",
  ),
  bad(
    "a model that could not be loaded",
    post(inferPath("broken")),
    503,
    "MODEL_UNREADY",
    'model "broken" is not ready: ',
  ),

  // Routes.
  bad(
    "an unknown route",
    { method: "GET", path: "/nowhere" },
    404,
    "ROUTE_UNKNOWN",
    "GET /nowhere does not exist; GET /docs lists the routes",
  ),
  bad("the root", { method: "GET", path: "/" }, 404, "ROUTE_UNKNOWN", "GET / does not exist"),
  bad(
    "a slash too many",
    post("/v2/models/affine/infer/"),
    404,
    "ROUTE_UNKNOWN",
    "/v2/models/affine/infer/",
  ),
  bad("a route of another case", post("/V2/models/affine/infer"), 404, "ROUTE_UNKNOWN", "/V2/"),
  bad(
    "out of the assets",
    { method: "GET", path: "/docs/..%2f..%2fpackage.json" },
    404,
    "ROUTE_UNKNOWN",
    "does not exist",
  ),

  // Headers.
  bad(
    "an encoding of other routes",
    { path: "/v2/repository/index", headers: { "content-encoding": "gzip" }, body: "{}" },
    415,
    "BODY_ENCODING",
    'content encoding "gzip" is not supported; send the body uncompressed',
  ),
  bad(
    "two encodings",
    affine(BODY, { "content-encoding": "br, gzip" }),
    415,
    "BODY_ENCODING",
    'content encoding "br, gzip" is not supported; send gzip, deflate, or the body uncompressed',
  ),
  bad(
    "an encoding nobody knows",
    affine(BODY, { "content-encoding": "rot13" }),
    415,
    "BODY_ENCODING",
    "rot13",
  ),
  bad(
    "gzip not announced",
    { path: inferPath("affine"), body: new Uint8Array([0x1f, 0x8b, 8, 0]) },
    400,
    "JSON_INVALID",
    "byte 0x1f",
  ),
  bad(
    "no media type",
    affine(BODY, { "content-type": "json" }),
    400,
    "HEADER_INVALID",
    '"json" is not a media type; send application/json',
  ),

  // The repository.
  bad(
    "load: an unknown model",
    post("/v2/repository/models/nobody/load", "{}"),
    400,
    "MODEL_LOAD_FAILED",
    "nobody",
  ),
  bad(
    "load: a broken model",
    post("/v2/repository/models/broken/load", "{}"),
    400,
    "MODEL_LOAD_FAILED",
    'failed to load "broken"',
  ),
  bad(
    "load: a path",
    post("/v2/repository/models/..%2f..%2fetc/load", "{}"),
    400,
    "MODEL_LOAD_FAILED",
    '"../../etc"',
  ),
  bad(
    "load: a file that is no model",
    post("/v2/repository/models/affine/load", '{"parameters":{"file:1/model.onnx":"AAAA"}}'),
    400,
    "MODEL_LOAD_FAILED",
    'failed to load "affine": model.onnx: not a valid ONNX file',
  ),
  bad(
    "load: a file that is no base64",
    post("/v2/repository/models/affine/load", '{"parameters":{"file:1/model.onnx":"%%%%"}}'),
    400,
    "PARAMETER_INVALID",
    '"file:1/model.onnx": expected the file in base64, got a string',
  ),
  bad(
    "load: a file elsewhere",
    post("/v2/repository/models/affine/load", '{"parameters":{"file:1/../../model.onnx":"AAAA"}}'),
    400,
    "MODEL_LOAD_FAILED",
    "the files of version 1 have no 1/model.onnx",
  ),
  bad(
    "load: code",
    post(
      "/v2/repository/models/affine/load",
      '{"parameters":{"file:1/model.onnx":"AAAA","file:1/model.js":"AAAA"}}',
    ),
    400,
    "MODEL_LOAD_FAILED",
    "code is not taken",
  ),
  bad(
    "load: a config that is no JSON",
    post("/v2/repository/models/affine/load", '{"parameters":{"config":"{"}}'),
    400,
    "MODEL_LOAD_FAILED",
    "its config: invalid JSON at byte 1",
  ),
  bad(
    "load: a config with a misspelling",
    post("/v2/repository/models/affine/load", '{"parameters":{"config":"{\\"max_batch\\":2}"}}'),
    400,
    "MODEL_LOAD_FAILED",
    'there is no field "max_batch"',
  ),
  bad(
    "load: a config that is an object",
    post("/v2/repository/models/affine/load", '{"parameters":{"config":{}}}'),
    400,
    "PARAMETER_INVALID",
    "expected a string of JSON, got an object",
  ),
  bad(
    "unload: an unknown parameter",
    post("/v2/repository/models/affine/unload", '{"parameters":{"force":true}}'),
    400,
    "PARAMETER_INVALID",
    "unload_dependents",
  ),
  bad(
    "load: no JSON",
    post("/v2/repository/models/affine/load", "load it"),
    400,
    "JSON_INVALID",
    "byte 0",
  ),
  bad(
    "load: an array",
    post("/v2/repository/models/affine/load", "[]"),
    400,
    "FIELD_TYPE",
    "got an array",
  ),
  bad(
    "load: deep",
    post("/v2/repository/models/affine/load", "[".repeat(2 ** 19)),
    400,
    "JSON_TOO_DEEP",
    "32",
  ),
  bad(
    "load: parameters is a number",
    post("/v2/repository/models/affine/load", '{"parameters":5}'),
    400,
    "FIELD_TYPE",
    '"parameters"',
  ),
  bad(
    "unload: an unknown model",
    post("/v2/repository/models/nobody/unload", ""),
    404,
    "MODEL_UNKNOWN",
    "nobody",
  ),
  bad(
    "unload: no JSON",
    post("/v2/repository/models/affine/unload", "}"),
    400,
    "JSON_INVALID",
    "byte 0",
  ),
  bad("index: no JSON", post("/v2/repository/index", "ready"), 400, "JSON_INVALID", "byte 0"),
  bad(
    "index: ready is a word",
    post("/v2/repository/index", '{"ready":"yes"}'),
    400,
    "FIELD_TYPE",
    'field "ready"',
  ),
  bad(
    "index: a string",
    post("/v2/repository/index", '"ready"'),
    400,
    "FIELD_TYPE",
    "got a string",
  ),
];
