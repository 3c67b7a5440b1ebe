import { areKeys, type Signature, type TensorSpec } from "@longshore/core";
import type { PipelineTerms } from "../../processing/terms.ts";
import type { ModelDescription } from "./describe.ts";
import { exactObject, hasRows, type Json, labelled, nestedSchema, rowSchema } from "./schema.ts";
import {
  columnsSchema,
  fieldSchema,
  FLAGS_SCHEMA,
  recordSchema,
  resultColumnsSchema,
  resultSchema,
} from "./terms.ts";

/** Body of `POST /predict/{model}`: JSON in each of its forms. */
export function predictRequest({ signature, terms }: ModelDescription): Json {
  const forms = terms === undefined ? inputForms(signature.inputs) : recordForms(terms);
  const outputs =
    terms === undefined ? signature.outputs.map(({ name }) => name) : [...terms.answer.keys()];
  return {
    type: "object",
    properties: {
      inputs: { anyOf: forms },
      outputs: outputNames(outputs),
      parameters: { $ref: "#/components/schemas/PredictParameters" },
    },
    required: ["inputs"],
  };
}

/** Answer of `POST /predict/{model}`: the outputs mirror the form of the inputs. */
export function predictAnswer({ name, signature, terms }: ModelDescription): Json {
  const forms = terms === undefined ? outputForms(signature) : resultForms(terms);
  const answer = exactObject({
    id: { type: "string", description: "The request's id, as in `X-Request-Id` and the log." },
    model: { type: "string", const: name },
    version: { type: "string" },
    outputs: { anyOf: forms },
  });
  if (terms === undefined) return answer;
  return { ...answer, properties: { ...(answer["properties"] as Json), flags: FLAGS_SCHEMA } };
}

/** One row of what callers send and of what they get: what types of clients are made of. */
export function rowSchemas({ signature, terms }: ModelDescription): {
  inputs: Json;
  outputs: Json;
} {
  if (terms !== undefined) {
    const outputs = resultSchema(terms);
    // An answer has them all, unless the caller asks for a part.
    return {
      inputs: recordSchema(terms),
      outputs: { ...outputs, required: [...terms.answer.keys()] },
    };
  }
  const { inputs, outputs } = signature;
  const rows = hasRows(inputs);
  return {
    inputs: byName(inputs, rows ? rowSchema : nestedSchema),
    outputs: byName(outputs, rows && hasRows(outputs) ? answerRow : answerBatch),
  };
}

/** Names of outputs to compute, in the order wanted. */
function outputNames(outputs: readonly string[]): Json {
  return {
    type: "array",
    description: "Outputs to compute, in the order wanted; all of them when absent.",
    items: { type: "string", enum: outputs },
    uniqueItems: true,
  };
}

function recordForms(terms: PipelineTerms): Json[] {
  const row = recordSchema(terms);
  const [only, ...others] = Object.values(terms.inputs);
  const single = only === undefined || others.length > 0 ? [] : [fieldSchema(only)];
  return [
    { description: "One row: each field by name.", ...row },
    { description: "One object a row.", type: "array", items: row },
    { description: "Columns: a list of values for each field.", ...columnsSchema(terms) },
    ...single,
    ...single.map((value) => ({ description: "A value a row.", type: "array", items: value })),
  ];
}

function resultForms(terms: PipelineTerms): Json[] {
  const row = resultSchema(terms);
  return [
    { description: "For one row: each output by name.", ...row },
    { description: "For rows: one object a row.", type: "array", items: row },
    {
      description: "For columns: a list of values for each output.",
      ...resultColumnsSchema(terms),
    },
  ];
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
  return isByLabel(spec) ? labelled(spec, spec.shape) : nestedSchema(spec);
}

function answerRow(spec: TensorSpec): Json {
  return isByLabel(spec) ? labelled(spec, spec.shape.slice(1)) : rowSchema(spec);
}

/** Whether answers are objects by label, as the encoder decides it. */
function isByLabel({ labels, shape }: TensorSpec): boolean {
  if (labels === undefined || !areKeys(labels)) return false;
  const last = shape.at(-1);
  return typeof last !== "number" || last === labels.length;
}
