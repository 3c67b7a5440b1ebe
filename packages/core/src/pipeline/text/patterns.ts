import { StepProblem } from "../step.ts";
import type { Pattern } from "./tokenizerFile.ts";
import type { Library } from "./library.ts";

/**
 * A pattern of a `tokenizer.json` as a JavaScript one.
 *
 * @throws StepProblem for what JavaScript cannot express.
 */
export function toRegExp(pattern: Pattern, { SplitPreTokenizer }: Library): RegExp {
  if ("String" in pattern) return new RegExp(RegExp.escape(pattern.String), "gu");
  try {
    const config = { type: "Split", pattern, behavior: "Isolated", invert: false } as const;
    return new SplitPreTokenizer(config).pattern;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StepProblem(`the pattern ${pattern.Regex} is not supported: ${reason}`, "file");
  }
}
