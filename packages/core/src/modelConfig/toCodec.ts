import {
  bool,
  choice,
  defineMessage,
  double,
  float,
  int,
  int32,
  map,
  message,
  messages,
  packedInts,
  packed,
  required,
  string,
  strings,
  uint32,
  type Field,
  type Message,
  type MessageType,
} from "../proto/index.ts";
import type { MessageTable, TableField, ValueOf, ValueType } from "./table.ts";

/** How the bytes of a table's messages are read and written. */
export function toCodec<Table extends MessageTable>(
  table: Table,
): MessageType<ValueOf<Table> & Message> {
  const fields = Object.entries(table.fields).map(([name, field]) => [name, toField(field)]);
  // What a field holds depends on the table, which TypeScript cannot follow through its entries.
  return defineMessage(Object.fromEntries(fields) as never) as never;
}

function toField({ id, type, shape }: TableField): Field<never> {
  const field =
    shape === "one"
      ? toSingle(id, type)
      : shape === "list"
        ? toList(id, type)
        : map(
            id,
            required(toSingle(2, type), () => defaultOf(type)),
            shape === "numbered",
          );
  return field as Field<never>;
}

function toSingle(id: number, type: ValueType): Field<unknown> {
  if (type.kind === "message") {
    const codec = toCodec(type);
    return message(id, () => codec) as Field<unknown>;
  }
  if (type.kind === "enum") return choice(id, type.values) as Field<unknown>;
  return SINGLE[type.kind](id) as Field<unknown>;
}

const SINGLE = {
  string,
  bool,
  int32,
  uint32,
  int64: int,
  uint64: int,
  float,
  double,
} as const;

function toList(id: number, type: ValueType): Field<unknown> {
  if (type.kind === "message") {
    const codec = toCodec(type);
    return messages(id, () => codec) as Field<unknown>;
  }
  if (type.kind === "string") return strings(id) as Field<unknown>;
  if (type.kind === "enum") throw new Error("no table has a list of names");
  if (type.kind === "bool" || type.kind === "float" || type.kind === "double")
    return packed[type.kind](id) as Field<unknown>;
  return packedInts(id) as Field<unknown>;
}

function defaultOf(type: ValueType): unknown {
  if (type.kind === "message") return {};
  if (type.kind === "string") return "";
  return type.kind === "bool" ? false : 0;
}
