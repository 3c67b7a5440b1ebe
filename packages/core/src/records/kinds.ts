import { DATATYPES, type TypedArray } from "../datatype.ts";
import { ElementReader } from "../json/elements.ts";
import { JsonReader } from "../json/reader.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import type { InputField } from "../manifest/fields.ts";
import type { Column } from "../pipeline/frame.ts";
import { elementCount, isStrings, type TensorData } from "../tensor.ts";
import { decodeFile } from "./base64.ts";
import { parseIsoDate } from "../pipeline/tables/isoDate.ts";
import { invalid, wrongType, type Place } from "./place.ts";

type FieldOf<Type extends InputField["type"]> = Extract<InputField, { type: Type }>;

/** What the values of a type of field are, and how they are read. */
export interface FieldKind<Field, Value> {
  /** What callers are told to send. */
  expected(field: Field): string;
  /** Arrays that one row's value in JSON is nested in; one more makes a column of it. */
  depth(field: Field): number;
  /** Reads the value that comes next, which is not null. @throws LongshoreError */
  fromJson(reader: JsonReader, field: Field, place: Place, maxElements: number): Value;
  /** The value of a text, as CSV and forms have it. @throws LongshoreError */
  fromText(text: string, field: Field, place: Place, maxElements: number): Value;
  /** The value of a missing one, for fields that are optional. */
  readonly missing: Value | undefined;
  toColumn(values: Value[], field: Field): Column;
}

const number: FieldKind<FieldOf<"number">, number> = {
  expected: ({ integer, unit }) =>
    `${integer === true ? "a whole number" : "a number"}${unit === undefined ? "" : ` (${unit})`}`,
  depth: () => 0,
  fromJson(reader, field, place) {
    const kind = reader.peek();
    if (kind !== "number") throw wrongType(place, number.expected(field), nameOf(kind));
    return checkNumber(reader.readNumber(), field, place);
  },
  fromText(text, field, place) {
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) throw wrongType(place, number.expected(field), quote(text));
    return checkNumber(value, field, place);
  },
  missing: Number.NaN,
  toColumn: (values) => ({ kind: "number", values: new Float64Array(values) }),
};

/** As programs and spreadsheets write numbers; no hexadecimal ones, and no infinity. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function checkNumber(value: number, field: FieldOf<"number">, place: Place): number {
  if (!Number.isFinite(value)) throw wrongType(place, "a finite number", String(value));
  if (field.integer === true && !Number.isInteger(value))
    throw wrongType(place, number.expected(field), String(value));
  return value;
}

const boolean: FieldKind<FieldOf<"boolean">, number> = {
  expected: () => "true or false",
  depth: () => 0,
  fromJson(reader, _, place) {
    const kind = reader.peek();
    if (kind !== "boolean") throw wrongType(place, "true or false", nameOf(kind));
    return reader.readBoolean() ? 1 : 0;
  },
  fromText(text, _, place) {
    if (/^\s*(?:true|1)\s*$/i.test(text)) return 1;
    if (/^\s*(?:false|0)\s*$/i.test(text)) return 0;
    throw wrongType(place, "true or false", quote(text));
  },
  missing: Number.NaN,
  toColumn: (values) => ({ kind: "number", values: new Float64Array(values) }),
};

/** Texts of any sort: what they must be is the check's matter. */
function textKind<Field extends InputField>(
  expected: string,
  check: (text: string, field: Field, place: Place) => string,
): FieldKind<Field, string | null> {
  return {
    expected: () => expected,
    depth: () => 0,
    fromJson(reader, field, place) {
      const kind = reader.peek();
      if (kind !== "string") throw wrongType(place, expected, nameOf(kind));
      return check(reader.readString(), field, place);
    },
    fromText: check,
    missing: null,
    toColumn: (values) => ({ kind: "text", values }),
  };
}

const category = textKind<FieldOf<"category">>("a string", (text) => text);

const text = textKind<FieldOf<"text">>("a string", (value, { maxLength }, place) => {
  // Characters may be two code units: counted only where that can matter.
  if (maxLength !== undefined && value.length > maxLength) {
    const characters = Array.from(value).length;
    if (characters > maxLength)
      throw invalid(
        place,
        `${characters} characters are over the limit of ${maxLength}; send less`,
      );
  }
  return value;
});

const DATE = "a date as ISO 8601 writes it, such as 2026-11-23 or 2026-11-23T08:30:00Z";

const date = textKind<FieldOf<"date">>(DATE, (value, _, place) => {
  if (parseIsoDate(value) === undefined) throw wrongType(place, DATE, quote(value));
  return value;
});

