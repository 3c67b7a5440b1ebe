import { ERRORS, HTTP_STATUS, type ErrorCode } from "@longshore/core";
import type { Json } from "./schema.ts";

/** The body of every error, and the response of each status that the catalogue has codes for. */
export const ERROR_SCHEMA: Json = {
  type: "object",
  description: "What went wrong, where, and what to do.",
  properties: {
    error: { type: "string", description: "The message." },
    code: {
      type: "string",
      enum: Object.keys(ERRORS),
      description: "Stable: programs may depend on it.",
    },
    request_id: { type: "string", description: "Finds the request in the server's log." },
  },
  required: ["error", "code", "request_id"],
};

/** `components.responses` of the document: one a status, named `Error400`, … */
export function errorComponents(): Json {
  const statuses = Object.keys(MEANINGS).map(Number);
  return Object.fromEntries(statuses.map((status) => [`Error${status}`, errorResponse(status)]));
}

/** The error responses of an operation, by reference. */
export function errorsOf(...statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [String(status), { $ref: `#/components/responses/Error${status}` }]),
  );
}

/** What any inference call can be answered with instead of a result. */
export const INFERENCE_ERRORS: Json = errorsOf(400, 404, 413, 415, 422, 429, 500, 503);

const CODES = Object.keys(ERRORS) as ErrorCode[];

/** Not here: 405, for routes not described; 499, whose caller is gone; 502, of the client alone. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: "The request is not valid",
  404: "No such model, version or route",
  413: "The body is too large",
  415: "The body is encoded in a way, or of a type, that is not taken",
  422: "The values are refused by the bundle's rules",
  429: "Too many requests at once; `Retry-After` says when to come back",
  500: "A bug of the server",
  503: "Not ready, queue full, or out of time; `Retry-After` says when to come back",
  504: "Out of time, as TensorFlow Serving tells it",
};

function errorResponse(status: number): Json {
  const codes = CODES.filter((code) => HTTP_STATUS[code] === status);
  const list = codes.map((code) => `- \`${code}\`: ${ERRORS[code]}`).join("\n");
  return {
    description: `${MEANINGS[status] ?? "An error"}.\n\n${list}`,
    ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
    content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
  };
}

const RETRY_AFTER: Json = {
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer", minimum: 1 } },
};
