/**
 * The error catalogue: every error that a user can see, by code.
 *
 * A message says what was wrong, where, and what to do. Templates hold `{name}` parameters; the
 * type system derives their names, so a call that forgets one does not compile.
 */
export const ERRORS = {
  // The body as a whole.
  BODY_TOO_LARGE:
    "the request body is over the limit of {limit} bytes; send less, or raise the server's limit",
  BODY_EMPTY: "the request has no body; send {expected}",
  BODY_TRUNCATED: "the request body ended after {got} bytes, but {expected} were announced",
  BODY_ENCODING: 'content encoding "{encoding}" is not supported; send {expected}',
  JSON_INVALID: "invalid JSON at byte {position}: {problem}",
  JSON_TOO_DEEP: "JSON is nested deeper than {limit} levels at byte {position}",
  JSON_DUPLICATE: 'JSON key "{key}" appears twice{where}',
  HEADER_INVALID: 'header "{header}": {problem}',
  MESSAGE_INVALID: "not a valid protobuf message: {problem}",

  // The request's fields.
  FIELD_MISSING: 'field "{field}" is missing{where}; expected {expected}',
  FIELD_TYPE: 'field "{field}"{where}: expected {expected}, got {got}',
  FIELD_UNKNOWN: 'field "{field}"{where} does not exist; expected {expected}',
  FIELD_INVALID: 'field "{field}"{where}: {problem}',
  CONTENT_TYPE: 'content type "{type}" is not taken by "{model}"; send {expected}',
  REJECTED: "{reason}",
  ROWS_TOO_MANY:
    '{got} rows are over the limit of {limit} rows of a call to "{model}"; split the call',
  PARAMETER_UNSUPPORTED:
    'parameter "{parameter}"{where} is not supported by this server; {instead}',
  PARAMETER_INVALID: 'parameter "{parameter}"{where}: expected {expected}, got {got}',

  // Inputs and outputs.
  INPUT_UNKNOWN: 'input "{input}" does not exist; the inputs of "{model}" are {expected}',
  INPUT_MISSING: 'input "{input}" is missing; expected {expected}',
  INPUT_DUPLICATE: 'input "{input}" is given twice',
  INPUT_MISMATCH: 'input "{input}": expected {expected}, got {got}',
  INPUT_DATATYPE: 'input "{input}": "{datatype}" is not a data type; use one of {expected}',
  INPUT_SHAPE: 'input "{input}": shape {shape} is not valid; {problem}',
  INPUT_COUNT: 'input "{input}": shape [{shape}] needs {expected}, got {got}',
  INPUT_ELEMENT: 'input "{input}": element {index} is {got}; expected {expected}',
  INPUT_RAGGED:
    'input "{input}": nested arrays are ragged at {where}: expected {expected}, got {got}',
  INPUT_TOO_LARGE: 'input "{input}": {got} elements are over the limit of {limit}',
  INPUT_DATA: 'input "{input}": {problem}',
  BATCH_MISMATCH:
    "inputs disagree on the number of rows: {got}; give all inputs the same first dimension",
  BATCH_TOO_LARGE:
    '{got} rows are over the limit of {limit} rows of a request to "{model}"; split the request',
  OUTPUT_UNKNOWN: 'output "{output}" does not exist; the outputs of "{model}" are {expected}',
  OUTPUT_DUPLICATE: 'output "{output}" is asked for twice',
  OUTPUT_NOT_FINITE:
    'output "{output}": element {index} is {got}, for which JSON has no word; ask for it with binary_data: true',

  // Models.
  MODEL_UNKNOWN: 'Request for unknown model: "{model}" is not found{hint}',
  VERSION_UNKNOWN:
    'Request for unknown model: "{model}" version "{version}" is not found; available: {available}',
  SERVABLE_UNKNOWN: "Servable not found for request: {request}{hint}",
  LABEL_UNKNOWN:
    'Unrecognized servable version label: "{label}"; the labels of "{model}" are {available}',
  LABEL_UNAVAILABLE:
    'Request to assign label "{label}" to version {version} of model {model}, which is not currently available for inference',
  SIGNATURE_UNKNOWN:
    'Serving signature key "{signature}" not found; send "{expected}", or leave it out',
  MODEL_UNREADY: 'model "{model}" is not ready: {reason}',
  MODEL_LOAD_FAILED: 'failed to load "{model}": {reason}',
  MODEL_INVALID: "{file}: {problem}",
  MANIFEST_INVALID: "{file}: {problem}",
  DATA_INVALID: "{file}: {problem}",
  CODE_NOT_ALLOWED:
    "{file} is code, and code in bundles is not allowed here; allow it with --allow-code (in a program: allowCode) if you trust it",
  CODE_FAILED: "{file}: {problem}",
  RUN_FAILED: 'model "{model}" could not compute this request: {reason}',

  SEQUENCE_UNKNOWN:
    'sequence {id} of "{model}" is not running: it was not started, has ended, or was idle for more than {idle} ms; send its first request with sequence_start',

  // Capacity and time.
  TOO_MANY_REQUESTS:
    "the server is handling its limit of {limit} concurrent requests; try again shortly",
  TOO_MANY_BYTES: "the requests being handled hold the limit of {limit} bytes; try again shortly",
  QUEUE_FULL: 'the queue of "{model}" is full ({limit} requests); try again shortly',
  STOPPING: "the server is stopping; call it again when it is back",
  SEQUENCES_FULL:
    '"{model}" keeps the state of its limit of {limit} sequences; end some, or try again when idle ones have ended',
  TIMEOUT: 'the request timed out after {elapsed} ms, before "{model}" answered',
  SERVABLE_TIMEOUT: "{reason}",
  CANCELLED: "the caller closed the connection",

  // Routing.
  ROUTE_UNKNOWN: "{method} {path} does not exist; GET /docs lists the routes",
  ROUTE_MALFORMED: "Malformed request: {method} {path}; {expected}",
  SERVICE_UNKNOWN: 'there is no service "{service}"; "" stands for the whole server',
  METHOD_UNKNOWN:
    "gRPC method {method} does not exist; the server's reflection lists those that do",
  METHOD_NOT_ALLOWED: "{method} is not allowed on {path}; use {allowed}",
  NOT_ACCEPTED: "{problem}",
  REMOTE_FAILED: "{url}: {problem}",
  INTERNAL: "internal error; the log has the details under this request id",
} as const;

