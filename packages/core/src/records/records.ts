import { fail, type LongshoreError } from "../errors.ts";
import type { JsonReader } from "../json/reader.ts";
import { toNameTable, type NameTable } from "../json/nameTable.ts";
import { tryDecodeUtf8 } from "../json/utf8.ts";
import type { InputField } from "../manifest/fields.ts";
import { nearestName } from "../nearestName.ts";
import type { Column, Frame } from "../pipeline/frame.ts";
import type { RecordContract } from "./contract.ts";
import { kindOf, type FieldKind } from "./kinds.ts";
import { wrongType, type Place } from "./place.ts";

/** Collects the rows of one call, a list of values a field. */
export class Records {
  readonly contract: RecordContract;
  readonly fields: ReadonlyMap<string, FieldValues>;
  /** Names of the fields, to be compared with a document's bytes. */
  readonly names: NameTable;
  /** Rows that are complete. */
  count = 0;

  /** @param where what messages say of a row: ` in row 3`; empty where there is only one. */
  constructor(contract: RecordContract, maxElements: number, where: (row: number) => string) {
    this.contract = contract;
    this.names = namesOf(contract.inputs);
    this.fields = new Map(
      Object.entries(contract.inputs).map(([name, field]) => [
        name,
        new FieldValues(name, field, maxElements, where),
      ]),
    );
  }

  /**
   * The values of a field.
   *
   * @param where what messages say of the place of its name.
   * @throws LongshoreError FIELD_UNKNOWN
   */
  get(name: string, where = ""): FieldValues {
    const values = this.fields.get(name);
    if (values === undefined) throw unknownField(this.contract, name, where);
    return values;
  }

  /**
   * Ends a row: fields that it did not have are missing in it.
   *
   * @throws LongshoreError FIELD_MISSING, ROWS_TOO_MANY
   */
  endRow(): void {
    this.count++;
    checkCount(this.contract, this.count);
    for (const values of this.fields.values()) {
      if (values.count < this.count) values.addMissing();
    }
  }

  /** @throws LongshoreError FIELD_INVALID where there are no rows. */
  toFrame(): Frame {
    if (this.count === 0)
      throw fail("FIELD_INVALID", {
        field: "inputs",
        where: "",
        problem: "there are no rows; send at least one",
      });
    const columns = new Map<string, Column>();
    for (const [name, values] of this.fields) columns.set(name, values.toColumn());
    return { rows: this.count, columns };
  }
}

/** The values of one field, a row after the other. */
export class FieldValues implements Place {
  readonly field: string;
  readonly #type: InputField;
  readonly #kind: FieldKind<InputField, unknown>;
  readonly #values: unknown[] = [];
  readonly #maxElements: number;
  readonly #where: (row: number) => string;

  constructor(name: string, type: InputField, maxElements: number, where: (row: number) => string) {
    this.field = name;
    this.#type = type;
    this.#kind = kindOf(type);
    this.#maxElements = maxElements;
    this.#where = where;
  }

  /** Where the next value stands. */
  get where(): string {
    return this.#where(this.#values.length);
  }

  /** Rows that there are values of. */
  get count(): number {
    return this.#values.length;
  }

  /** What one row's value is, in words. */
  get expected(): string {
    return this.#kind.expected(this.#type);
  }

  /** Arrays that one row's value in JSON is nested in. */
  get depth(): number {
    return this.#kind.depth(this.#type);
  }

  /** Adds the value that comes next in a document; null is a missing one. @throws LongshoreError */
  readJson(reader: JsonReader): void {
    if (reader.peek() === "null") {
      reader.readNull();
      this.addNull();
    } else this.#values.push(this.#kind.fromJson(reader, this.#type, this, this.#maxElements));
  }

  /** Adds a value that is said to be missing. @throws LongshoreError FIELD_TYPE as {@link addMissing} */
  addNull(): void {
    if (!isOptional(this.#type)) throw wrongType(this, this.expected, "null");
    this.#values.push(this.#kind.missing);
  }

  /**
   * Adds the value of a text; an empty one is missing, but where it is a text by itself that is
   * not optional.
   *
   * @throws LongshoreError
   */
  addText(text: string): void {
    const type = this.#type;
    const meansMissing = text === "" && (type.type !== "text" || isOptional(type));
    if (meansMissing) this.addMissing();
    else this.#values.push(this.#kind.fromText(text, type, this, this.#maxElements));
  }

  /** Adds a file as it is, or the text that it holds for a field that is no file. @throws LongshoreError */
  addBytes(bytes: Uint8Array): void {
    const { type } = this.#type;
    if (type === "image" || type === "audio") {
      if (bytes.length === 0) throw wrongType(this, this.expected, "an empty file");
      this.#values.push(bytes);
      return;
    }
    const text = tryDecodeUtf8(bytes);
    if (text === undefined) throw wrongType(this, this.expected, "a file that is not UTF-8 text");
    this.addText(text);
  }

  /** @throws LongshoreError FIELD_MISSING for a field that is not optional. */
  addMissing(): void {
    if (!isOptional(this.#type)) {
      const { field, where, expected } = this;
      throw fail("FIELD_MISSING", { field, where, expected });
    }
    this.#values.push(this.#kind.missing);
  }

  toColumn(): Column {
    return this.#kind.toColumn(this.#values, this.#type);
  }
}

export function isOptional(field: InputField): boolean {
  return "optional" in field && field.optional === true;
}

/** @throws LongshoreError ROWS_TOO_MANY */
export function checkCount({ name, maxRows }: RecordContract, count: number): void {
  if (count > maxRows)
    throw fail("ROWS_TOO_MANY", { got: `at least ${count}`, limit: maxRows, model: name });
}

function unknownField({ inputs }: RecordContract, name: string, where: string): LongshoreError {
  const names = Object.keys(inputs);
  const nearest = nearestName(name, names);
  const expected = nearest === undefined ? formatFields(names) : `"${nearest}"`;
  return fail("FIELD_UNKNOWN", { field: name, where, expected });
}

/** `"age"`, or `one of "age", "height"`. */
export function formatFields(names: readonly string[]): string {
  const all = names.map((name) => `"${name}"`).join(", ");
  return names.length === 1 ? all : `one of ${all}`;
}

/** Encoded names by fields: made at a model's first call, gone with the model. */
const NAMES = new WeakMap<object, NameTable>();

function namesOf(inputs: RecordContract["inputs"]): NameTable {
  let names = NAMES.get(inputs);
  if (names === undefined) {
    names = toNameTable(Object.keys(inputs));
    NAMES.set(inputs, names);
  }
  return names;
}
