import { toByteCharacters } from "./byteCharacters.ts";
import { each, PUNCTUATION, runs, SPACE, WORD } from "./characters.ts";
import type { Library } from "./library.ts";
import { toRegExp } from "./patterns.ts";
import { split, type Piece } from "./split.ts";
import type { PreTokenizerConfig } from "./tokenizerFile.ts";

/** Splits a piece into pieces; tokens never reach over their borders. */
export type PreTokenize = (piece: Piece) => Piece[];

/**
 * The pre-tokenizers of Rust's crate `tokenizers`.
 *
 * @throws StepProblem for a pattern that JavaScript cannot express.
 */
export function makePreTokenize(
  config: PreTokenizerConfig | null | undefined,
  library: Library,
): PreTokenize {
  const preTokenize = make(config, library);
  // Nothing is not given a space before it.
  return (piece) => (piece.text === "" ? [] : preTokenize(piece));
}

function make(config: PreTokenizerConfig | null | undefined, library: Library): PreTokenize {
  switch (config?.type) {
    case undefined:
      return (piece) => [piece];
    case "BertPreTokenizer":
      return (piece) =>
        split(piece, SPACES, "Removed").flatMap((word) => split(word, MARKS, "Isolated"));
    case "ByteLevel":
      return byteLevel(config);
    case "CharDelimiterSplit": {
      const pattern = toRegExp({ String: config.delimiter }, library);
      return (piece) => split(piece, pattern, "Removed");
    }
    case "Digits": {
      const behavior = config.individual_digits ? "Isolated" : "Contiguous";
      return (piece) => split(piece, DIGITS, behavior);
    }
    case "FixedLength": {
      const pattern = new RegExp(`.{1,${config.length}}`, "gsu");
      return (piece) => split(piece, pattern, "Isolated");
    }
    case "Metaspace":
      return metaspace(config, library);
    case "Punctuation":
      return (piece) => split(piece, MARKS, config.behavior);
    case "Split": {
      const pattern = toRegExp(config.pattern, library);
      return (piece) => split(piece, pattern, config.behavior, config.invert);
    }
    case "Whitespace":
      return (piece) => split(piece, WORDS, "Removed", true);
    case "WhitespaceSplit":
      return (piece) => split(piece, SPACES, "Removed");
    case "Sequence": {
      const all = config.pretokenizers.map((one) => make(one, library));
      return (piece) => all.reduce((pieces, one) => pieces.flatMap(one), [piece]);
    }
  }
}

/** GPT-2's: bytes as characters, words with the space before them. */
function byteLevel(config: Extract<PreTokenizerConfig, { type: "ByteLevel" }>): PreTokenize {
  return ({ text, first }) => {
    const prefixed = config.add_prefix_space && !text.startsWith(" ") ? ` ${text}` : text;
    const whole = { text: prefixed, first };
    const pieces = config.use_regex ? split(whole, BYTE_LEVEL_WORDS, "Isolated") : [whole];
    return pieces.map((piece) => ({ ...piece, text: toByteCharacters(piece.text) }));
  };
}

/** SentencePiece's: spaces as visible characters, each with the word after it. */
function metaspace(
  config: Extract<PreTokenizerConfig, { type: "Metaspace" }>,
  library: Library,
): PreTokenize {
  const { replacement, add_prefix_space: older = true } = config;
  const scheme = config.prepend_scheme ?? (older ? "always" : "never");
  const pattern = toRegExp({ String: replacement }, library);
  return ({ text, first }) => {
    const replaced = text.replaceAll(" ", () => replacement);
    const wanted = scheme === "always" || (scheme === "first" && first);
    const missing = wanted && !replaced.startsWith(replacement);
    const whole = { text: missing ? replacement + replaced : replaced, first };
    return config.split ? split(whole, pattern, "MergedWithNext") : [whole];
  };
}

const SPACES = each(SPACE);
const MARKS = each(PUNCTUATION);
const DIGITS = /\p{N}/gu;
const WORDS = new RegExp(`${runs(WORD).source}|[^${WORD}${SPACE}]+`, "gu");
const BYTE_LEVEL_WORDS = new RegExp(
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${SPACE}\p{L}\p{N}]+|` +
    String.raw`[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  "gu",
);
