import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { columnOf } from "../columns.ts";
import { NO_PLATFORM, runStep } from "../exampleFrame.test.ts";
import { tokenize } from "./tokenize.ts";

const FILE = {
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    vocab: { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, a: 4, b: 5, "##c": 6 },
  },
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "Whitespace" },
  post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
};

function run(
  given: Record<string, (string | null)[]>,
  options: object = {},
  file: object = FILE,
): ReturnType<typeof runStep> {
  return runStep(tokenize, {
    options: { column: "text", maxLength: 8, ...options },
    given,
    files: { "tokenizer.json": file },
  });
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("a b", "AC bc"),
);

test("rows are what they are alone, and padding is what the mask leaves out", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 4 }),
      fc.constantFrom("left", "right"),
      async (texts, paddingSide) => {
        const options = { paddingSide, multipleOf: 3 };
        const { frame } = await run({ text: texts }, options);
        const ids = columnOf(frame, "input_ids", "tensor").tensor;
        const mask = columnOf(frame, "attention_mask", "tensor").tensor;
        const length = ids.shape[1]!;
        assert.deepEqual([ids.shape[0], length % 3, ids.shape], [texts.length, 0, mask.shape]);
        for (const [row, one] of texts.entries()) {
          const alone = await run({ text: [one] });
          const expected = [
            ...(columnOf(alone.frame, "input_ids", "tensor").tensor.data as BigInt64Array),
          ];
          const cells = (data: unknown): bigint[] => [
            ...(data as BigInt64Array).subarray(row * length, (row + 1) * length),
          ];
          const masked = cells(mask.data);
          const padding = Array.from({ length: length - expected.length }, () => 0n);
          const place = <T>(values: T[], rest: T[]): T[] =>
            paddingSide === "left" ? [...rest, ...values] : [...values, ...rest];
          assert.deepEqual(cells(ids.data), place(expected, padding));
          assert.deepEqual(
            masked,
            place(
              expected.map(() => 1n),
              padding,
            ),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a missing text counts as an empty one, and no tokens are one of padding", async () => {
  const { frame } = await run({ text: ["", null] }, { specialTokens: false });
  for (const name of ["input_ids", "attention_mask"]) {
    const { shape, data } = columnOf(frame, name, "tensor").tensor;
    assert.deepEqual(
      [shape, [...(data as BigInt64Array)]],
      [
        [2, 1],
        [0n, 0n],
      ],
    );
  }
});

test("of a long text no more than needed is looked at, and the rest changes nothing", async () => {
  const idsOf = async (one: string, options: object): Promise<bigint[]> =>
    Array.from(
      columnOf((await run({ text: [one] }, options)).frame, "input_ids", "tensor").tensor
        .data as BigInt64Array,
    );
  for (const truncationSide of ["left", "right"])
    assert.deepEqual(await idsOf("a b ".repeat(50_000), { truncationSide }), [
      2n,
      4n,
      5n,
      4n,
      5n,
      4n,
      5n,
      3n,
    ]);
});

test("a lone surrogate is a replacement character", async () => {
  const idsOf = async (one: string): Promise<unknown> =>
    columnOf((await run({ text: [one] })).frame, "input_ids", "tensor").tensor;
  assert.deepEqual(await idsOf("a\ud800 b"), await idsOf("a\ufffd b"));
});

describe("says what is wrong with a bundle", () => {
  const changed = (part: string, value: unknown): object => ({ ...FILE, [part]: value });
  const bpe = { type: "BPE", vocab: { "[PAD]": 0, a: 1 }, merges: [] };
  const cases: [string, object, object, RegExp][] = [
    ["a column that is not there", { column: "txet" }, FILE, /did you mean "text"/],
    ["no room", { maxLength: 2 }, FILE, /no room is left beside 2 special tokens/],
    ["no such padding", { padToken: "<pad>" }, FILE, /"<pad>" is not in the vocabulary/],
    [
      "no padding at all",
      {},
      changed("model", { type: "WordLevel", unk_token: "x", vocab: { x: 0 } }),
      /names no token to pad with/,
    ],
    [
      "a normalizer that is not known",
      {},
      changed("normalizer", { type: "Rot13" }),
      /^tokenizer.json: normalizer.type: .*'BertNormalizer'/,
    ],
    [
      "a pattern that JavaScript has not",
      {},
      changed("pre_tokenizer", {
        type: "Split",
        pattern: { Regex: "[[:graph:]]" },
        behavior: "Isolated",
      }),
      /the pattern \[\[:graph:\]\] is not supported/,
    ],
    ["chance", {}, changed("model", { ...bpe, dropout: 0.1 }), /drops merges at random/],
    [
      "prefixes within BPE",
      {},
      changed("model", { ...bpe, continuing_subword_prefix: "##" }),
      /continuing_subword_prefix is not supported/,
    ],
    [
      "an unknown token that is not known",
      {},
      changed("model", { ...FILE.model, unk_token: "<unk>" }),
      /"<unk>", is not in the vocabulary/,
    ],
    [
      "a damaged table",
      {},
      changed("normalizer", { type: "Precompiled", precompiled_charsmap: "AAA" }),
      /precompiled_charsmap is damaged/,
    ],
    ["no model", {}, changed("model", undefined), /^tokenizer.json: model: /],
  ];
  for (const [name, options, file, message] of cases) {
    test(name, () =>
      assert.rejects(run({ text: ["a"] }, options, file), { name: "StepProblem", message }),
    );
  }

  test("no JSON", async () => {
    const call = runStep(
      tokenize,
      { options: { column: "text", maxLength: 8 }, given: { text: ["a"] } },
      {
        platform: { ...NO_PLATFORM, readFile: () => Promise.resolve(new Uint8Array([1, 2])) },
      },
    );
    await assert.rejects(call, {
      name: "StepProblem",
      message: "tokenizer.json is not valid JSON",
    });
  });
});
