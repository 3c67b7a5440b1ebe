import type { InputField, OutputField } from "@longshore/core/manifest";
import type { ColumnType } from "@longshore/core/pipeline";
import type { PipelineTerms } from "../../processing/terms.ts";
import { elementSchema, exactObject, labelled, nestedSchema, type Json } from "./schema.ts";

/** One row of what callers send: an object by field. */
export function recordSchema(terms: PipelineTerms): Json {
  return fieldsObject(terms, (field) => fieldSchema(field));
}

/** Many rows, as a list of values for each field. */
export function columnsSchema(terms: PipelineTerms): Json {
  return fieldsObject(terms, (field) => ({ type: "array", items: fieldSchema(field) }));
}

/** Values as the parts of a form: files as they are, the rest as text. */
export function formSchema(terms: PipelineTerms): Json {
  return fieldsObject(terms, (field) =>
    field.type === "image" || field.type === "audio"
      ? { ...described(field), type: "string", contentMediaType: MEDIA[field.type] }
      : fieldSchema({ ...field, optional: false } as InputField),
  );
}

function fieldsObject({ inputs }: PipelineTerms, schema: (field: InputField) => Json): Json {
  const names = Object.keys(inputs);
  return {
    type: "object",
    properties: Object.fromEntries(names.map((name) => [name, schema(inputs[name]!)])),
    required: names.filter((name) => !isOptional(inputs[name]!)),
    additionalProperties: false,
  };
}

const MEDIA = { image: "image/*", audio: "audio/wav" } as const;

/** One value of a field. */
export function fieldSchema(field: InputField): Json {
  const schema = { ...described(field), ...valueSchema(field) };
  if (!isOptional(field)) return schema;
  const { enum: values } = schema as { readonly enum?: readonly unknown[] };
  return {
    ...schema,
    type: [(schema as Json)["type"], "null"],
    ...(values !== undefined && { enum: [...values, null] }),
  };
}

function valueSchema(field: InputField): Json {
  switch (field.type) {
    case "number":
      return { type: field.integer === true ? "integer" : "number", ...bounds(field.range) };
    case "boolean":
      return { type: "boolean" };
    case "category":
      return { type: "string", ...(field.values && { enum: field.values }) };
    case "text":
      return {
        type: "string",
        ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
      };
    case "date":
      return { type: "string", title: "date or time (ISO 8601)" };
    case "image":
    case "audio":
      return { type: "string", contentEncoding: "base64", contentMediaType: MEDIA[field.type] };
    case "series":
      return {
        type: "array",
        items: { type: "number" },
        ...(field.minLength !== undefined && { minItems: field.minLength }),
        ...(field.maxLength !== undefined && { maxItems: field.maxLength }),
      };
    case "tensor":
      return nestedSchema({ name: "", ...field }, field.shape);
  }
}

function described(field: InputField | OutputField): Json {
  return {
    ...(field.description !== undefined && { description: field.description }),
    ...("unit" in field && { "x-unit": field.unit }),
    ...("default" in field && { default: field.default }),
    ...("example" in field && { examples: [field.example] }),
  };
}

function bounds(range: readonly [number | null, number | null] | undefined): Json {
  const [minimum, maximum] = range ?? [null, null];
  return { ...(minimum !== null && { minimum }), ...(maximum !== null && { maximum }) };
}

export function isOptional(field: InputField): boolean {
  return "optional" in field && field.optional === true;
}

/** One row of the answer: an object by output. The caller may have asked for a part of them. */
export function resultSchema(terms: PipelineTerms): Json {
  return { type: "object", properties: answerProperties(terms), additionalProperties: false };
}

/** The answer for columns: a list of values for each output. */
export function resultColumnsSchema(terms: PipelineTerms): Json {
  const lists = Object.entries(answerProperties(terms)).map(([name, items]) => [
    name,
    { type: "array", items },
  ]);
  return {
    type: "object",
    properties: Object.fromEntries(lists) as Json,
    additionalProperties: false,
  };
}

function answerProperties({ answer, outputs }: PipelineTerms): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    Array.from(answer, ([name, type]) => [name, outputSchema(type, outputs[name])]),
  );
}

/** One row of a column of the answer. What has no number is null. */
function outputSchema(type: ColumnType, field: OutputField | undefined): Json {
  const about = field === undefined ? {} : described(field);
  switch (type.kind) {
    case "number": {
      const range = field?.type === "number" ? field.range : undefined;
      return { ...about, type: ["number", "null"], ...bounds(range) };
    }
    case "text": {
      const values = field?.type === "category" ? field.values : undefined;
      return { ...about, type: ["string", "null"], ...(values && { enum: [...values, null] }) };
    }
    case "json":
      return { ...about, ...type.schema };
    case "tensor": {
      const { datatype, shape, labels } = type;
      const spec = { name: "", datatype, shape };
      if (labels !== undefined) return { ...about, ...labelled({ ...spec, labels }, shape) };
      const isAlone = shape.length === 1 && shape[0] === 1;
      return { ...about, ...(isAlone ? elementSchema(spec) : nestedSchema(spec, shape)) };
    }
    default:
      return { ...about, type: "array", items: { type: "number" } };
  }
}

/** Something about a row that the caller should know, though it is answered. */
export const FLAGS_SCHEMA: Json = {
  type: "array",
  description: "What is to be known of some rows, though they are answered.",
  items: {
    ...exactObject({
      row: { type: "integer", minimum: 0, description: "Counted from 0, among the call's rows." },
      field: { type: "string", description: "The input or output that it is about." },
      rule: { type: "string", description: "What was found, such as `range` or `category`." },
      message: { type: "string" },
    }),
    required: ["row", "rule", "message"],
  },
};
