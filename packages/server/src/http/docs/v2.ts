import type { TensorSpec } from "@longshore/core";
import type { ModelDescription } from "./describe.ts";
import { elementSchema, type Json } from "./schema.ts";

/** JSON body of `POST /v2/models/{model}/infer` (Open Inference Protocol v2). */
export function v2Request({ signature }: ModelDescription): Json {
  return {
    type: "object",
    properties: {
      id: { type: "string", description: "Comes back with the answer." },
      parameters: { $ref: "#/components/schemas/V2Parameters" },
      inputs: tensors(signature.inputs, "given"),
      outputs: {
        type: "array",
        description: "Outputs to compute, in the order wanted; all of them when absent.",
        items: {
          type: "object",
          properties: {
            name: { type: "string", enum: names(signature.outputs) },
            parameters: {
              type: "object",
              properties: {
                binary_data: {
                  type: "boolean",
                  description: "Send this output's bytes after the JSON.",
                },
              },
            },
          },
          required: ["name"],
        },
      },
    },
    required: ["inputs"],
  };
}

/** JSON answer of `POST /v2/models/{model}/infer`. */
export function v2Answer({ name, signature }: ModelDescription): Json {
  return {
    type: "object",
    properties: {
      id: { type: "string", description: "As given; absent when none was." },
      model_name: { type: "string", const: name },
      model_version: { type: "string" },
      outputs: tensors(signature.outputs, "answered"),
    },
    required: ["model_name", "model_version", "outputs"],
  };
}

/** The header of the binary tensor extension, in both directions. */
export const HEADER_LENGTH: Json = {
  description:
    "Binary tensor extension: bytes of JSON at the start of the body. The raw little-endian bytes of each tensor " +
    "that has `parameters.binary_data_size` follow, in order. On a request, `0` means that the whole body is " +
    "the data of the model's one input, for one row, and that all outputs come back binary.",
  schema: { type: "integer", minimum: 0 },
};

/** Media type of a body that holds binary tensors; OpenAPI describes raw bytes by no schema. */
export const BINARY_CONTENT: Json = { "application/octet-stream": {} };

function tensors(specs: readonly TensorSpec[], direction: "given" | "answered"): Json {
  const [only] = specs;
  const schemas = specs.map((spec) => tensor(spec));
  const all = direction === "given" ? { minItems: specs.length } : {};
  return {
    type: "array",
    ...all,
    maxItems: specs.length,
    ...(only === undefined
      ? {}
      : { items: schemas.length === 1 ? schemas[0] : { oneOf: schemas } }),
  };
}

function tensor(spec: TensorSpec): Json {
  return {
    type: "object",
    properties: {
      name: { type: "string", const: spec.name },
      shape: shape(spec),
      datatype: { type: "string", const: spec.datatype },
      parameters: {
        type: "object",
        properties: {
          binary_data_size: {
            type: "integer",
            minimum: 0,
            description: "Bytes of this tensor, instead of `data`.",
          },
        },
      },
      data: {
        type: "array",
        description: "In row-major order, flat or nested.",
        items: { anyOf: [elementSchema(spec), { type: "array" }] },
      },
    },
    required: ["name", "shape", "datatype"],
  };
}

function shape(spec: TensorSpec): Json {
  const axes = spec.shape.map((dimension) =>
    typeof dimension === "number"
      ? { type: "integer", const: dimension }
      : { type: "integer", minimum: 0, ...(dimension === "?" ? {} : { title: dimension }) },
  );
  // An empty prefixItems is not allowed: a scalar has no axes at all.
  return axes.length === 0
    ? { type: "array", maxItems: 0 }
    : { type: "array", prefixItems: axes, items: false, minItems: axes.length };
}

function names(specs: readonly TensorSpec[]): string[] {
  return specs.map((spec) => spec.name);
}
