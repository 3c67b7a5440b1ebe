import type { TemplatePart } from "./specialTokens.ts";

/** A row's tokens, with the special ones. */
export interface Sequence {
  readonly ids: number[];
  /** 0 or 1: which of two texts a token belongs to. */
  readonly types: number[];
}

/**
 * How many tokens of two texts are kept, so that no more than `room` are: the longer one is cut
 * first. `longest_first` of Rust's crate `tokenizers`.
 *
 * @param b tokens of the second text; 0 if there is none.
 */
export function roomFor(a: number, b: number, room: number): [number, number] {
  if (a + b <= room) return [a, b];
  // The shorter one is cut only where half the room is not enough for it.
  const short = Math.min(a, b, Math.floor(room / 2));
  return a <= b ? [short, room - short] : [room - short, short];
}

/** Keeps so many tokens; cuts from the given side. */
export function cut(
  ids: readonly number[],
  kept: number,
  side: "left" | "right",
): readonly number[] {
  if (ids.length <= kept) return ids;
  return side === "right" ? ids.slice(0, kept) : ids.slice(ids.length - kept);
}

/** Puts a row together. */
export function fillTemplate(
  template: readonly TemplatePart[],
  a: readonly number[],
  b: readonly number[],
): Sequence {
  const ids: number[] = [];
  const types: number[] = [];
  for (const part of template) {
    const more = "ids" in part ? part.ids : part.text === "A" ? a : b;
    for (const id of more) {
      ids.push(id);
      types.push(part.type);
    }
  }
  return { ids, types };
}

/** Number of a template's special tokens. */
export function specialCount(template: readonly TemplatePart[]): number {
  return template.reduce((count, part) => count + ("ids" in part ? part.ids.length : 0), 0);
}
