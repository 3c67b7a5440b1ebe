/**
 * Classes of characters as Rust's crates have them, which are Unicode's: JavaScript's own `\w` and
 * `\d` know ASCII only, and its `\s` counts U+FEFF in and U+0085 out. Each is the inside of `[…]`.
 */
export const SPACE = String.raw`\p{White_Space}`;
export const WORD = String.raw`\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}`;
/** Unicode's punctuation, and ASCII's symbols as well. */
export const PUNCTUATION = String.raw`\p{P}$+<=>^\x60|~`;

/** A class of characters as a pattern that finds them one by one. */
export function each(characters: string): RegExp {
  return new RegExp(`[${characters}]`, "gu");
}

/** A class of characters as a pattern that finds runs of them. */
export function runs(characters: string): RegExp {
  return new RegExp(`[${characters}]+`, "gu");
}
