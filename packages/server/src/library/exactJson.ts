/**
 * JSON in which integers of 64 bits are exact: whatever a number cannot stand for is a bigint. Plain
 * `JSON.parse` would round it, and `JSON.stringify` throws for a bigint.
 */

/** The types do not know it yet. Source: TC39, "JSON.parse source text access". */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

/** Plain values as JSON; bigints as integers. @throws TypeError as `JSON.stringify`. */
export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? rawJson(String(each)) : each,
  );
}

/**
 * JSON as plain values. An integer is a number where that is written with the same digits, as all up to 2^53
 * have and every floating-point number that was written as an integer; else a bigint.
 */
export function fromExactJson(text: string): unknown {
  // Most answers have no number so long, and a reviver takes several times as long.
  if (!LONG_INTEGER.test(text)) return JSON.parse(text) as unknown;
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source ?? "";
    const isRounded = typeof value === "number" && INTEGER.test(source) && String(value) !== source;
    return isRounded ? BigInt(source) : value;
  });
}

const LONG_INTEGER = /\d{16}/;
/** `-0` is one that `String` would change; a bigint has no such. */
const INTEGER = /^-?[1-9]\d*$/;
