import { StepProblem } from "../step.ts";
import type { Library, LibraryModel } from "./library.ts";
import type { ModelConfig } from "./tokenizerFile.ts";

/** Ids of a piece's tokens. */
export type IdsOf = (piece: string) => readonly number[];

/** A vocabulary with the algorithm that finds its tokens in a piece. */
export interface TokenModel {
  readonly idsOf: IdsOf;
  readonly vocabulary: ReadonlyMap<string, number>;
}

/** @throws StepProblem for a model that cannot be told from the file. */
export function makeModel(config: ModelConfig, library: Library): TokenModel {
  const vocabulary = new Map(
    config.type === "Unigram"
      ? config.vocab.map(([token], id) => [token, id])
      : Object.entries(config.vocab),
  );
  const idOf = (token: string): number | undefined => vocabulary.get(token);
  switch (config.type) {
    case "WordLevel": {
      const unknown = unknownId(vocabulary, config.unk_token);
      return { vocabulary, idsOf: (piece) => [idOf(piece) ?? unknown] };
    }
    case "WordPiece": {
      const unknown = unknownId(vocabulary, config.unk_token);
      const model = new library.WordPiece(config);
      return {
        vocabulary,
        idsOf: cached((piece) => model([piece]).map((token) => idOf(token) ?? unknown)),
      };
    }
    case "BPE": {
      if (config.dropout) throw new StepProblem("its BPE drops merges at random", "file");
      if (config.continuing_subword_prefix)
        throw new StepProblem("BPE with a continuing_subword_prefix is not supported", "file");
      const unknown =
        config.unk_token == null ? undefined : unknownId(vocabulary, config.unk_token);
      const model = new library.BPE(config);
      const idsOf = (piece: string): number[] =>
        model([piece]).flatMap((token) => idOf(token) ?? unknown ?? []);
      return { vocabulary, idsOf };
    }
    case "Unigram":
      return { vocabulary, idsOf: unigram(config, vocabulary, library) };
  }
}

function unigram(
  config: Extract<ModelConfig, { type: "Unigram" }>,
  vocabulary: ReadonlyMap<string, number>,
  library: Library,
): IdsOf {
  const unknown = config.unk_id ?? undefined;
  if (unknown === undefined)
    throw new StepProblem("Unigram without unk_id is not supported", "file");
  const model: LibraryModel = new library.Unigram(config, "");
  const bytesOf = (token: string): number[] | undefined => {
    const bytes = [...new TextEncoder().encode(token)].map((byte) =>
      vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    );
    return bytes.includes(undefined) ? undefined : (bytes as number[]);
  };
  return cached((piece) =>
    model([piece]).flatMap(
      (token) =>
        vocabulary.get(token) ?? (config.byte_fallback ? bytesOf(token) : undefined) ?? unknown,
    ),
  );
}

function unknownId(vocabulary: ReadonlyMap<string, number>, token: string): number {
  const id = vocabulary.get(token);
  if (id === undefined)
    throw new StepProblem(
      `the token for unknown words, "${token}", is not in the vocabulary`,
      "file",
    );
  return id;
}

/** Words come again and again; long pieces do not. */
const KEPT_PIECES = 10_000;
const LONGEST_KEPT = 64;

function cached(idsOf: IdsOf): IdsOf {
  const kept = new Map<string, readonly number[]>();
  return (piece) => {
    if (piece.length > LONGEST_KEPT) return idsOf(piece);
    let ids = kept.get(piece);
    if (ids === undefined) {
      ids = idsOf(piece);
      if (kept.size === KEPT_PIECES) kept.clear();
      kept.set(piece, ids);
    }
    return ids;
  };
}
