import { DATATYPES, type Dimension, type TensorSpec } from "@longshore/core";

/** A JSON Schema (2020-12), or any other object of an OpenAPI document. */
export type Json = { readonly [key: string]: unknown };

/** One element of a tensor as JSON. */
export function elementSchema(spec: Pick<TensorSpec, "datatype">): Json {
  const { kind, min, max } = DATATYPES[spec.datatype];
  switch (kind) {
    case "bool":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", minimum: Number(min), maximum: Number(max) };
    case "bigint":
      // The limits of 64 bits have no exact JavaScript number: the format says them instead.
      return min === 0n
        ? { type: "integer", format: "uint64", minimum: 0 }
        : { type: "integer", format: "int64" };
    case "float":
      return { type: "number", ...FLOAT_FORMATS[spec.datatype] };
    case "string":
      return { type: "string" };
  }
}

const FLOAT_FORMATS: Readonly<Partial<Record<TensorSpec["datatype"], Json>>> = {
  FP32: { format: "float" },
  FP64: { format: "double" },
};

/** A tensor as nested arrays, the last axis innermost; a scalar's `[]` is the bare element. */
export function nestedSchema(spec: TensorSpec, shape: readonly Dimension[] = spec.shape): Json {
  const nested = shape.reduceRight<Json>(
    (items, dimension) => ({ type: "array", ...lengthOf(dimension), items }),
    elementSchema(spec),
  );
  return { title: formatShape(spec, shape), ...nested };
}

/** One row of a tensor whose first axis counts rows. */
export function rowSchema(spec: TensorSpec): Json {
  const row = spec.shape.slice(1);
  const nested = nestedSchema(spec, row);
  // A row of one element reads better without its brackets, and both are taken.
  return row.length === 1 && row[0] === 1 ? { anyOf: [nestedSchema(spec, []), nested] } : nested;
}

/** An object with exactly these properties, all required. */
export function exactObject(properties: Readonly<Record<string, Json>>): Json {
  return {
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

/** `FP32[N,64]`: as `formatSpec` of core, but with the names of the symbolic axes; `FP32` for a scalar. */
export function formatShape(spec: TensorSpec, shape: readonly Dimension[] = spec.shape): string {
  return shape.length === 0 ? spec.datatype : `${spec.datatype}[${shape.join(",")}]`;
}

/** Whether every tensor's first axis is free, so that a call may bring rows instead of a batch. */
export function hasRows(specs: readonly TensorSpec[]): boolean {
  return specs.length > 0 && specs.every((spec) => typeof spec.shape[0] === "string");
}

/** A classifier's scores: the last axis becomes an object from label to score. */
export function labelled(spec: TensorSpec, shape: readonly Dimension[]): Json {
  const scores: Json = {
    type: "object",
    propertyNames: { enum: spec.labels },
    additionalProperties: elementSchema(spec),
  };
  const nested = shape.slice(0, -1).reduce<Json>((items) => ({ type: "array", items }), scores);
  return { title: `${formatShape(spec, shape)} by label`, ...nested };
}

function lengthOf(dimension: Dimension): Json {
  return typeof dimension === "number" ? { minItems: dimension, maxItems: dimension } : {};
}
