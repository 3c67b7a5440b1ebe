import { encodeUtf8 } from "./utf8.ts";

/**
 * Names that a document is expected to hold, ready to be compared with its bytes: a key that is in
 * the table costs no string.
 */
export interface NameTable {
  readonly names: readonly string[];
  readonly encoded: readonly Uint8Array[];
}

export function toNameTable(names: readonly string[]): NameTable {
  return { names, encoded: names.map(encodeUtf8) };
}

/** A table of no names, for objects whose keys are unknown. */
export const NO_NAMES: NameTable = toNameTable([]);

/**
 * Index of the name whose UTF-8 form is `bytes[start, end)`, or -1.
 *
 * @param first index of the name to compare first: documents tend to keep their keys in order.
 */
export function findName(
  table: NameTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  first = 0,
): number {
  const { encoded } = table;
  const length = end - start;
  const count = encoded.length;
  for (let tried = 0; tried < count; tried++) {
    const index = (first + tried) % count;
    const name = encoded[index] as Uint8Array;
    if (name.length !== length) continue;
    let offset = 0;
    while (offset < length && name[offset] === bytes[start + offset]) offset++;
    if (offset === length) return index;
  }
  return -1;
}
