import { MessageReader, TextProtoProblem, type Place } from "../textproto/index.ts";
import { ModelConfigProblem } from "./problem.ts";
import { at } from "./paths.ts";
import {
  INTEGER_RANGES,
  type AnyMessage,
  type AnyValue,
  type MessageTable,
  type TableField,
  type ValueOf,
  type ValueType,
} from "./table.ts";

/** A message that was read from text. */
export interface TextValue<Table extends MessageTable> {
  readonly value: ValueOf<Table>;
  /** Where each value stands, by its path: `input[0].dims`. */
  readonly places: ReadonlyMap<string, Place>;
  /** Fields that no table knows: protobuf's own parser would refuse them. */
  readonly unknown: readonly { readonly place: Place; readonly message: string }[];
}

/**
 * Reads the text of a message.
 *
 * @throws ModelConfigProblem with the place: bad syntax, a value of another type, a field that is
 *   given twice.
 */
export function readText<Table extends MessageTable>(text: string, table: Table): TextValue<Table> {
  const places = new Map<string, Place>();
  try {
    const reader = MessageReader.parse(text);
    const value = readMessage(reader, table, "", places);
    return { value: value as ValueOf<Table>, places, unknown: reader.unknownFields() };
  } catch (error) {
    if (!(error instanceof TextProtoProblem)) throw error;
    throw new ModelConfigProblem("", error.problem, error.place);
  }
}

function readMessage(
  reader: MessageReader,
  table: MessageTable,
  path: string,
  places: Map<string, Place>,
): AnyMessage {
  const message: AnyMessage = {};
  for (const [name, field] of Object.entries(table.fields)) {
    if (!reader.has(name)) continue;
    const where = at(path, name);
    places.set(where, reader.placesOf(name)[0]!);
    message[name] = readField(reader, name, field, where, places);
  }
  for (const oneof of table.oneofs) {
    const [, second] = oneof.filter((name) => reader.has(name));
    if (second === undefined) continue;
    const problem = `only one of ${oneof.join(", ")} may be given`;
    throw new TextProtoProblem(reader.placesOf(second)[0]!, problem);
  }
  return message;
}

function readField(
  reader: MessageReader,
  name: string,
  { type, shape }: TableField,
  where: string,
  places: Map<string, Place>,
): AnyValue {
  if (shape === "list") {
    const values = readList(reader, name, type, where, places);
    for (const [index, place] of reader.placesOf(name).entries()) {
      places.set(`${where}[${index}]`, place);
    }
    return values;
  }
  if (shape !== "one") return readEntries(reader, name, shape === "numbered", type, where, places);
  if (type.kind !== "message") return readScalar(reader, name, type)!;
  return readMessage(reader.message(name)!, type, where, places);
}

function readList(
  reader: MessageReader,
  name: string,
  type: ValueType,
  where: string,
  places: Map<string, Place>,
): AnyValue[] {
  if (type.kind === "message") {
    const messages = reader.messages(name);
    return messages.map((each, index) => readMessage(each, type, `${where}[${index}]`, places));
  }
  if (type.kind === "string") return reader.strings(name);
  if (type.kind === "bool") return reader.booleans(name);
  if (type.kind === "enum") throw new Error("no table has a list of names");
  const range = INTEGER_RANGES[type.kind];
  return range === undefined ? reader.floats(name) : reader.integers(name, ...range);
}

/** Of a repeated key, the last entry counts. */
function readEntries(
  reader: MessageReader,
  name: string,
  isNumbered: boolean,
  type: ValueType,
  where: string,
  places: Map<string, Place>,
): AnyMessage {
  const entries: AnyMessage = Object.create(null) as AnyMessage;
  const entryPlaces = reader.placesOf(name);
  for (const [index, entry] of reader.messages(name).entries()) {
    const key = isNumbered
      ? String(entry.integer("key", ...INTEGER_RANGES.uint64!) ?? 0)
      : (entry.string("key") ?? "");
    places.set(at(where, key), entryPlaces[index]!);
    // A value that is left out is the default one.
    if (type.kind === "message") {
      const value = entry.message("value");
      entries[key] = value === undefined ? {} : readMessage(value, type, at(where, key), places);
    } else entries[key] = readScalar(entry, "value", type) ?? "";
  }
  return entries;
}

function readScalar(
  reader: MessageReader,
  name: string,
  type: Exclude<ValueType, MessageTable>,
): AnyValue | undefined {
  if (type.kind === "string") return reader.string(name);
  if (type.kind === "bool") return reader.boolean(name);
  if (type.kind === "enum") return reader.enumeration(name, type.values);
  const range = INTEGER_RANGES[type.kind];
  return range === undefined ? reader.float(name) : reader.integer(name, ...range);
}
