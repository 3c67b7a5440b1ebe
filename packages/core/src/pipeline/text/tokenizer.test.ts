import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { columnOf } from "../columns.ts";
import { runStep } from "../exampleFrame.test.ts";
import { loadLibrary } from "./library.ts";
import { makeNormalize } from "./normalize.ts";
import { makePreTokenize } from "./preTokenize.ts";
import { tokenize } from "./tokenize.ts";
import { openTokenizer } from "./tokenizer.ts";
import type { NormalizerConfig, PreTokenizerConfig } from "./tokenizerFile.ts";

/** What Rust's crate `tokenizers` makes of some texts, written by `vectors/make.py`. */
function readVectors<Line>(name: string): Line[] {
  const path = join(import.meta.dirname, "vectors", `${name}.jsonl`);
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Line);
}

const [{ texts, short, some, others }] = readVectors<
  Record<"texts" | "short" | "some" | "others", string[]>
>("texts") as [Record<"texts" | "short" | "some" | "others", string[]>];

const library = await loadLibrary();

describe("components equal those of the crate", () => {
  for (const { normalizer, pre_tokenizer, results } of readVectors<{
    normalizer?: NormalizerConfig;
    pre_tokenizer?: PreTokenizerConfig;
    results: unknown[];
  }>("components")) {
    const config = JSON.stringify(normalizer ?? pre_tokenizer);
    test(config.length > 200 ? `${config.slice(0, 200)}…` : config, () => {
      short.forEach((text, index) => {
        const got = normalizer
          ? makeNormalize(normalizer, library)(text)
          : makePreTokenize(
              pre_tokenizer,
              library,
            )({ text, first: true }).map((piece) => piece.text);
        assert.deepEqual(got, results[index], JSON.stringify(text));
      });
    });
  }
});

interface TokenizerCase {
  name: string;
  file: object;
  ids: number[][];
  batches: {
    options: Record<string, unknown>;
    pairs: boolean;
    ids: number[][];
    mask: number[][];
    types: number[][];
  }[];
}

describe("tokenizers equal those of the crate", () => {
  for (const { name, file, ids, batches } of readVectors<TokenizerCase>("tokenizers")) {
    test(`${name}: ids of each text`, async () => {
      const bytes = new TextEncoder().encode(JSON.stringify(file));
      const tokenizer = await openTokenizer(bytes, "tokenizer.json");
      texts.forEach((text, index) =>
        assert.deepEqual(tokenizer.encode(text, Infinity), ids[index], JSON.stringify(text)),
      );
    });
    for (const batch of batches) {
      const pairs = batch.pairs ? "pairs" : "texts";
      test(`${name}: ${pairs} with ${JSON.stringify(batch.options)}`, async () => {
        const { frame } = await runStep(tokenize, {
          options: {
            column: "text",
            ...(batch.pairs && { pair: "other" }),
            ...batch.options,
            types: "token_type_ids",
            datatype: "INT32",
          },
          given: { text: some, other: others },
          files: { "tokenizer.json": file },
        });
        const rowsOf = (column: string): number[][] => {
          const { shape, data } = columnOf(frame, column, "tensor").tensor;
          return Array.from({ length: shape[0]! }, (_, row) => [
            ...(data as Int32Array).subarray(row * shape[1]!, (row + 1) * shape[1]!),
          ]);
        };
        assert.deepEqual(rowsOf("input_ids"), batch.ids);
        assert.deepEqual(rowsOf("attention_mask"), batch.mask);
        assert.deepEqual(rowsOf("token_type_ids"), batch.types);
      });
    }
  }
});
