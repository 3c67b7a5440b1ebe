import type { JsonValue } from "../json/value.ts";
import { at } from "./paths.ts";
import { ModelConfigProblem, problem } from "./problem.ts";
import {
  INTEGER_RANGES,
  type AnyMessage,
  type AnyValue,
  type MessageTable,
  type TableField,
  type ValueOf,
  type ValueType,
} from "./table.ts";

/**
 * Reads the JSON form of a message, under the names of its fields: integers as numbers or texts,
 * names of enums as they are, `null` as if it were not there.
 *
 * Source: protobuf.dev, "ProtoJSON Format".
 *
 * @param what it is, for messages.
 * @throws ModelConfigProblem also for fields that no table knows, as protobuf's own parser does.
 */
export function readJsonMessage<Table extends MessageTable>(
  value: JsonValue,
  table: Table,
  what: string,
): ValueOf<Table> {
  return readMessage(value, table, "", what) as ValueOf<Table>;
}

function readMessage(value: JsonValue, table: MessageTable, path: string, what = path): AnyMessage {
  const message: AnyMessage = {};
  for (const [name, given] of Object.entries(toObject(value, what))) {
    const field = table.fields[name];
    if (field === undefined || !Object.hasOwn(table.fields, name)) {
      throw new ModelConfigProblem(what, `there is no field "${name}"; leave it out`);
    }
    if (given !== null) message[name] = readField(given, field, at(path, name));
  }
  for (const oneof of table.oneofs) {
    const given = oneof.filter((name) => message[name] !== undefined);
    if (given.length > 1) throw problem(what, `one of ${oneof.join(", ")}`, value);
  }
  return message;
}

function readField(value: JsonValue, { type, shape }: TableField, path: string): AnyValue {
  if (shape === "one") return readValue(value, type, path);
  if (shape === "list") {
    if (!Array.isArray(value)) throw problem(path, "a list", value);
    return value.map((each: JsonValue, index) => readValue(each, type, `${path}[${index}]`));
  }
  const entries: AnyMessage = Object.create(null) as AnyMessage;
  for (const [key, each] of Object.entries(toObject(value, path))) {
    if (shape === "numbered" && !/^(?:0|[1-9]\d{0,14})$/.test(key))
      throw problem(path, "whole numbers as keys", key);
    entries[key] = readValue(each, type, at(path, key));
  }
  return entries;
}

function readValue(value: JsonValue, type: ValueType, path: string): AnyValue {
  switch (type.kind) {
    case "message":
      return readMessage(value, type, path);
    case "enum":
      return readName(value, type.values, path);
    case "string":
      if (typeof value === "string") return value;
      throw problem(path, "a string", value);
    case "bool":
      if (typeof value === "boolean") return value;
      throw problem(path, "true or false", value);
    case "float":
    case "double":
      return readNumber(value, path);
    default:
      return readInteger(value, INTEGER_RANGES[type.kind]!, path);
  }
}

/** 64-bit integers are texts in protobuf's JSON; what a caller wrote may be either. */
function readInteger(
  value: JsonValue,
  [min, max]: readonly [number, number],
  path: string,
): number {
  const number = typeof value === "string" && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && (number as number) >= min && (number as number) <= max)
    return number as number;
  throw problem(path, `an integer from ${min} to ${max}`, value);
}

/** As a number, or the words for those that JSON has no number for. */
function readNumber(value: JsonValue, path: string): number {
  if (typeof value === "number") return value;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  throw problem(path, "a number", value);
}

function readName(
  value: JsonValue,
  values: Readonly<Record<string, number>>,
  path: string,
): string {
  const names = Object.keys(values);
  const name =
    typeof value === "number" ? names.find((each) => values[each] === value) : (value as string);
  if (typeof name === "string" && Object.hasOwn(values, name)) return name;
  throw problem(path, `one of ${names.join(", ")}`, value);
}

function toObject(value: JsonValue, path: string): Readonly<Record<string, JsonValue>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, JsonValue>>;
  throw problem(path, "an object", value);
}