/** Files, in base64 or as data URLs where they come in a text. */
function fileKind<Field extends InputField>(what: string): FieldKind<Field, Uint8Array | null> {
  const expected = `${what} in base64, or as a data URL`;
  const decode = (value: string, place: Place): Uint8Array => {
    const bytes = decodeFile(value);
    if (bytes === undefined) throw invalid(place, `this is not base64; expected ${expected}`);
    if (bytes.length === 0) throw invalid(place, `this is empty; expected ${expected}`);
    return bytes;
  };
  return {
    expected: () => expected,
    depth: () => 0,
    fromJson(reader, _, place) {
      const kind = reader.peek();
      if (kind !== "string") throw wrongType(place, expected, nameOf(kind));
      return decode(reader.readString(), place);
    },
    fromText: (value, _, place) => decode(value, place),
    missing: null,
    toColumn: (values) => ({ kind: "bytes", values }),
  };
}

const image = fileKind<FieldOf<"image">>("an image (JPEG, PNG or WebP)");
const audio = fileKind<FieldOf<"audio">>("a WAV file");

const series: FieldKind<FieldOf<"series">, Float32Array> = {
  expected: ({ unit }) => `a list of numbers${unit === undefined ? "" : ` (${unit})`}`,
  depth: () => 1,
  fromJson(reader, field, place, maxElements) {
    const { shape, data } = readNested(reader, "FP32", place, series.expected(field), maxElements);
    if (shape.length !== 1)
      throw wrongType(place, series.expected(field), `a list of ${shape.length} dimensions`);
    const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = field;
    const samples = data as Float32Array;
    if (samples.length < minLength)
      throw invalid(place, `${samples.length} values, expected at least ${minLength}`);
    if (samples.length > maxLength)
      throw invalid(place, `${samples.length} values are over the limit of ${maxLength}`);
    return samples;
  },
  fromText: (value, field, place, maxElements) =>
    fromJsonText(value, place, (reader) => series.fromJson(reader, field, place, maxElements)),
  missing: undefined,
  toColumn: (values, { rate }) => ({
    kind: "series",
    values,
    ...(rate !== undefined && { rates: values.map(() => rate) }),
  }),
};

const tensor: FieldKind<FieldOf<"tensor">, TensorData> = {
  expected: ({ datatype, shape }) => `nested lists of shape [${shape.join(",")}] (${datatype})`,
  depth: ({ shape }) => shape.length,
  fromJson(reader, field, place, maxElements) {
    const expected = tensor.expected(field);
    const { shape, data } = readNested(reader, field.datatype, place, expected, maxElements);
    const fits =
      shape.length === field.shape.length && shape.every((n, axis) => n === field.shape[axis]);
    if (!fits) throw wrongType(place, expected, `the shape [${shape.join(",")}]`);
    return data;
  },
  fromText: (value, field, place, maxElements) =>
    fromJsonText(value, place, (reader) => tensor.fromJson(reader, field, place, maxElements)),
  missing: undefined,
  toColumn(values, { datatype, shape }) {
    const whole = [values.length, ...shape];
    const { array } = DATATYPES[datatype];
    if (array === undefined) {
      const data = values.flatMap((strings) => (isStrings(strings) ? strings : []));
      return { kind: "tensor", tensor: { datatype, shape: whole, data } };
    }
    const width = elementCount(shape);
    const data = new array(values.length * width);
    values.forEach((row, index) => data.set(row as never, index * width));
    return { kind: "tensor", tensor: { datatype, shape: whole, data } };
  },
};

/** What each type of field is. */
const KINDS: Readonly<Record<InputField["type"], FieldKind<InputField, unknown>>> = {
  number,
  boolean,
  category,
  text,
  date,
  image,
  audio,
  series,
  tensor,
};

/** What a field's type is; what its values are is the kind's own business. */
export function kindOf({ type }: InputField): FieldKind<InputField, unknown> {
  return KINDS[type];
}

function readNested(
  reader: JsonReader,
  datatype: FieldOf<"tensor">["datatype"],
  place: Place,
  expected: string,
  maxElements: number,
): { shape: readonly number[]; data: TypedArray | readonly string[] } {
  const kind = reader.peek();
  if (kind === "object") throw wrongType(place, expected, "an object");
  const root = `${place.field}${place.where} `;
  const elements = new ElementReader(place.field, root, datatype, 16, maxElements);
  elements.read(reader, 0);
  return { shape: elements.shape, data: elements.data as TypedArray | readonly string[] };
}

/** A list in a cell of CSV or a field of a form: as JSON. */
function fromJsonText<Value>(
  value: string,
  place: Place,
  read: (reader: JsonReader) => Value,
): Value {
  if (!/^\s*\[/.test(value)) throw wrongType(place, "a list as JSON writes it", quote(value));
  const reader = new JsonReader(encodeUtf8(value), 64);
  const result = read(reader);
  reader.finish();
  return result;
}

/** A kind of JSON value, in words. */
export function nameOf(kind: string): string {
  if (kind === "null") return "null";
  return `${kind === "object" || kind === "array" ? "an" : "a"} ${kind}`;
}

function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
