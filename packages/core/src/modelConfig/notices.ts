import type { Place } from "../textproto/index.ts";
import { at } from "./paths.ts";
import type { AnyMessage, AnyValue, MessageTable, ValueType } from "./table.ts";

/** Something in a configuration that is not acted on. */
export interface ConfigNotice {
  /** The field that is meant: `optimization.cuda`; empty for what {@link message} names itself. */
  readonly where: string;
  readonly message: string;
  /** Where that stands, in a configuration that was read from text. */
  readonly place?: Place;
}

/** The fields of a message that change nothing here, though they say something. */
export function findIneffective(
  message: AnyMessage,
  table: MessageTable,
  path = "",
): ConfigNotice[] {
  return Object.entries(message).flatMap(([name, value]) => {
    const { type, shape, noEffect } = table.fields[name]!;
    const where = at(path, name);
    if (noEffect !== undefined) {
      const says = saysSomething(value, type);
      return says ? [{ where, message: `has no effect here: ${noEffect}` }] : [];
    }
    if (type.kind !== "message") return [];
    if (shape === "one") return findIneffective(value as AnyMessage, type, where);
    const nested: [string, AnyValue][] =
      shape === "list"
        ? (value as readonly AnyValue[]).map((each, index) => [`${where}[${index}]`, each])
        : Object.entries(value as AnyMessage).map(([key, each]) => [at(where, key), each]);
    return nested.flatMap(([each, inner]) => findIneffective(inner as AnyMessage, type, each));
  });
}

/** Defaults say nothing, as in what Triton itself answers. */
function saysSomething(value: AnyValue, type: ValueType): boolean {
  if (type.kind === "enum" && typeof value === "string") return type.values[value] !== 0;
  if (typeof value !== "object") return value !== "" && value !== false && value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (type.kind !== "message") return Object.keys(value).length > 0;
  return Object.entries(value as AnyMessage).some(([name, each]) => {
    // The entries of a map are messages under names of their own.
    const field = type.fields[name];
    return field === undefined || saysSomething(each, field.type);
  });
}
