import { code } from "./markdown.ts";

/** As much of JSON Schema as the manifest's schema is made of. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly items?: Schema | readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** What a value may be, in words: `whole number > 0`, `"a" or "b"`, `list of texts`. */
export function describeType(schema: Schema): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined)
    return schema.enum.map((value) => code(JSON.stringify(value))).join(", ");
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives !== undefined) return [...new Set(alternatives.map(describeType))].join(" or ");
  if (Array.isArray(schema.items)) return `[${schema.items.map(describeType).join(", ")}]`;
  const types: readonly string[] =
    typeof schema.type === "string" ? [schema.type] : (schema.type ?? ["any value"]);
  return types.map((type) => describeOne(type, schema)).join(" or ");
}

function describeOne(type: string, schema: Schema): string {
  switch (type) {
    case "string":
      return "text";
    case "boolean":
      return "true or false";
    case "number":
    case "integer":
      return `${type === "integer" ? "whole number" : "number"}${describeBounds(schema)}`;
    case "array":
      return `list of ${plural(describeType((schema.items ?? {}) as Schema))}`;
    case "object":
      return schema.properties === undefined && schema.additionalProperties
        ? `${describeType(schema.additionalProperties)} by name`
        : "keys";
    default:
      return type;
  }
}

function describeBounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const bounds = [
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? [] : [`≥ ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`≤ ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`< ${exclusiveMaximum}`]),
  ];
  return bounds.length === 0 ? "" : ` ${bounds.join(", ")}`;
}

function plural(words: string): string {
  return words.replace(/^(text|number|whole number)\b/, "$1s");
}

/** What stands in a reference of a key. */
export function describeMeaning({ description = "", default: standard }: Schema): string {
  if (standard === undefined) return description;
  return `${description} By default ${code(JSON.stringify(standard))}.`.trim();
}

/** The keys of an object as rows of a table: name, type, meaning. */
export function keyRows(schema: Schema, without: readonly string[] = []): string[][] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !without.includes(name))
    .map(([name, key]) => [
      `${code(name)}${required.has(name) ? " (required)" : ""}`,
      describeType(key),
      describeMeaning(key),
    ]);
}

/** As {@link keyRows}, with the keys inside of keys: `resize.width`, `rules[].action`. */
export function deepKeyRows(schema: Schema, prefix = ""): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, key]) => [
    ...mergedRows([schema], name, prefix),
    ...innerKeys(key, prefix + name),
  ]);
}

/** The keys of the objects that a value may be or hold: each once, though several have it. */
function innerKeys(schema: Schema, path: string): string[][] {
  const groups = Map.groupBy(innerObjects(schema, path), ([where]) => where);
  return [...groups].flatMap(([where, group]) => {
    const objects = group.map(([, object]) => object);
    const names = new Set(objects.flatMap(({ properties = {} }) => Object.keys(properties)));
    return [...names].flatMap((name) => mergedRows(objects, name, `${where}.`));
  });
}

/** The row of a key that objects have, required only if each of them says so. */
function mergedRows(objects: readonly Schema[], name: string, prefix: string): string[][] {
  const keys = objects.flatMap(({ properties }) => properties?.[name] ?? []);
  const isRequired = objects.every(({ required = [] }) => required.includes(name));
  const values = [...new Set(keys.map(describeType))];
  const inner = objects.length === 1 ? [] : keys.flatMap((key) => innerKeys(key, prefix + name));
  return [
    [
      `${code(prefix + name)}${isRequired ? " (required)" : ""}`,
      values
        .toSorted((a, b) => b.length - a.length)
        .find((value, _, all) => all.every((other) => value.includes(other))) ?? values.join(", "),
      keys.map(describeMeaning).find((meaning) => meaning !== "") ?? "",
    ],
    ...inner,
  ];
}

/** The objects that a value may be or hold: themselves, the items of a list, alternatives. */
function innerObjects(schema: Schema, path: string): [path: string, schema: Schema][] {
  if (schema.properties !== undefined) return [[path, schema]];
  const items = Array.isArray(schema.items) ? undefined : (schema.items as Schema | undefined);
  if (items !== undefined) return innerObjects(items, `${path}[]`);
  const named = schema.additionalProperties || undefined;
  if (named !== undefined) return innerObjects(named, `${path}.<name>`);
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap((one) => innerObjects(one, path));
}

export const KEY_HEADER: readonly string[] = ["key", "value", "meaning"];
