import type { Signature, TensorSpec } from "@longshore/core";
import type { InputDraft } from "./draft.ts";

const TOKENIZER = "tokenizer.json";
/** What most encoders were trained with. */
const USUAL_LENGTH = 512;
const NAMES = ["input_ids", "attention_mask", "token_type_ids"];

/** Whether a model takes tokens, under the names that Hugging Face's exports have. */
export function takesTexts({ inputs }: Signature): boolean {
  // Two of the tokens are special ones, as a rule.
  const isTokens = ({ name, datatype, shape: [, length, ...others] }: TensorSpec): boolean =>
    NAMES.includes(name) &&
    (datatype === "INT64" || datatype === "INT32") &&
    others.length === 0 &&
    (typeof length === "number" ? length > 2 : length !== undefined);
  if (!inputs.some(({ name }) => name === "input_ids") || !inputs.every(isTokens)) return false;
  // A tokenizer makes them all alike.
  const lengths = inputs.map(({ shape }) => shape[1]).filter((axis) => typeof axis === "number");
  return new Set(inputs.map(({ datatype }) => datatype)).size === 1 && new Set(lengths).size <= 1;
}

/**
 * The part before a model that takes tokens.
 *
 * @param tokenizer what `tokenizer.json` beside the model holds; undefined where there is none.
 */
export function fromTexts({ inputs }: Signature, tokenizer: unknown): InputDraft {
  const ids = inputs.find(({ name }) => name === "input_ids")!;
  const fixed = inputs.map(({ shape }) => shape[1]).find((axis) => typeof axis === "number");
  const learnt = learntLength(tokenizer);
  const maxLength = fixed ?? learnt ?? USUAL_LENGTH;
  const hasTypes = inputs.some(({ name }) => name === "token_type_ids");
  return {
    inputs: [{ name: "text", field: { type: "text" } }],
    before: [
      {
        step: "tokenize",
        options: {
          column: "text",
          maxLength,
          ...(fixed !== undefined && { padding: "maxLength" }),
          ...(ids.datatype !== "INT64" && { datatype: ids.datatype }),
          ...(hasTypes && { types: "token_type_ids" }),
        },
        comment:
          fixed === undefined && learnt === undefined
            ? `Check how many tokens the model takes: ${USUAL_LENGTH} is usual.`
            : `As long as ${fixed === undefined ? TOKENIZER : "the graph"} says.`,
      },
    ],
    remarks: [],
    ...(tokenizer === undefined && {
      blocked: `There is no ${TOKENIZER} beside the model: put the one of training there and take the marks of comments away from here on.`,
    }),
  };
}

function learntLength(tokenizer: unknown): number | undefined {
  const { truncation } = (tokenizer ?? {}) as { truncation?: { max_length?: unknown } | null };
  const length = truncation?.max_length;
  return typeof length === "number" && Number.isInteger(length) && length > 0 ? length : undefined;
}
