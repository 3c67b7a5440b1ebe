import { BYTES, type Reader, type WireType } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What every decoded message has. */
export interface Message {
  /** Fields that no table knows, as the bytes they were read from: they survive a round trip. */
  unknownFields?: Uint8Array[];
}

/** Reads and writes one field of a message. */
export interface Field<T> {
  readonly id: number;
  /**
   * Reads one occurrence; `current` is what earlier occurrences gave.
   *
   * @throws LongshoreError the reader's, if the wire type is not the field's.
   */
  read(reader: Reader, wire: WireType, current: T | undefined): T;
  /** Writes the value with its tag or tags, back to front. */
  write(writer: Writer, value: T): void;
}

/** A field that a message always has: {@link initial} where the bytes do not mention it. */
export interface RequiredField<T> extends Field<T> {
  readonly initial: () => T;
}

type OwnKeys<M> = Exclude<keyof M & string, keyof Message>;

/** The fields of a message by property name. Optional properties are absent where the bytes have none. */
export type Fields<M> = {
  readonly [K in OwnKeys<M>]-?: Partial<Pick<M, K>> extends Pick<M, K>
    ? Field<Required<M>[K]>
    : RequiredField<M[K]>;
};

/** How to read and write one kind of message. */
export interface MessageType<M> {
  create(): M;
  /** Reads up to the reader's end into `message`, merging with what it holds, as protobuf does. */
  read(reader: Reader, message: M): void;
  write(writer: Writer, message: M): void;
}

type AnyField = Field<unknown> & Partial<RequiredField<unknown>>;
type AnyMessage = Message & Record<string, unknown>;

/**
 * Makes a message type from its table of fields.
 *
 * @param oneof properties of which the last one read replaces the others.
 */
export function defineMessage<M extends Message>(
  fields: Fields<M>,
  oneof: readonly OwnKeys<M>[] = [],
): MessageType<M> {
  const exclusive = new Set<string>(oneof);
  const table = Object.entries(fields as Readonly<Record<string, AnyField>>);
  const byId = new Map(table.map(([key, field]) => [field.id, { key, field }]));
  // Canonical protobuf writes fields in the order of their numbers; the writer works backwards.
  const backwards = table.toSorted(([, a], [, b]) => b.id - a.id);

  function create(): AnyMessage {
    const message: AnyMessage = {};
    for (const [key, field] of table) if (field.initial) message[key] = field.initial();
    return message;
  }

  function read(reader: Reader, message: AnyMessage): void {
    while (reader.position < reader.end) {
      const start = reader.position;
      const { id, wire } = reader.tag();
      const known = byId.get(id);
      if (known === undefined) {
        reader.skip(wire);
        keepUnknown(reader, message, start);
        continue;
      }
      const { key, field } = known;
      if (exclusive.has(key))
        for (const other of exclusive) if (other !== key) delete message[other];
      message[key] = field.read(reader, wire, message[key]);
    }
  }

  function write(writer: Writer, message: AnyMessage): void {
    for (const bytes of (message.unknownFields ?? []).toReversed()) writer.blob(bytes);
    for (const [key, field] of backwards) {
      const value = message[key];
      if (value !== undefined) field.write(writer, value);
    }
  }

  return { create, read, write } as unknown as MessageType<M>;
}

/** Neighbours share one view: a file of two-byte unknown fields must not become a million objects. */
function keepUnknown(reader: Reader, message: Message, start: number): void {
  const { bytes, position } = reader;
  const kept = (message.unknownFields ??= []);
  const last = kept.at(-1);
  if (last !== undefined && last.byteOffset + last.byteLength === bytes.byteOffset + start) {
    kept[kept.length - 1] = bytes.subarray(last.byteOffset - bytes.byteOffset, position);
    return;
  }
  reader.countPart();
  kept.push(bytes.subarray(start, position));
}

/** One nested message; several occurrences merge into one. */
export function message<M>(id: number, type: () => MessageType<M>): Field<M> {
  return {
    id,
    read(reader, wire, current) {
      expectWire(reader, id, wire, BYTES);
      const value = current ?? type().create();
      reader.nested(() => type().read(reader, value));
      return value;
    },
    write(writer, value) {
      writer.delimited(id, () => type().write(writer, value));
    },
  };
}

/** A list of nested messages. */
export function messages<M>(id: number, type: () => MessageType<M>): Field<M[]> {
  const one = message(id, type);
  return {
    id,
    read(reader, wire, current = []) {
      current.push(one.read(reader, wire, undefined));
      return current;
    },
    write(writer, values) {
      for (const value of values.toReversed()) one.write(writer, value);
    },
  };
}

/** Makes a field one that a message always has. */
export function required<T>(field: Field<T>, initial: () => T): RequiredField<T> {
  return { ...field, initial };
}

/** @throws LongshoreError the reader's, if a field's wire type is not the one its table says. */
export function expectWire(reader: Reader, id: number, wire: WireType, expected: WireType): void {
  if (wire !== expected)
    throw reader.invalid(`field ${id} has wire type ${wire}, not ${expected},`);
}