export type ErrorCode = keyof typeof ERRORS;

type ParameterOf<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterOf<Rest>
  : never;

/** The parameters that the message of a code needs. */
export type ErrorParameters<Code extends ErrorCode> = Record<
  ParameterOf<(typeof ERRORS)[Code]>,
  string | number
>;

/** HTTP status of each code. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  BODY_TOO_LARGE: 413,
  BODY_EMPTY: 400,
  BODY_TRUNCATED: 400,
  BODY_ENCODING: 415,
  JSON_INVALID: 400,
  JSON_TOO_DEEP: 400,
  JSON_DUPLICATE: 400,
  HEADER_INVALID: 400,
  MESSAGE_INVALID: 400,
  FIELD_MISSING: 400,
  FIELD_TYPE: 400,
  FIELD_UNKNOWN: 400,
  FIELD_INVALID: 400,
  CONTENT_TYPE: 415,
  REJECTED: 422,
  ROWS_TOO_MANY: 400,
  PARAMETER_INVALID: 400,
  PARAMETER_UNSUPPORTED: 400,
  INPUT_UNKNOWN: 400,
  INPUT_MISSING: 400,
  INPUT_DUPLICATE: 400,
  INPUT_MISMATCH: 400,
  INPUT_DATATYPE: 400,
  INPUT_SHAPE: 400,
  INPUT_COUNT: 400,
  INPUT_ELEMENT: 400,
  INPUT_RAGGED: 400,
  INPUT_TOO_LARGE: 400,
  INPUT_DATA: 400,
  BATCH_MISMATCH: 400,
  BATCH_TOO_LARGE: 400,
  OUTPUT_UNKNOWN: 400,
  OUTPUT_DUPLICATE: 400,
  OUTPUT_NOT_FINITE: 400,
  MODEL_UNKNOWN: 404,
  VERSION_UNKNOWN: 404,
  SERVABLE_UNKNOWN: 404,
  LABEL_UNKNOWN: 400,
  LABEL_UNAVAILABLE: 400,
  SIGNATURE_UNKNOWN: 400,
  MODEL_UNREADY: 503,
  MODEL_LOAD_FAILED: 400,
  MODEL_INVALID: 400,
  MANIFEST_INVALID: 400,
  DATA_INVALID: 400,
  CODE_NOT_ALLOWED: 400,
  CODE_FAILED: 400,
  RUN_FAILED: 400,
  SEQUENCE_UNKNOWN: 400,
  TOO_MANY_REQUESTS: 429,
  TOO_MANY_BYTES: 429,
  QUEUE_FULL: 503,
  SEQUENCES_FULL: 429,
  STOPPING: 503,
  TIMEOUT: 503,
  SERVABLE_TIMEOUT: 504,
  CANCELLED: 499,
  ROUTE_UNKNOWN: 404,
  ROUTE_MALFORMED: 400,
  SERVICE_UNKNOWN: 404,
  METHOD_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTED: 400,
  REMOTE_FAILED: 502,
  INTERNAL: 500,
};

/** The status codes of gRPC. Source: grpc/grpc `doc/statuscodes.md`. */
export const GRPC_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type GrpcStatus = keyof typeof GRPC_CODES;

