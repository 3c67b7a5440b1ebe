import { stringify } from "yaml";
import type { Draft, FieldDraft, StepDraft } from "./draft.ts";

/** What stands at the beginning of the text, before what was found in model and data. */
export interface Heading {
  readonly name: string;
  /** The model's file, unless it is `model.onnx`. */
  readonly model: string | undefined;
  /** Where the JSON Schema lies, relative to the bundle; undefined where it is not installed. */
  readonly schema: string | undefined;
  /** What the draft was made from. */
  readonly sources: readonly string[];
}

const WIDTH = 100;

/** A draft as the text of a `bundle.yaml`, with comments on what is to be checked. */
export function writeDraft(heading: Heading, draft: Draft): string {
  const { task, inputs, before, after, outputs, blocked } = draft;
  const head = [
    ...(heading.schema === undefined ? [] : [`# yaml-language-server: $schema=${heading.schema}`]),
    ...comment(
      `A first bundle, made from ${heading.sources.join(" and ")} by \`longshore init\`. What says "check" is a guess.`,
    ),
    ...draft.remarks.flatMap((remark) => ["#", ...comment(remark)]),
    `name: ${scalar(heading.name)}`,
    "# description: What the model does, for people.",
    "# licence: An SPDX expression, of the model and of its data.",
    "# source: Where model and data come from.",
    ...(task === undefined ? [] : [`task: ${task}`]),
    ...(heading.model === undefined ? [] : [`model: ${scalar(heading.model)}`]),
  ];
  const body = [
    ...section("inputs:", inputs.flatMap(writeField)),
    ...section("pipeline:", [
      ...(before.length === 0 ? [] : ["  before:", ...before.flatMap(writeStep)]),
      ...(after.length === 0 ? [] : ["  after:", ...after.flatMap(writeStep)]),
    ]),
    ...section("outputs:", outputs.flatMap(writeField)),
  ];
  const parts =
    blocked === undefined
      ? body
      : ["", ...comment(blocked), ...body.map((line) => `# ${line}`.trimEnd())];
  const foot = [
    "",
    "# Requests with the answers of the training framework, which every deployment must give again:",
    "# golden: { file: golden.jsonl, tolerance: 1.0e-5 }",
  ];
  return `${[...head, ...parts, ...foot].join("\n")}\n`;
}

function section(key: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", key, ...lines];
}

/** A text as comment lines of bounded width. */
function comment(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH && line !== `${indent}#`) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function writeField({ name, field, comment: about }: FieldDraft): string[] {
  return [
    ...(about === undefined ? [] : comment(about, "  ")),
    ...flow(`  ${scalar(name)}: `, field, "    "),
  ];
}

function writeStep({ step, options, comment: about }: StepDraft): string[] {
  return [
    ...(about === undefined ? [] : comment(about, "    ")),
    ...flow("    - ", { step, ...options }, "        "),
  ];
}

/** A value in flow style behind a beginning, broken where lines would be too long. */
function flow(start: string, value: object, indent: string): string[] {
  const lines: string[] = [];
  let line = start;
  let open = true;
  for (const token of tokensOf(value)) {
    if (!open && line.length + token.length + 1 > WIDTH) {
      lines.push(line);
      line = indent + token;
    } else line += open ? token : ` ${token}`;
    open = token.endsWith("[") || (line === start + token && !token.endsWith("{"));
  }
  return [...lines, line];
}

/** What must not be parted from its neighbours: `columns: [a,`, `b,`, `c],`. */
function tokensOf(value: unknown): string[] {
  if (Array.isArray(value)) {
    const inner = joinTokens(value.map(tokensOf));
    if (inner.length === 0) return ["[]"];
    inner[0] = `[${inner[0]}`;
    inner[inner.length - 1] += "]";
    return inner;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    if (entries.length === 0) return ["{}"];
    const inner = entries.map(([key, held]) => {
      const [first, ...rest] = tokensOf(held);
      return [`${scalar(key)}: ${first}`, ...rest];
    });
    return ["{", ...joinTokens(inner), "}"];
  }
  return [scalar(value)];
}

function joinTokens(groups: readonly string[][]): string[] {
  return groups.flatMap((group, index) =>
    index === groups.length - 1 ? group : [...group.slice(0, -1), `${group.at(-1)!},`],
  );
}

/** A plain value as YAML writes it inside of `{ }`, in quotes where it must be; on one line. */
function scalar(value: unknown): string {
  const text = stringify([value], {
    collectionStyle: "flow",
    lineWidth: 0,
    flowCollectionPadding: false,
  })
    .trimEnd()
    .slice(1, -1);
  return text.includes("\n") ? JSON.stringify(value) : text;
}
