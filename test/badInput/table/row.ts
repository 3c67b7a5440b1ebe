import type { ErrorCode } from "@longshore/core";
import type { Call, Raw } from "../answer.ts";

/** A bad request, and the one answer that it must get. */
export interface BadRequest {
  readonly name: string;
  readonly request: Call | Raw;
  readonly status: number;
  readonly code: ErrorCode;
  /** Part of the message: what was wrong, and where. */
  readonly says: string;
}

/** A row of the table. */
export function bad(
  name: string,
  request: Call | Raw,
  status: number,
  code: ErrorCode,
  says: string,
): BadRequest {
  return { name, request, status, code, says };
}

/** Path of a model's infer route. */
export function inferPath(model: string): string {
  return `/v2/models/${model}/infer`;
}

/** A call of `affine` (x: FP32[N,W]) with any body. */
export function affine(body: string, headers: Record<string, string> = {}): Call {
  return { path: inferPath("affine"), body, headers };
}

/** A call of a model with the one input `x`, whose fields are given as JSON text. */
export function withX(model: string, datatype: string, shape: string, data: string): Call {
  const input = `{"name":"x","shape":${shape},"datatype":"${datatype}","data":${data}}`;
  return { path: inferPath(model), body: `{"inputs":[${input}]}` };
}

/** A good input of `affine`, to put something bad beside. */
export const GOOD_INPUT = '{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}';
