/** Readers of the JSON form of protobuf messages, as `ModelConfig` is sent in. */
import type { JsonValue } from "../json/value.ts";

/** What is wrong with a configuration, and where: `instance_group[0].kind: …`. */
export class ModelConfigProblem extends Error {
  override readonly name: string = "ModelConfigProblem";
}

export type ConfigFields = Readonly<Record<string, JsonValue>>;

/** The fields of an object, of which none may be unknown that says something. @param known all of them, by default. */
export function toFields(value: JsonValue, where: string, known?: readonly string[]): ConfigFields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw problem(where, "expected an object", value);
  }
  const fields = value as ConfigFields;
  const unknown = Object.keys(fields).find(
    (name) => known !== undefined && !known.includes(name) && !isDefault(fields[name]!),
  );
  if (unknown === undefined) return fields;
  throw new ModelConfigProblem(
    `${where}: "${unknown}" is not supported; it would have no effect, leave it out`,
  );
}

/** Fields that say nothing may be there, as in what Triton itself answers. */
function isDefault(value: JsonValue): boolean {
  if (typeof value === "object") return value === null || Object.keys(value).length === 0;
  return value === "" || value === false || value === 0 || value === "FORMAT_NONE";
}

export function toList(value: JsonValue, where: string): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw problem(where, "expected a list", value);
}

export function toText(value: JsonValue, where: string): string {
  if (typeof value === "string") return value;
  throw problem(where, "expected a string", value);
}

/** 64-bit integers are strings in protobuf's JSON. */
export function toCount(value: JsonValue, where: string, least = 0): number {
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && (number as number) >= least) return number as number;
  throw problem(where, `expected an integer from ${least}`, value);
}

/** Of texts, the empty one is always among the known: it is the default. */
export function requireOneOf(value: JsonValue, where: string, known: readonly string[]): void {
  if (value === "" || known.includes(value as string)) return;
  throw problem(where, `expected ${known.join(" or ")}`, value);
}

/** The error for a value that is not what it should be. */
export function problem(where: string, expected: string, value: JsonValue): ModelConfigProblem {
  return new ModelConfigProblem(`${where}: ${expected}, got ${JSON.stringify(value)}`);
}
