import { parseArgs, type ParseArgsConfig } from "node:util";
import { nearestName } from "@longshore/core";

/** The command line itself is wrong: told with a pointer to `--help`, exit code 2. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** Options as `parseArgs` of `node:util` takes them. */
export type Options = NonNullable<ParseArgsConfig["options"]>;

type Parsed<Known extends Options> = ReturnType<
  typeof parseArgs<{ options: Known; allowPositionals: true; strict: true; args: string[] }>
>;

/**
 * Reads a command's arguments strictly.
 *
 * `--help` is answered before a command runs, so that no command declares it.
 *
 * @param positionals how many there must be, and what they are called in messages.
 * @throws UsageError
 */
export function parseArguments<const Known extends Options>(
  args: readonly string[],
  options: Known,
  positionals: { readonly name: string; readonly min: number; readonly max: number },
): Parsed<Known> {
  const parsed = parseStrictly(args, options);
  const count = parsed.positionals.length;
  if (count < positionals.min) throw new UsageError(`${positionals.name} is missing`);
  if (count > positionals.max) {
    throw new UsageError(`unexpected argument "${parsed.positionals[positionals.max]}"`);
  }
  return parsed;
}

function parseStrictly<const Known extends Options>(
  args: readonly string[],
  options: Known,
): Parsed<Known> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw toUsageError(error, Object.keys(options));
  }
}

function toUsageError(error: unknown, names: readonly string[]): unknown {
  if (
    !(error instanceof TypeError) ||
    !("code" in error) ||
    !String(error.code).startsWith("ERR_PARSE_ARGS_")
  ) {
    return error;
  }
  if (error.code !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return new UsageError(error.message);
  const option = /'(-[^']*)'/.exec(error.message)?.[1] ?? "";
  const close = nearestName(option.replace(/^-+/, ""), names);
  return new UsageError(
    `unknown option "${option}"${close === undefined ? "" : `; did you mean "--${close}"?`}`,
  );
}

/** Reads an option's whole number, of a range where it has one. @throws UsageError */
export function toCount(
  option: string,
  text: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < min || count > max) {
    const from = min > 0 || max < Number.MAX_SAFE_INTEGER ? ` from ${min}` : "";
    const to = max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : "";
    throw new UsageError(`${option} takes a whole number${from}${to}, got "${text}"`);
  }
  return count;
}

/** Reads an option that is one of a few words. @throws UsageError */
export function toChoice<const Choice extends string>(
  option: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined)
    throw new UsageError(`${option} takes one of ${choices.join(", ")}, got "${text}"`);
  return choice;
}
