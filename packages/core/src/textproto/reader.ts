import { parseTextProto, type TextField, type TextMessage, type TextValue } from "./parse.ts";
import { formatPlace, TextProtoProblem, type Place } from "./problem.ts";

/**
 * Reads the fields of a message by name and type, and knows in the end which were not asked for.
 *
 * ```ts
 * const config = MessageReader.parse(text);
 * const name = config.string("name") ?? "";
 * for (const group of config.messages("instance_group")) group.integer("count");
 * for (const notice of config.unknown()) log.warn(notice);
 * ```
 *
 * Every method throws TextProtoProblem, with line and column, where a value is not of its type, or a
 * field that must be single is given twice.
 */
export class MessageReader implements Place {
  readonly line: number;
  readonly column: number;
  /** What messages call this one: `config.instance_group`; empty for the outermost. */
  readonly path: string;
  readonly #fields: readonly TextField[];
  readonly #asked = new Set<string>();
  readonly #opened: MessageReader[] = [];

  constructor({ fields, line, column }: TextMessage, path = "") {
    this.#fields = fields;
    this.path = path;
    this.line = line;
    this.column = column;
  }

  /** @throws TextProtoProblem */
  static parse(text: string): MessageReader {
    return new MessageReader(parseTextProto(text));
  }

  /** Whether a field is there at all: what a message without fields says is said by being there. */
  has(name: string): boolean {
    return this.#all(name).length > 0;
  }

  /** Where a field stands, each time that it is given. */
  placesOf(name: string): Place[] {
    return this.#all(name).map(({ line, column }) => ({ line, column }));
  }

  string(name: string): string | undefined {
    return this.#single(name, toText);
  }

  strings(name: string): string[] {
    return this.#all(name).map((field) => toText(field));
  }

  /**
   * An integer that a double holds exactly.
   *
   * @param min and `max`: its range, both included.
   */
  integer(name: string, min?: number, max?: number): number | undefined {
    return this.#single(name, (field) => toInteger(field, min, max));
  }

  integers(name: string, min?: number, max?: number): number[] {
    return this.#all(name).map((field) => toInteger(field, min, max));
  }

  /** A float, which may be written as an integer, and be `inf` or `nan`. */
  float(name: string): number | undefined {
    return this.#single(name, toFloat);
  }

  floats(name: string): number[] {
    return this.#all(name).map(toFloat);
  }

  boolean(name: string): boolean | undefined {
    return this.#single(name, toBoolean);
  }

  booleans(name: string): boolean[] {
    return this.#all(name).map(toBoolean);
  }

  /**
   * The value of an enum, by name or number.
   *
   * @param numbers of the enum's values, by name.
   */
  enumeration<Name extends string>(
    name: string,
    numbers: Readonly<Record<Name, number>>,
  ): Name | undefined {
    return this.#single(name, (field) => {
      const { value } = field;
      if (value.kind === "word" && Object.hasOwn(numbers, value.word)) return value.word as Name;
      const names = Object.keys(numbers) as Name[];
      const found =
        value.kind === "integer" && names.find((each) => BigInt(numbers[each]) === value.integer);
      if (found) return found;
      throw misfit(field, `one of ${names.join(", ")}`);
    });
  }

  message(name: string): MessageReader | undefined {
    return this.#single(name, (field) => this.#open(field));
  }

  messages(name: string): MessageReader[] {
    return this.#all(name).map((field) => this.#open(field));
  }

  /**
   * The entries of a map, whose keys are strings; of a repeated key, the last one counts.
   *
   * @param read gives the value of an entry, which is the field `value`.
   */
  map<Value>(name: string, read: (entry: MessageReader) => Value | undefined): Map<string, Value> {
    const entries = new Map<string, Value>();
    for (const entry of this.messages(name)) {
      const value = read(entry);
      if (value === undefined)
        throw new TextProtoProblem(entry, `an entry of "${this.#pathOf(name)}" has no value`);
      entries.set(entry.string("key") ?? "", value);
    }
    return entries;
  }

  /** What is written, here and in the messages that were opened, but was not asked for. */
  unknown(): string[] {
    return this.unknownFields().map(({ place, message }) => `${formatPlace(place)}: ${message}`);
  }

  /** As {@link unknown}, the places apart. */
  unknownFields(): { readonly place: Place; readonly message: string }[] {
    const own = this.#fields
      .filter(({ name }) => !this.#asked.has(name))
      .map(({ name, line, column }) => ({
        place: { line, column },
        message: `the field "${this.#pathOf(name)}" is not known`,
      }));
    return [...own, ...this.#opened.flatMap((message) => message.unknownFields())];
  }

  #all(name: string): TextField[] {
    this.#asked.add(name);
    return this.#fields.filter((field) => field.name === name);
  }

  #single<Value>(name: string, read: (field: TextField) => Value): Value | undefined {
    const [first, second] = this.#all(name);
    if (second !== undefined)
      throw new TextProtoProblem(second, `the field "${this.#pathOf(name)}" is given twice`);
    return first && read(first);
  }

  #open(field: TextField): MessageReader {
    if (field.value.kind !== "message") throw misfit(field, "a message in braces");
    const message = new MessageReader(field.value.message, this.#pathOf(field.name));
    this.#opened.push(message);
    return message;
  }

  #pathOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}

function toText(field: TextField): string {
  if (field.value.kind !== "string") throw misfit(field, "a string in quotes");
  return field.value.text;
}

function toInteger(
  field: TextField,
  min: number = Number.MIN_SAFE_INTEGER,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const { value } = field;
  if (value.kind !== "integer" || value.integer < min || value.integer > max)
    throw misfit(field, `an integer from ${min} to ${max}`);
  return Number(value.integer);
}

function toFloat(field: TextField): number {
  const { value } = field;
  if (value.kind === "float") return value.float;
  if (value.kind === "integer") return Number(value.integer);
  const match = value.kind === "word" ? /^(-?)(?:(inf(?:inity)?f?)|nan)$/i.exec(value.word) : null;
  if (match === null) throw misfit(field, "a number");
  return match[2] === undefined ? Number.NaN : match[1] === "" ? Infinity : -Infinity;
}

/** Source: the specification's table of Booleans. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["True", true],
  ["t", true],
  ["false", false],
  ["False", false],
  ["f", false],
]);

function toBoolean(field: TextField): boolean {
  const { value } = field;
  const found =
    value.kind === "word"
      ? BOOLEANS.get(value.word)
      : value.kind === "integer" && (value.integer === 0n || value.integer === 1n)
        ? value.integer === 1n
        : undefined;
  if (found === undefined) throw misfit(field, "true or false");
  return found;
}

function misfit({ name, value, ...place }: TextField, expected: string): TextProtoProblem {
  return new TextProtoProblem(
    place,
    `the field "${name}" must be ${expected}, got ${format(value)}`,
  );
}

function format(value: TextValue): string {
  switch (value.kind) {
    case "message":
      return "a message";
    case "string":
      return JSON.stringify(value.text.length > 60 ? `${value.text.slice(0, 59)}…` : value.text);
    case "word":
      return value.word;
    case "integer":
      return String(value.integer);
    case "float":
      return String(value.float);
  }
}
