/**
 * Tables of protobuf messages, from which their text, their JSON and their bytes are read: what a
 * message is, is written down once, and its TypeScript type follows from it.
 */

/** A number, a text or a truth value. */
export interface ScalarType<Kind extends ScalarKind = ScalarKind> {
  readonly kind: Kind;
}

/** Types of values that are not messages, by protobuf's names. */
export type ScalarKind =
  | "string"
  | "bool"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float"
  | "double";

/** One of some names. */
export interface EnumType<Name extends string = string> {
  readonly kind: "enum";
  /** The number of each name; that of the default is 0. */
  readonly values: Readonly<Record<Name, number>>;
}

/** A message: its fields by name. */
export interface MessageTable<Fields extends FieldTable = FieldTable> {
  readonly kind: "message";
  readonly fields: Fields;
  /** Sets of fields of which at most one is given. */
  readonly oneofs: readonly (readonly string[])[];
}

/** What a field holds. */
export type ValueType = ScalarType | EnumType | MessageTable;

/** A field of a message. */
export interface TableField<
  Type extends ValueType = ValueType,
  Shape extends FieldShape = FieldShape,
> {
  readonly id: number;
  readonly type: Type;
  readonly shape: Shape;
  /** Why it changes nothing here, where that is so. */
  readonly noEffect?: string;
}

/** Once, any number of times, or by keys: texts, or numbers as the text form of JSON's keys. */
export type FieldShape = "one" | "list" | "map" | "numbered";

/** Fields by name. */
export type FieldTable = Readonly<Record<string, TableField>>;

/** The value that a type's table describes; 64-bit integers are those that a double holds. */
export type ValueOf<Type> =
  Type extends MessageTable<infer Fields>
    ? MessageOf<Fields>
    : Type extends EnumType<infer Name>
      ? Name
      : Type extends ScalarType<infer Kind>
        ? ScalarValues[Kind]
        : never;

interface ScalarValues {
  string: string;
  bool: boolean;
  int32: number;
  uint32: number;
  int64: number;
  uint64: number;
  float: number;
  double: number;
}

type MessageOf<Fields> = {
  -readonly [Name in keyof Fields]?: Fields[Name] extends TableField<infer Type, infer Shape>
    ? Shape extends "one"
      ? ValueOf<Type>
      : Shape extends "list"
        ? ValueOf<Type>[]
        : Record<string, ValueOf<Type>>
    : never;
};

/** A value of a message before its table gave it a type. */
export type AnyValue = string | number | boolean | readonly AnyValue[] | AnyMessage;
/** A message of which the types of the fields are not known. */
export interface AnyMessage {
  [name: string]: AnyValue;
}

/** A text. */
export const STRING: ScalarType<"string"> = { kind: "string" };
/** True or false. */
export const BOOL: ScalarType<"bool"> = { kind: "bool" };
/** A signed integer of 32 bits. */
export const INT32: ScalarType<"int32"> = { kind: "int32" };
/** An unsigned one. */
export const UINT32: ScalarType<"uint32"> = { kind: "uint32" };
/** A signed integer, as far as a double holds it. */
export const INT64: ScalarType<"int64"> = { kind: "int64" };
/** An unsigned one. */
export const UINT64: ScalarType<"uint64"> = { kind: "uint64" };
/** A single-precision number. */
export const FLOAT: ScalarType<"float"> = { kind: "float" };
/** A double-precision number. */
export const DOUBLE: ScalarType<"double"> = { kind: "double" };

/** Lowest and highest value of each integer type, as far as a double holds them. */
export const INTEGER_RANGES: Readonly<Partial<Record<ScalarKind, readonly [number, number]>>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** An enum of the proto file, by the numbers of its names. */
export function enumeration<Name extends string>(
  values: Readonly<Record<Name, number>>,
): EnumType<Name> {
  return { kind: "enum", values };
}

/**
 * A message of the proto file.
 *
 * @param oneofs sets of fields of which at most one is given.
 */
export function message<Fields extends FieldTable>(
  fields: Fields,
  oneofs: readonly (readonly (keyof Fields & string)[])[] = [],
): MessageTable<Fields> {
  return { kind: "message", fields, oneofs };
}

/** A field that is given once. */
export function one<Type extends ValueType>(id: number, type: Type): TableField<Type, "one"> {
  return { id, type, shape: "one" };
}

/** A field that is given any number of times. */
export function list<Type extends ValueType>(id: number, type: Type): TableField<Type, "list"> {
  return { id, type, shape: "list" };
}

/** A map from texts. */
export function map<Type extends ValueType>(id: number, type: Type): TableField<Type, "map"> {
  return { id, type, shape: "map" };
}

/** A map from unsigned integers, which are texts in the objects that come of it, as in JSON. */
export function numbered<Type extends ValueType>(
  id: number,
  type: Type,
): TableField<Type, "numbered"> {
  return { id, type, shape: "numbered" };
}

/** A field that is known, but changes nothing here: that it is given is reported. */
export function noEffect<Type extends ValueType, Shape extends FieldShape>(
  field: TableField<Type, Shape>,
  because: string,
): TableField<Type, Shape> {
  return { ...field, noEffect: because };
}
