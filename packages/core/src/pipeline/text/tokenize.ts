import { z } from "zod";
import type { Datatype } from "../../datatype.ts";
import type { Tensor } from "../../tensor.ts";
import { columnOf, requireType, withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { cut, fillTemplate, roomFor, specialCount, type Sequence } from "./sequences.ts";
import { withoutSpecial } from "./specialTokens.ts";
import { openTokenizer, type Tokenizer } from "./tokenizer.ts";

const side = z.enum(["right", "left"]).default("right");
const name = z.string().min(1);

/** Hugging Face's tokenizers, from the file that training wrote. */
export const tokenize: Step = defineStep({
  name: "tokenize",
  phase: "before",
  summary: "Turns texts into token ids with the bundle's `tokenizer.json`, as Hugging Face does.",
  options: z.strictObject({
    column: z.string().describe("A text. A missing one counts as empty."),
    pair: z.string().optional().describe("A second text for the same sequence."),
    file: name.default("tokenizer.json").describe("The tokenizer, relative to the bundle."),
    maxLength: z
      .int()
      .positive()
      .describe("Tokens of a row at most, special ones included; what is beyond is cut off."),
    padding: z
      .enum(["longest", "maxLength"])
      .default("longest")
      .describe("Whether rows become as long as the longest of the call, or `maxLength`."),
    multipleOf: z.int().positive().optional().describe("Rows are padded to a multiple of it."),
    paddingSide: side.describe("Where padding stands."),
    truncationSide: side.describe("Where too long texts are cut."),
    padToken: z
      .string()
      .optional()
      .describe("The token to pad with; by default what the tokenizer says, `[PAD]` or `<pad>`."),
    specialTokens: z
      .boolean()
      .default(true)
      .describe("Whether the tokenizer's special tokens are put around the texts."),
    datatype: z.enum(["INT64", "INT32"]).default("INT64"),
    ids: name.default("input_ids").describe("Where the ids go: `[rows, tokens]`."),
    mask: name.default("attention_mask").describe("Where 1 goes for a token, 0 for padding."),
    types: name
      .optional()
      .describe("Where 0 and 1 go for the first text and the second: `token_type_ids`."),
  }),
  examples: [
    {
      options: { column: "text", maxLength: 6 },
      given: { text: ["Ships sail.", "Ahoy"] },
      files: {
        "tokenizer.json": {
          model: {
            type: "WordPiece",
            unk_token: "[UNK]",
            vocab: { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, ship: 4, "##s": 5, sail: 6 },
          },
          normalizer: { type: "BertNormalizer" },
          pre_tokenizer: { type: "BertPreTokenizer" },
          post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
        },
      },
      gives: {
        text: ["Ships sail.", "Ahoy"],
        input_ids: {
          datatype: "INT64",
          shape: [2, 6],
          data: [2, 4, 5, 6, 1, 3, 2, 1, 3, 0, 0, 0],
        },
        attention_mask: {
          datatype: "INT64",
          shape: [2, 6],
          data: [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
        },
      },
    },
  ],
  async prepare(options, { types, platform }) {
    const { column, pair, file, maxLength, datatype, multipleOf = 1 } = options;
    requireType(types, column, "text", "column");
    if (pair !== undefined) requireType(types, pair, "text", "pair");
    const tokenizer = await openTokenizer(await platform.readFile(file), file);
    const { single, pair: double } = options.specialTokens
      ? tokenizer.templates
      : withoutSpecial(tokenizer.templates);
    const template = pair === undefined ? single : double;
    const room = maxLength - specialCount(template);
    if (room < 1)
      throw new StepProblem(
        `no room is left beside ${maxLength - room} special tokens`,
        "maxLength",
      );
    // Cut at the left, all of a text counts; beside another, whether it is the longer one.
    const whole = options.truncationSide === "left" || pair !== undefined;
    const enough = whole ? Number.POSITIVE_INFINITY : room;
    const pad = paddingOf(tokenizer, options.padToken);
    const fixed = options.padding === "maxLength" ? roundUp(maxLength, multipleOf) : undefined;

    const sequenceOf = (text: string | null, other: string | null): Sequence => {
      const a = tokenizer.encode(text ?? "", enough);
      const b = pair === undefined ? [] : tokenizer.encode(other ?? "", enough);
      const [keptA, keptB] = roomFor(a.length, b.length, room);
      const from = options.truncationSide;
      return fillTemplate(template, cut(a, keptA, from), cut(b, keptB, from));
    };

    const type: ColumnType = { kind: "tensor", datatype, shape: [fixed ?? "tokens"] };
    const made = [
      options.ids,
      options.mask,
      ...(options.types === undefined ? [] : [options.types]),
    ];
    return {
      types: withTypes(types, new Map(made.map((into) => [into, type]))),
      apply(frame) {
        const texts = columnOf(frame, column, "text").values;
        const others = pair === undefined ? undefined : columnOf(frame, pair, "text").values;
        const rows = texts.map((text, row) => sequenceOf(text, others?.[row] ?? null));
        // At least one: models have no use for an empty axis.
        const longest = rows.reduce((most, { ids }) => Math.max(most, ids.length), 1);
        const length = fixed ?? roundUp(longest, multipleOf);
        const set = (into: string, fill: number, valuesOf: (row: Sequence) => number[]): void => {
          const tensor = padded(rows.map(valuesOf), length, fill, options.paddingSide, datatype);
          frame.columns.set(into, { kind: "tensor", tensor });
        };
        set(options.ids, pad.id, ({ ids }) => ids);
        set(options.mask, 0, ({ ids }) => ids.map(() => 1));
        if (options.types !== undefined) set(options.types, pad.type, (row) => row.types);
      },
    };
  },
});

/** @throws StepProblem if there is no token to pad with. */
function paddingOf(tokenizer: Tokenizer, token: string | undefined): { id: number; type: number } {
  const type = tokenizer.padding?.pad_type_id ?? 0;
  if (token === undefined && tokenizer.padding != null)
    return { id: tokenizer.padding.pad_id, type };
  const names = token === undefined ? ["[PAD]", "<pad>"] : [token];
  const id = names.map((one) => tokenizer.idOf(one)).find((found) => found !== undefined);
  if (id !== undefined) return { id, type };
  throw new StepProblem(
    token === undefined
      ? "the tokenizer names no token to pad with; name one"
      : `"${token}" is not in the vocabulary`,
    "padToken",
  );
}

function roundUp(length: number, multipleOf: number): number {
  return Math.ceil(length / multipleOf) * multipleOf;
}

/** Rows of one length: `[rows, length]`. */
function padded(
  rows: readonly (readonly number[])[],
  length: number,
  fill: number,
  at: "left" | "right",
  datatype: Datatype & ("INT32" | "INT64"),
): Tensor {
  const values = new Int32Array(rows.length * length).fill(fill);
  rows.forEach((row, index) =>
    values.set(row, index * length + (at === "right" ? 0 : length - row.length)),
  );
  const data = datatype === "INT32" ? values : BigInt64Array.from(values, BigInt);
  return { datatype, shape: [rows.length, length], data };
}
