import { makeFindAdded } from "./addedTokens.ts";
import { loadLibrary } from "./library.ts";
import { makeModel } from "./model.ts";
import { makeNormalize } from "./normalize.ts";
import { makePreTokenize } from "./preTokenize.ts";
import { templatesOf, type Templates } from "./specialTokens.ts";
import { readTokenizerFile, type TokenizerFile } from "./tokenizerFile.ts";

/** A `tokenizer.json`, ready for texts. */
export interface Tokenizer {
  /**
   * A text's ids, without the special tokens around it.
   *
   * @param enough after how many it may stop: the rest of a long text is then not looked at.
   */
  encode(text: string, enough: number): number[];
  readonly templates: Templates;
  readonly padding: TokenizerFile["padding"];
  idOf(token: string): number | undefined;
}

/**
 * Gives the ids that Rust's crate `tokenizers` gives, which Python's Hugging Face libraries use.
 *
 * Only of characters that are younger than the crate's tables may it
 * know what letters, marks and punctuation are where the crate does not: JavaScript's are newer.
 * Atomic groups and possessive quantifiers in patterns are taken as ordinary ones.
 *
 * @throws StepProblem if the file is damaged or has parts that are not supported.
 */
export async function openTokenizer(bytes: Uint8Array, name: string): Promise<Tokenizer> {
  const file = readTokenizerFile(bytes, name);
  const library = await loadLibrary();
  const normalize = makeNormalize(file.normalizer, library);
  const preTokenize = makePreTokenize(file.pre_tokenizer, library);
  const { idsOf, vocabulary } = makeModel(file.model, library);
  const normalized = file.added_tokens.filter((token) => token.normalized);
  const findAdded = makeFindAdded(file.added_tokens.filter((token) => !token.normalized));
  const findNormalized = makeFindAdded(
    normalized,
    normalized.map(({ content }) => normalize(content)),
  );
  const added = new Map(file.added_tokens.map(({ content, id }) => [content, id]));

  /** Ids piece by piece, in order. */
  function* tokensOf(text: string): Generator<readonly number[]> {
    // A lone surrogate is no character: training never saw one.
    for (const section of findAdded(text.toWellFormed())) {
      if (section.id !== undefined) {
        yield [section.id];
        continue;
      }
      for (const part of findNormalized(normalize(section.text))) {
        const first = section.start === 0 && part.start === 0;
        if (part.id !== undefined) yield [part.id];
        else for (const piece of preTokenize({ text: part.text, first })) yield idsOf(piece.text);
      }
    }
  }

  return {
    templates: templatesOf(file.post_processor),
    padding: file.padding,
    idOf: (token) => added.get(token) ?? vocabulary.get(token),
    encode(text, enough) {
      const ids: number[] = [];
      for (const some of tokensOf(text)) {
        for (const id of some) ids.push(id);
        if (ids.length >= enough) break;
      }
      return ids;
    },
  };
}