/** gRPC status of each code. */
export const GRPC_STATUS: Readonly<Record<ErrorCode, GrpcStatus>> = {
  BODY_TOO_LARGE: "RESOURCE_EXHAUSTED",
  BODY_EMPTY: "INVALID_ARGUMENT",
  BODY_TRUNCATED: "INVALID_ARGUMENT",
  BODY_ENCODING: "UNIMPLEMENTED",
  JSON_INVALID: "INVALID_ARGUMENT",
  JSON_TOO_DEEP: "INVALID_ARGUMENT",
  JSON_DUPLICATE: "INVALID_ARGUMENT",
  HEADER_INVALID: "INVALID_ARGUMENT",
  MESSAGE_INVALID: "INVALID_ARGUMENT",
  FIELD_MISSING: "INVALID_ARGUMENT",
  FIELD_TYPE: "INVALID_ARGUMENT",
  FIELD_UNKNOWN: "INVALID_ARGUMENT",
  FIELD_INVALID: "INVALID_ARGUMENT",
  CONTENT_TYPE: "INVALID_ARGUMENT",
  REJECTED: "INVALID_ARGUMENT",
  ROWS_TOO_MANY: "INVALID_ARGUMENT",
  PARAMETER_INVALID: "INVALID_ARGUMENT",
  PARAMETER_UNSUPPORTED: "INVALID_ARGUMENT",
  INPUT_UNKNOWN: "INVALID_ARGUMENT",
  INPUT_MISSING: "INVALID_ARGUMENT",
  INPUT_DUPLICATE: "INVALID_ARGUMENT",
  INPUT_MISMATCH: "INVALID_ARGUMENT",
  INPUT_DATATYPE: "INVALID_ARGUMENT",
  INPUT_SHAPE: "INVALID_ARGUMENT",
  INPUT_COUNT: "INVALID_ARGUMENT",
  INPUT_ELEMENT: "INVALID_ARGUMENT",
  INPUT_RAGGED: "INVALID_ARGUMENT",
  INPUT_TOO_LARGE: "INVALID_ARGUMENT",
  INPUT_DATA: "INVALID_ARGUMENT",
  BATCH_MISMATCH: "INVALID_ARGUMENT",
  BATCH_TOO_LARGE: "INVALID_ARGUMENT",
  OUTPUT_UNKNOWN: "INVALID_ARGUMENT",
  OUTPUT_DUPLICATE: "INVALID_ARGUMENT",
  OUTPUT_NOT_FINITE: "INVALID_ARGUMENT",
  MODEL_UNKNOWN: "NOT_FOUND",
  VERSION_UNKNOWN: "NOT_FOUND",
  SERVABLE_UNKNOWN: "NOT_FOUND",
  LABEL_UNKNOWN: "INVALID_ARGUMENT",
  LABEL_UNAVAILABLE: "FAILED_PRECONDITION",
  SIGNATURE_UNKNOWN: "FAILED_PRECONDITION",
  MODEL_UNREADY: "UNAVAILABLE",
  MODEL_LOAD_FAILED: "INVALID_ARGUMENT",
  MODEL_INVALID: "INVALID_ARGUMENT",
  MANIFEST_INVALID: "INVALID_ARGUMENT",
  DATA_INVALID: "INVALID_ARGUMENT",
  CODE_NOT_ALLOWED: "INVALID_ARGUMENT",
  CODE_FAILED: "INVALID_ARGUMENT",
  RUN_FAILED: "INVALID_ARGUMENT",
  SEQUENCE_UNKNOWN: "INVALID_ARGUMENT",
  TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
  TOO_MANY_BYTES: "RESOURCE_EXHAUSTED",
  QUEUE_FULL: "UNAVAILABLE",
  SEQUENCES_FULL: "RESOURCE_EXHAUSTED",
  STOPPING: "UNAVAILABLE",
  TIMEOUT: "DEADLINE_EXCEEDED",
  SERVABLE_TIMEOUT: "DEADLINE_EXCEEDED",
  CANCELLED: "CANCELLED",
  ROUTE_UNKNOWN: "UNIMPLEMENTED",
  ROUTE_MALFORMED: "INVALID_ARGUMENT",
  SERVICE_UNKNOWN: "NOT_FOUND",
  METHOD_UNKNOWN: "UNIMPLEMENTED",
  METHOD_NOT_ALLOWED: "UNIMPLEMENTED",
  NOT_ACCEPTED: "INVALID_ARGUMENT",
  REMOTE_FAILED: "UNAVAILABLE",
  INTERNAL: "INTERNAL",
};

/** An error of the catalogue. Anything else that reaches a caller is a bug and shown as INTERNAL. */
export class LongshoreError extends Error {
  override readonly name: string = "LongshoreError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** HTTP status of this error's code. */
  get status(): number {
    return HTTP_STATUS[this.code];
  }
}

/**
 * Makes an error of the catalogue.
 *
 * ```ts
 * throw fail("INPUT_DUPLICATE", { input: "x" });
 * // LongshoreError: input "x" is given twice
 * ```
 */
export function fail<Code extends ErrorCode>(
  code: Code,
  ...[parameters]: ParameterOf<(typeof ERRORS)[Code]> extends never
    ? []
    : [parameters: ErrorParameters<Code>]
): LongshoreError {
  const values: Readonly<Record<string, string | number>> = parameters ?? {};
  const message = ERRORS[code].replace(/\{(\w+)\}/g, (_, name: string) =>
    shorten(String(values[name])),
  );
  return new LongshoreError(code, message);
}

/** A hostile name or value must not become a megabyte of message. */
function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 297)}…`;
}
