import { z } from "zod";
import { StepProblem } from "../step.ts";

/** A pattern, as Rust's crate `tokenizers` writes it: Oniguruma's syntax, or a text as it is. */
const pattern = z.union([
  z.object({ String: z.string().min(1) }),
  z.object({ Regex: z.string().min(1) }),
]);

const behavior = z.enum([
  "Removed",
  "Isolated",
  "MergedWithPrevious",
  "MergedWithNext",
  "Contiguous",
]);

/** What texts go through before they are split. */
const normalizer = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("BertNormalizer"),
    clean_text: z.boolean().default(true),
    handle_chinese_chars: z.boolean().default(true),
    strip_accents: z.boolean().nullish(),
    lowercase: z.boolean().default(true),
  }),
  z.object({ type: z.enum(["NFC", "NFD", "NFKC", "NFKD"]) }),
  z.object({ type: z.literal("Lowercase") }),
  z.object({ type: z.literal("StripAccents") }),
  z.object({
    type: z.literal("Strip"),
    strip_left: z.boolean().default(true),
    strip_right: z.boolean().default(true),
  }),
  z.object({ type: z.literal("Nmt") }),
  z.object({ type: z.literal("Precompiled"), precompiled_charsmap: z.string() }),
  z.object({ type: z.literal("Replace"), pattern, content: z.string() }),
  z.object({ type: z.literal("Prepend"), prepend: z.string() }),
  z.object({ type: z.literal("ByteLevel") }),
  z.object({
    type: z.literal("Sequence"),
    get normalizers() {
      return z.array(normalizer);
    },
  }),
]);

/** What splits texts into what the model looks at, one piece at a time. */
const preTokenizer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("BertPreTokenizer") }),
  z.object({
    type: z.literal("ByteLevel"),
    add_prefix_space: z.boolean().default(true),
    use_regex: z.boolean().default(true),
  }),
  z.object({ type: z.literal("CharDelimiterSplit"), delimiter: z.string().min(1) }),
  z.object({ type: z.literal("Digits"), individual_digits: z.boolean().default(false) }),
  z.object({ type: z.literal("FixedLength"), length: z.int().positive() }),
  z.object({
    type: z.literal("Metaspace"),
    replacement: z.string().min(1),
    prepend_scheme: z.enum(["always", "never", "first"]).optional(),
    /** What older files write for `prepend_scheme`. */
    add_prefix_space: z.boolean().optional(),
    split: z.boolean().default(true),
  }),
  z.object({ type: z.literal("Punctuation"), behavior: behavior.default("Isolated") }),
  z.object({
    type: z.literal("Split"),
    pattern,
    behavior,
    invert: z.boolean().default(false),
  }),
  z.object({ type: z.literal("Whitespace") }),
  z.object({ type: z.literal("WhitespaceSplit") }),
  z.object({
    type: z.literal("Sequence"),
    get pretokenizers() {
      return z.array(preTokenizer);
    },
  }),
]);

// Vocabularies have up to some 100,000 entries: they are not looked through one by one.
const vocabulary = z.custom<Record<string, number>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object",
);
const pairs = z.custom<[string, number][]>(Array.isArray, "expected an array");

/** What makes tokens of pieces. */
const model = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("WordPiece"),
    unk_token: z.string(),
    continuing_subword_prefix: z.string().default("##"),
    max_input_chars_per_word: z.int().positive().default(100),
    vocab: vocabulary,
  }),
  z.object({ type: z.literal("WordLevel"), unk_token: z.string(), vocab: vocabulary }),
  z.object({
    type: z.literal("BPE"),
    dropout: z.number().nullish(),
    unk_token: z.string().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
    fuse_unk: z.boolean().nullish(),
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    vocab: vocabulary,
    merges: z.custom<string[] | [string, string][]>(Array.isArray, "expected an array"),
  }),
  z.object({
    type: z.literal("Unigram"),
    unk_id: z.int().nullish(),
    byte_fallback: z.boolean().nullish(),
    vocab: pairs,
  }),
]);

const templateItem = z.union([
  z.object({ SpecialToken: z.object({ id: z.string(), type_id: z.int() }) }),
  z.object({ Sequence: z.object({ id: z.enum(["A", "B"]), type_id: z.int() }) }),
]);
const tokenAndId = z.tuple([z.string(), z.int()]);

/** What puts special tokens around one text or two. */
const postProcessor = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("TemplateProcessing"),
    single: z.array(templateItem),
    pair: z.array(templateItem),
    special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int()) })),
  }),
  z.object({ type: z.literal("BertProcessing"), sep: tokenAndId, cls: tokenAndId }),
  z.object({ type: z.literal("RobertaProcessing"), sep: tokenAndId, cls: tokenAndId }),
  z.object({ type: z.literal("ByteLevel") }),
  z.object({
    type: z.literal("Sequence"),
    get processors() {
      return z.array(postProcessor);
    },
  }),
]);

const addedToken = z.object({
  id: z.int().nonnegative(),
  content: z.string().min(1),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(true),
});

/**
 * What counts of a `tokenizer.json`, in the words of Hugging Face's crate `tokenizers`. Its own
 * truncation is not: how long texts may be is said in the bundle.
 */
const tokenizerFile = z.object({
  added_tokens: z.array(addedToken).default([]),
  normalizer: normalizer.nullish(),
  pre_tokenizer: preTokenizer.nullish(),
  post_processor: postProcessor.nullish(),
  padding: z
    .object({ pad_id: z.int(), pad_type_id: z.int().default(0), pad_token: z.string() })
    .nullish(),
  model,
});

export type TokenizerFile = z.output<typeof tokenizerFile>;
export type NormalizerConfig = z.output<typeof normalizer>;
export type PreTokenizerConfig = z.output<typeof preTokenizer>;
export type PostProcessorConfig = z.output<typeof postProcessor>;
export type ModelConfig = z.output<typeof model>;
export type AddedToken = z.output<typeof addedToken>;
export type Pattern = z.output<typeof pattern>;
export type SplitBehavior = z.output<typeof behavior>;

/** @throws StepProblem if it is no such file, or one with parts that are not known here. */
export function readTokenizerFile(bytes: Uint8Array, name: string): TokenizerFile {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new StepProblem(`${name} is not valid JSON`, "file");
  }
  const { data, error } = tokenizerFile.safeParse(json);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const where = issue!.path.join(".");
  throw new StepProblem(`${name}: ${where === "" ? "" : `${where}: `}${issue!.message}`, "file");
}
