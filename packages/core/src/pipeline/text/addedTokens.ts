import { SPACE, WORD } from "./characters.ts";
import type { AddedToken } from "./tokenizerFile.ts";

/** A part of a text: an added token with its id, or what lies between two. */
export interface Section {
  readonly text: string;
  /** Where it begins in the text. */
  readonly start: number;
  readonly id?: number;
}

/** Finds added tokens, which the model never sees: the leftmost first, of those the longest. */
export type FindAdded = (text: string) => Section[];

/** @param contents what to look for, if not the tokens' own contents. */
export function makeFindAdded(
  tokens: readonly AddedToken[],
  contents: readonly string[] = tokens.map(({ content }) => content),
): FindAdded {
  const byFirst = new Map<string, { content: string; token: AddedToken }[]>();
  tokens.forEach((token, index) => {
    const content = contents[index]!;
    if (content === "") return;
    const found = byFirst.get(content[0]!) ?? [];
    found.push({ content, token });
    byFirst.set(content[0]!, found);
  });
  for (const found of byFirst.values()) found.sort((a, b) => b.content.length - a.content.length);
  if (byFirst.size === 0) return (text) => [{ text, start: 0 }];

  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (let at = 0; at < text.length;) {
      const found = byFirst.get(text[at]!)?.find(({ content }) => text.startsWith(content, at));
      if (found === undefined) {
        at++;
        continue;
      }
      const { content, token } = found;
      let [start, end] = [at, at + content.length];
      at = end;
      if (token.single_word && isWithinWord(text, start, end)) continue;
      if (token.lstrip) while (start > done && ONE_SPACE.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && ONE_SPACE.test(text[end]!)) end++;
      at = end;
      if (done < start) sections.push({ text: text.slice(done, start), start: done });
      sections.push({ text: text.slice(start, end), start, id: token.id });
      done = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), start: done });
    return sections;
  };
}

function isWithinWord(text: string, start: number, end: number): boolean {
  return ENDS_WITH_WORD.test(text.slice(0, start)) || STARTS_WITH_WORD.test(text.slice(end));
}

// All white space is in the basic plane: one unit is one character.
const ONE_SPACE = new RegExp(`[${SPACE}]`, "u");
const ENDS_WITH_WORD = new RegExp(`[${WORD}]$`, "u");
const STARTS_WITH_WORD = new RegExp(`^[${WORD}]`, "u");
