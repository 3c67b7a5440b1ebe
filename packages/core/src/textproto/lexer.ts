import { TextProtoProblem, type Place } from "./problem.ts";
import { decodeStringLiteral } from "./strings.ts";

/** A word of the text: a name or enum value, a number, a string, one character of punctuation, or the end. */
export interface Token extends Place {
  readonly kind: "name" | "integer" | "float" | "string" | "sign" | "end";
  /** As written; of a string, its bytes as Latin-1, quotes and escapes gone. */
  readonly text: string;
}

/** White space and comments. */
const SKIPPED = /(?:[ \t\n\v\f\r]|#[^\n]*)*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const FLOAT =
  /(?:(?:0|[1-9]\d*)?\.\d+|(?:0|[1-9]\d*)\.)(?:[eE][+-]?\d+)?[fF]?|(?:0|[1-9]\d*)[eE][+-]?\d+[fF]?|(?:0|[1-9]\d*)[fF]/y;
const INTEGER = /0[xX][0-9A-Fa-f]+|0[0-7]+|0|[1-9]\d*/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y;
/** What may not follow a number without a gap. */
const STUCK = /[A-Za-z0-9_.]/y;

/**
 * Splits text into words, the last of which is the end.
 *
 * @throws TextProtoProblem
 */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let line = 1;
  let lineStart = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    const skipped = match(SKIPPED) as string;
    for (let at = skipped.indexOf("\n"); at >= 0; at = skipped.indexOf("\n", at + 1)) {
      line++;
      lineStart = position + at + 1;
    }
    position += skipped.length;
    const place: Place = { line, column: position - lineStart + 1 };
    if (position === text.length) {
      tokens.push({ kind: "end", text: "", ...place });
      return tokens;
    }
    const first = text[position] as string;
    if (first === '"' || first === "'") {
      const literal = match(STRING);
      if (literal === undefined)
        throw new TextProtoProblem(place, "the string does not end on its line");
      const content = decodeStringLiteral(literal.slice(1, -1), place);
      tokens.push({ kind: "string", text: content, ...place });
      position += literal.length;
      continue;
    }
    const name = match(NAME);
    const float = name === undefined ? match(FLOAT) : undefined;
    const word = name ?? float ?? match(INTEGER);
    if (word === undefined) {
      if (!"{}<>[]:,;-/.".includes(first))
        throw new TextProtoProblem(place, `unexpected character ${JSON.stringify(first)}`);
      tokens.push({ kind: "sign", text: first, ...place });
      position++;
      continue;
    }
    const kind = name !== undefined ? "name" : float !== undefined ? "float" : "integer";
    position += word.length;
    if (kind !== "name" && match(STUCK) !== undefined)
      throw new TextProtoProblem(place, `not a number: ${word}${text[position]}`);
    tokens.push({ kind, text: word, ...place });
  }
}
