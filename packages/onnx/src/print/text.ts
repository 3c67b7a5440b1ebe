/** A name as it is where it is plain, else quoted. */
export function name(text: string): string {
  return /^[\p{L}\p{N}_.:/\-+<>#~ ]*[\p{L}\p{N}_.:/\-+<>#~]$/u.test(text) ? text : quoted(text);
}

/** Text in quotes, with everything escaped that is not to be seen or changes how text is seen. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    UNPRINTABLE,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** Control characters that JSON leaves as they are, and those that reorder text. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Long lists are cut: their head, and how many there are. */
export function list(items: readonly string[], total: number, separator = " "): string {
  return items.length === total ? items.join(separator) : `${items.join(separator)} … (${total})`;
}
