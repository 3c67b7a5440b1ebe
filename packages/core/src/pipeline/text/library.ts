/**
 * What is used of `@huggingface/tokenizers`: the models, and the translation of patterns. The rest
 * is written here, as the library's normalizers, pre-tokenizers and post-processors differ from
 * those of the Rust crate that training uses: `\w` is ASCII, punctuation is not isolated, the tables
 * of SentencePiece are not read, pairs lose texts, unknown words run together.
 */
export interface Library {
  readonly SplitPreTokenizer: new (config: object) => { readonly pattern: RegExp };
  readonly WordPiece: new (config: object) => LibraryModel;
  readonly BPE: new (config: object) => LibraryModel;
  readonly Unigram: new (config: object, endOfSequence: string) => LibraryModel;
}

/** Makes tokens of pieces of text. */
export type LibraryModel = (pieces: string[]) => string[];

/** Loads the library; who has no text pays nothing for it. */
export async function loadLibrary(): Promise<Library> {
  return (await import("@huggingface/tokenizers")) as unknown as Library;
}
