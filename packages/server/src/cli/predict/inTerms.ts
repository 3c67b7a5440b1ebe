import { nearestName } from "@longshore/core";
import { UsageError } from "../arguments.ts";
import { readAnswerLines, type Row } from "./answer.ts";
import type { Asked } from "./asked.ts";
import type { DataOptions } from "./calls.ts";
import { withCarried } from "./output.ts";
import type { Target, TargetTerms } from "./target.ts";
import { readTermsCalls } from "./terms.ts";

/** So many rows' flags are told; a file may have thousands. */
const TOLD_FLAGS = 20;

/** In a bundle's own terms. What is to be known of a row is told on standard error. */
export async function askInTerms(
  target: Target,
  terms: TargetTerms,
  options: DataOptions,
): Promise<Asked> {
  const { calls, carried } = await readTermsCalls(options, terms);
  let row = 0;
  let told = 0;
  const tell = (text: string): void => {
    if (told < TOLD_FLAGS) console.error(`note: ${text}`);
    else if (told === TOLD_FLAGS)
      console.error("note: more rows are flagged; --format json tells of each");
    told++;
  };
  const asked = Iterator.from(calls).map(({ body, contentType, carried: fields }) => ({
    json() {
      if (options.outputs.length > 0)
        throw new UsageError("--format json shows answers as they come; leave --output out");
      return target.predict(body, { contentType });
    },
    async rows() {
      const accept = "application/jsonl";
      const answers = readAnswerLines(await target.predict(body, { contentType, accept }));
      for (const { flags } of answers) {
        for (const message of flags) tell(`row ${row}: ${message}`);
        row++;
      }
      const rows = answers.map(({ outputs }) => pick(outputs, options.outputs));
      return withCarried(rows, fields, carried);
    },
  }));
  return { asked, carried };
}

/** The outputs asked for, in that order; all of them where none are. */
function pick(row: Row, names: readonly string[]): Row {
  if (names.length === 0) return row;
  return Object.fromEntries(
    names.map((name) => {
      const value = row[name];
      if (value !== undefined) return [name, value];
      const known = Object.keys(row);
      const close = nearestName(name, known);
      const hint = close ? `did you mean "${close}"?` : `the outputs are ${known.join(", ")}`;
      throw new UsageError(`--output: there is no output "${name}"; ${hint}`);
    }),
  );
}
