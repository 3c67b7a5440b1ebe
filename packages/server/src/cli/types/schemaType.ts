/** A JSON Schema, as far as types can tell it. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

const INDENT = "  ";

/**
 * The TypeScript type of what a JSON Schema (2020-12) allows.
 *
 * Bounds, lengths and formats are not types: they are in the comments of properties. Lists are
 * `readonly`, so that constants may be given. What a schema leaves open is `unknown`.
 *
 * ```ts
 * toType({ type: "array", items: { enum: ["a", "b"] } }); // readonly ("a" | "b")[]
 * ```
 */
export function toType(schema: Schema, indent = ""): string {
  if (Array.isArray(schema["enum"]))
    return union(schema["enum"].map((value) => JSON.stringify(value)));
  if ("const" in schema) return JSON.stringify(schema["const"]);
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives))
    return union(alternatives.map((alternative: Schema) => toType(alternative, indent)));
  const { type } = schema;
  if (Array.isArray(type))
    return union(type.map((each: unknown) => toType({ ...schema, type: each }, indent)));
  switch (type) {
    case "string":
      // Bytes that JSON carries in base64; clients may give the file itself.
      return schema["contentEncoding"] === "base64" || schema["format"] === "binary"
        ? "string | Blob | Uint8Array"
        : "string";
    case "number":
    case "integer":
      return "number";
    case "boolean":
    case "null":
      return type;
    case "array":
      return `readonly ${inBrackets(toType((schema["items"] ?? {}) as Schema, indent))}[]`;
    case "object":
      return objectType(schema, indent);
    default:
      return "unknown";
  }
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  return distinct.length === 0 ? "never" : distinct.join(" | ");
}

function inBrackets(type: string): string {
  return /^[\w"]+$/.test(type) || type.startsWith("{") ? type : `(${type})`;
}

function objectType(schema: Schema, indent: string): string {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
  const required = new Set((schema["required"] ?? []) as readonly string[]);
  const names = (schema["propertyNames"] as Schema | undefined)?.["enum"];
  if (properties.length === 0) {
    const value = schema["additionalProperties"];
    const type =
      typeof value === "object" && value !== null ? toType(value as Schema, indent) : "unknown";
    const key = Array.isArray(names) ? union(names.map((name) => JSON.stringify(name))) : "string";
    return `Readonly<Record<${key}, ${type}>>`;
  }
  const inner = indent + INDENT;
  const lines = properties.flatMap(([name, property]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    const mark = required.has(name) ? "" : "?";
    return [
      ...comment(property, inner),
      `${inner}readonly ${key}${mark}: ${toType(property, inner)};`,
    ];
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** What people should know that the type does not say. */
function comment(schema: Schema, indent: string): string[] {
  const { description, minimum, maximum } = schema;
  const unit = schema["x-unit"];
  const bounds = [
    minimum === undefined ? [] : [`from ${String(minimum)}`],
    maximum === undefined ? [] : [`to ${String(maximum)}`],
  ].flat();
  const facts = [unit === undefined ? [] : [`in ${String(unit)}`], bounds].flat().join(" ");
  const parts = [description, facts && `${facts[0]!.toUpperCase()}${facts.slice(1)}.`];
  const text = parts.filter((part) => part !== undefined && part !== "").join(" ");
  return text === "" ? [] : [`${indent}/** ${inComment(text)} */`];
}

/** A description is a stranger's text: it must not end the comment. */
export function inComment(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll(/\s+/g, " ").trim();
}
