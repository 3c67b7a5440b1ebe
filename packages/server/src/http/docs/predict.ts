import type { Dimension, Signature, TensorSpec } from "@longshore/core";
import type { ModelDescription } from "./describe.ts";
import {
  elementSchema,
  exactObject,
  formatShape,
  hasRows,
  type Json,
  nestedSchema,
  rowSchema,
} from "./schema.ts";

/** Body of `POST /predict/{model}`: natural JSON in each of its forms. */
export function predictRequest({ signature }: ModelDescription): Json {
  return {
    type: "object",
    properties: {
      inputs: { anyOf: inputForms(signature.inputs) },
      outputs: outputNames(signature),
      parameters: { $ref: "#/components/schemas/PredictParameters" },
    },
    required: ["inputs"],
  };
}

/** Answer of `POST /predict/{model}`: the outputs mirror the form of the inputs. */
export function predictAnswer({ name, signature }: ModelDescription): Json {
  return exactObject({
    model: { type: "string", const: name },
    version: { type: "string" },
    outputs: { anyOf: outputForms(signature) },
  });
}

/** Names of outputs to compute, in the order wanted. */
export function outputNames({ outputs }: Signature): Json {
  return {
    type: "array",
    description: "Outputs to compute, in the order wanted; all of them when absent.",
    items: { type: "string", enum: outputs.map((spec) => spec.name) },
    uniqueItems: true,
  };
}

function inputForms(specs: readonly TensorSpec[]): Json[] {
  const rows = hasRows(specs);
  const [only] = specs;
  const bare = specs.length === 1 && only !== undefined ? [only] : [];
  return [
    { description: "Each input by name.", ...byName(specs, nestedSchema) },
    ...(rows
      ? [
          {
            description: "One row: each input by name, without the axis of rows.",
            ...byName(specs, rowSchema),
          },
        ]
      : []),
    ...(rows
      ? [{ description: "One object a row.", type: "array", items: byName(specs, rowSchema) }]
      : []),
    ...bare.map((spec) => nestedSchema(spec)),
    ...(rows ? bare.map(rowSchema) : []),
  ];
}

function outputForms({ inputs, outputs }: Signature): Json[] {
  const named = { description: "Each output by name.", ...someOf(outputs, answerBatch) };
  if (!hasRows(inputs) || !hasRows(outputs)) return [named];
  const row = someOf(outputs, answerRow);
  return [
    named,
    { description: "For one row: without the axis of rows.", ...row },
    { description: "For row objects: one object a row.", type: "array", items: row },
  ];
}

function byName(specs: readonly TensorSpec[], schema: (spec: TensorSpec) => Json): Json {
  return exactObject(Object.fromEntries(specs.map((spec) => [spec.name, schema(spec)])));
}

/** As {@link byName}, but the caller may have asked for a part of them. */
function someOf(specs: readonly TensorSpec[], schema: (spec: TensorSpec) => Json): Json {
  const { required: _, ...object } = byName(specs, schema);
  return object;
}

function answerBatch(spec: TensorSpec): Json {
  return spec.labels === undefined ? nestedSchema(spec) : labelled(spec, spec.shape);
}

function answerRow(spec: TensorSpec): Json {
  return spec.labels === undefined ? rowSchema(spec) : labelled(spec, spec.shape.slice(1));
}

/** A classifier's scores: the last axis becomes an object from label to score. */
function labelled(spec: TensorSpec, shape: readonly Dimension[]): Json {
  const scores: Json = {
    type: "object",
    propertyNames: { enum: spec.labels },
    additionalProperties: elementSchema(spec),
  };
  const nested = shape.slice(0, -1).reduce<Json>((items) => ({ type: "array", items }), scores);
  return { title: `${formatShape(spec, shape)} by label`, ...nested };
}
