import type { Signature, TensorSpec } from "@longshore/core";

/** A value as JSON has it; integers beyond 2^53 as bigint, with all their digits. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Value[]
  | { readonly [key: string]: Value };

/** Outputs of one row (or of everything, where the outputs have no common rows), by name. */
export type Row = Readonly<Record<string, Value>>;

/** A row of an answer in JSON Lines, and what is to be known of it. */
export interface RowAnswer {
  readonly outputs: Row;
  readonly flags: readonly string[];
}

/** Rows out of an answer in JSON Lines. */
export function readAnswerLines(text: string): RowAnswer[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { outputs, flags = [] } = parseExactly(line) as {
        outputs: Row;
        flags?: { message: string }[];
      };
      return { outputs, flags: flags.map(({ message }) => message) };
    });
}

/** Rows out of an answer of the plain route: its outputs mirror the form of the inputs. */
export function readAnswer(text: string, { outputs: specs }: Signature): Row[] {
  const { outputs } = parseExactly(text) as { outputs: Row | Row[] };
  if (Array.isArray(outputs)) return outputs;
  return splitRows(outputs as Row, specs);
}

function splitRows(outputs: Row, specs: readonly TensorSpec[]): Row[] {
  const names = Object.keys(outputs);
  const lengths = new Set(
    names.map((name) => {
      const value = outputs[name]!;
      const rank = specs.find((spec) => spec.name === name)?.shape.length;
      return Array.isArray(value) && (depthOf(value) === rank || value.length === 0)
        ? value.length
        : undefined;
    }),
  );
  const [length] = lengths;
  // A single row without its axis, or outputs of different lengths: one row as a whole.
  if (lengths.size !== 1 || length === undefined) return [outputs];
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, (outputs[name] as readonly Value[])[row]!])),
  );
}

/** Axes of a value: a classifier's scores by label stand for one too. */
function depthOf(value: Value): number {
  if (Array.isArray(value)) return 1 + depthOf((value as readonly Value[])[0] ?? null);
  return typeof value === "object" && value !== null ? 1 : 0;
}

function parseExactly(text: string): unknown {
  return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" &&
    Number.isInteger(value) &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context!.source!)
      : value,
  );
}
