/** Longest part of a value that a message repeats. */
const SHOWN = 60;

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "keys with values",
  record: "keys with values",
  null: "null",
};

/** What zod calls a type, in words. */
export function nameType(type: string): string {
  return TYPES[type] ?? type;
}

/** A value as a message repeats it: short, and with what it is where that is not plain. */
export function formatValue(value: unknown): string {
  if (value === null) return "nothing (null)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "keys with values";
  if (typeof value !== "string") return String(value);
  const text = value.length <= SHOWN ? value : `${value.slice(0, SHOWN - 1)}…`;
  return JSON.stringify(text);
}

/** `a, b or c`; without a last word `a, b, c`. */
export function formatList(words: readonly string[], last?: string): string {
  if (last === undefined || words.length < 2) return words.join(", ");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
