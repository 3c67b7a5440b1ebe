import { each, SPACE } from "./characters.ts";
import { toByteCharacters } from "./byteCharacters.ts";
import type { Library } from "./library.ts";
import { toRegExp } from "./patterns.ts";
import { precompiled } from "./precompiled.ts";
import type { NormalizerConfig } from "./tokenizerFile.ts";

/** Brings a text into the form that the vocabulary was learnt from. */
export type Normalize = (text: string) => string;

/**
 * The normalizers of Rust's crate `tokenizers`.
 *
 * @throws StepProblem for a pattern or a table that cannot be read.
 */
export function makeNormalize(
  config: NormalizerConfig | null | undefined,
  library: Library,
): Normalize {
  switch (config?.type) {
    case undefined:
      return (text) => text;
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(config.type);
    case "Lowercase":
      return lowercase;
    case "StripAccents":
      return (text) => text.replace(/\p{M}/gu, "");
    case "Strip": {
      const start = config.strip_left ? new RegExp(`^[${SPACE}]+`, "u") : /^/u;
      const end = config.strip_right ? new RegExp(`[${SPACE}]+$`, "u") : /$/u;
      return (text) => text.replace(start, "").replace(end, "");
    }
    case "Nmt":
      return (text) => text.replace(NMT_REMOVED, "").replace(NMT_SPACES, " ");
    case "Precompiled":
      return precompiled(config.precompiled_charsmap);
    case "Replace": {
      const pattern = toRegExp(config.pattern, library);
      // A function, as `$` means something in a text.
      return (text) => text.replace(pattern, () => config.content);
    }
    case "Prepend":
      return (text) => (text === "" ? "" : config.prepend + text);
    case "ByteLevel":
      return toByteCharacters;
    case "BertNormalizer":
      return bert(config);
    case "Sequence": {
      const all = config.normalizers.map((one) => makeNormalize(one, library));
      return (text) => all.reduce((changed, normalize) => normalize(changed), text);
    }
  }
}

/** Letter by letter, where JavaScript writes a sigma at the end of a word otherwise. */
function lowercase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

function bert(config: Extract<NormalizerConfig, { type: "BertNormalizer" }>): Normalize {
  const stripAccents = config.strip_accents ?? config.lowercase;
  return (given) => {
    let text = given;
    if (config.clean_text) text = text.replace(BERT_REMOVED, "").replace(BERT_SPACES, " ");
    if (config.handle_chinese_chars) text = text.replace(BERT_IDEOGRAPHS, " $& ");
    if (stripAccents) text = text.normalize("NFD").replace(/\p{Mn}/gu, "");
    return config.lowercase ? lowercase(text) : text;
  };
}

const BERT_REMOVED = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\0\uFFFD]/gu;
const BERT_SPACES = each(SPACE);
const BERT_IDEOGRAPHS =
  /[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{F900}-\u{FAFF}\u{2F800}-\u{2FA1F}]/gu;

/** Google's neural machine translation. */
const NMT_REMOVED = each(String.raw`\u0001-\u0008\u000B\u000E-\u001F\u007F\u008F\u009F`);
const NMT_SPACES = /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/gu;
