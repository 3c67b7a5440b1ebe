import type { SplitBehavior } from "./tokenizerFile.ts";

/** A part of a text, and whether the text begins with it. */
export interface Piece {
  readonly text: string;
  readonly first: boolean;
}

/**
 * Splits a piece where a pattern matches; what the matches themselves become is the behaviour.
 *
 * @param inverted whether what lies between the matches counts as the matches.
 * @returns no empty pieces.
 */
export function split(
  { text, first }: Piece,
  pattern: RegExp,
  behavior: SplitBehavior,
  inverted = false,
): Piece[] {
  const parts: Part[] = [];
  let from = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (from < index) parts.push({ from, to: index, match: inverted });
    if (match !== "") parts.push({ from: index, to: index + match.length, match: !inverted });
    from = index + match.length;
  }
  if (from < text.length) parts.push({ from, to: text.length, match: inverted });
  return arrange(parts, behavior).map((part) => ({
    text: text.slice(part.from, part.to),
    first: first && part.from === 0,
  }));
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly match: boolean;
}

function arrange(parts: readonly Part[], behavior: SplitBehavior): Part[] {
  switch (behavior) {
    case "Isolated":
      return [...parts];
    case "Removed":
      return parts.filter(({ match }) => !match);
    case "Contiguous":
      return join(parts, (part, previous) => part.match === previous.match);
    case "MergedWithPrevious":
      return join(parts, (part, previous) => part.match && !previous.match);
    case "MergedWithNext":
      return join(parts, (part, previous) => previous.match && !part.match);
  }
}

/** Joins a part to the one before where `joins` says so of the two. */
function join(parts: readonly Part[], joins: (part: Part, previous: Part) => boolean): Part[] {
  const joined: Part[] = [];
  parts.forEach((part, index) => {
    const previous = parts[index - 1];
    const last = joined.at(-1);
    if (previous !== undefined && last !== undefined && joins(part, previous))
      joined[joined.length - 1] = { from: last.from, to: part.to, match: last.match };
    else joined.push(part);
  });
  return joined;
}
