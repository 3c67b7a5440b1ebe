import type { z } from "zod";
import { nearestName } from "../nearestName.ts";
import { STEPS } from "../pipeline/steps.ts";
import type { ManifestPath, ManifestProblem } from "./problem.ts";
import { formatList, formatValue, nameType } from "./words.ts";
import { keysAt } from "./schemaAt.ts";

type Issue = z.core.$ZodIssue;

/**
 * What a schema found wrong, in words: each problem at its own place, one for each mistake, with
 * what was probably meant.
 *
 * @param value what was checked.
 */
export function explain(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
): ManifestProblem[] {
  const problems = issues.flatMap((issue) => explainIssue(schema, value, issue, []));
  // A mistyped key is one mistake, though the right one is missing too.
  const meant = new Set(problems.flatMap(({ renamed }) => renamed ?? []));
  return problems
    .filter(({ problem, missing }) => !missing || !meant.has(JSON.stringify(problem.path)))
    .map(({ problem }) => problem);
}

interface Explained {
  readonly problem: ManifestProblem;
  readonly missing?: boolean;
  /** The path that a mistyped key should have had. */
  readonly renamed?: string;
}

function explainIssue(
  schema: z.ZodType,
  root: unknown,
  issue: Issue,
  base: ManifestPath,
): Explained[] {
  const path = [...base, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))];
  const value = valueAt(root, path);
  const says = (message: string, suggestion?: string): Explained[] => [
    { problem: { path, message, ...(suggestion !== undefined && { suggestion }) } },
  ];
  const expected = (what: string, suggestion?: string): Explained[] =>
    value === undefined
      ? [{ problem: { path, message: `is missing; expected ${what}` }, missing: true }]
      : says(`expected ${what}, got ${formatValue(value)}`, suggestion);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(schema, root, path, key));
    case "invalid_type":
      return expected(nameType(issue.expected), quoteHint(issue.expected, value));
    case "invalid_value":
      return expected(formatChoice(issue.values), didYouMean(value, issue.values));
    case "invalid_union":
      return issue.discriminator === undefined
        ? explainUnion(schema, root, issue, path, expected)
        : explainChoice(issue as DiscriminatorIssue, path, value, expected);
    case "invalid_key":
      return [{ problem: { path, atKey: true, message: explainKey(issue) } }];
    case "too_small":
      return says(bound(issue.origin, "at least", "more than", issue.minimum, issue, value));
    case "too_big":
      return says(bound(issue.origin, "at most", "less than", issue.maximum, issue, value));
    case "invalid_format":
      return says(`${formatValue(value)} does not fit: ${formatMessage(issue.message)}`);
    default:
      return says(formatMessage(issue.message));
  }
}

function unknownKey(schema: z.ZodType, root: unknown, at: ManifestPath, key: string): Explained {
  const path = [...at, key];
  const known = keysAt(schema, root, at);
  const nearest = nearestName(
    key,
    known.filter((name) => valueAt(root, [...at, name]) === undefined),
  );
  return {
    problem: {
      path,
      atKey: true,
      message: "there is no such key",
      suggestion: keyHint(key, nearest, known),
    },
    ...(nearest !== undefined && { renamed: JSON.stringify([...at, nearest]) }),
  };
}

function keyHint(key: string, nearest: string | undefined, known: readonly string[]): string {
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  if (key === "<<") return "YAML 1.2 has no merge keys: repeat the keys, or alias the whole value";
  return `the keys here are ${formatList(known)}`;
}

type Expected = (what: string, suggestion?: string) => Explained[];
type UnionIssue = Extract<Issue, { code: "invalid_union" }>;
type DiscriminatorIssue = UnionIssue & {
  readonly discriminator: string;
  readonly options?: readonly unknown[];
};

/** What is wrong with the alternative that was meant: one that fits at its outermost level. */
function explainUnion(
  schema: z.ZodType,
  root: unknown,
  issue: UnionIssue,
  path: ManifestPath,
  expected: Expected,
): Explained[] {
  const alternatives = issue.errors as readonly (readonly Issue[])[];
  const isOther = ({ code, path: inner }: Issue): boolean =>
    inner.length === 0 && (code === "invalid_type" || code === "invalid_value");
  const meant = alternatives.find((issues) => !issues.some(isOther));
  if (meant !== undefined) return meant.flatMap((inner) => explainIssue(schema, root, inner, path));
  const outermost = alternatives.flatMap((issues) => issues.filter(isOther));
  const words = outermost.map((inner) =>
    inner.code === "invalid_type"
      ? nameType(inner.expected)
      : formatChoice((inner as { values: readonly unknown[] }).values),
  );
  const literals = outermost.flatMap((inner) => ("values" in inner ? inner.values : []));
  return expected(formatList(words, "or"), didYouMean(valueAt(root, path), literals));
}

/** The key that says which alternative it is, `step` or `type`, says none. */
function explainChoice(
  { discriminator, options = [] }: DiscriminatorIssue,
  path: ManifestPath,
  value: unknown,
  expected: Expected,
): Explained[] {
  const suggestion =
    (discriminator === "step" ? otherPhase(path, value) : undefined) ?? didYouMean(value, options);
  return expected(formatChoice(options), suggestion);
}

/** A step that exists, but stands on the other side of the model. */
function otherPhase(path: ManifestPath, value: unknown): string | undefined {
  const step = STEPS.find(({ name }) => name === value);
  if (step === undefined || path.includes(step.phase)) return undefined;
  return `"${step.name}" stands ${step.phase} the model: move it to pipeline.${step.phase}`;
}

function explainKey({ issues }: Extract<Issue, { code: "invalid_key" }>): string {
  const [first] = issues;
  if (first?.code === "too_small") return "a name must not be empty";
  if (first?.code === "too_big") return `a name has at most ${first.maximum} characters`;
  return first === undefined ? "is no valid name" : formatMessage(first.message);
}

function bound(
  origin: string,
  inclusive: string,
  exclusive: string,
  limit: number | bigint,
  issue: { readonly inclusive?: boolean | undefined },
  value: unknown,
): string {
  const words = `expected ${issue.inclusive === false ? exclusive : inclusive} ${limit}`;
  if (origin === "array") {
    const items = Number(limit) === 1 ? "item" : "items";
    return `${words} ${items}, got ${(value as unknown[]).length}`;
  }
  if (origin !== "string") return `${words}, got ${formatValue(value)}`;
  if (value === "") return "must not be empty";
  return `${words} characters, got ${(value as string).length}`;
}

function formatChoice(values: readonly unknown[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? words[0]! : `one of ${words.join(", ")}`;
}

function didYouMean(value: unknown, candidates: readonly unknown[]): string | undefined {
  if (typeof value !== "string") return undefined;
  const nearest = nearestName(value, candidates.map(String));
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}

/** `values: [1, 2]` are numbers in YAML. */
function quoteHint(expected: string, value: unknown): string | undefined {
  if (expected === "string" && (typeof value === "number" || typeof value === "boolean"))
    return "write it in quotes";
  if (value === null) return "write a value, or remove the key";
  return undefined;
}

/** Messages of the schemas begin in lower case, zod's own do not. */
function formatMessage(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function valueAt(root: unknown, path: ManifestPath): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
