import { fail } from "@longshore/core";
import type { InputField } from "@longshore/core/manifest";

/** As Fastify sends it, which adds the character set. */
export const JSON_TYPE = "application/json; charset=utf-8";

/** How the body of a call can be written. */
export type BodyFormat = "json" | "jsonl" | "csv" | "multipart" | "text" | "image" | "audio";

type Inputs = Readonly<Record<string, InputField>>;

/** The name of each format in `content-type`, the others that it goes by, and what it is. */
const FORMATS: Readonly<Record<BodyFormat, { type: string; pattern: RegExp }>> = {
  // What curl and fetch send where they are told nothing is JSON as a rule.
  json: {
    type: "application/json",
    pattern:
      /^(?:(?:application|text)\/(?:[\w.-]+\+)?json|application\/x-www-form-urlencoded|text\/plain|)$/,
  },
  jsonl: {
    type: "application/jsonl",
    pattern: /^(?:application|text)\/(?:x-)?(?:jsonl|jsonlines|json-lines|ndjson)$/,
  },
  csv: { type: "text/csv", pattern: /^(?:text|application)\/csv$/ },
  multipart: { type: "multipart/form-data", pattern: /^multipart\/form-data$/ },
  text: { type: "text/plain", pattern: /^text\/plain$/ },
  image: { type: "image/*", pattern: /^image\/[\w.+-]+$/ },
  audio: { type: "audio/wav", pattern: /^audio\/(?:wav|x-wav|wave|vnd\.wave)$/ },
};

const ALL = Object.keys(FORMATS) as BodyFormat[];

/** The name of a format in `content-type`. */
export function mediaTypeOf(format: BodyFormat): string {
  return FORMATS[format].type;
}

/**
 * Formats that a bundle takes. A value alone (an image, a text) will do where it is the only one of
 * its type, and the rest may be left out; rows of text need values that texts can be.
 */
export function formatsOf(inputs: Inputs): BodyFormat[] {
  const fields = Object.values(inputs);
  const takesAlone = (type: InputField["type"]): boolean =>
    fields.filter((field) => field.type === type).length === 1 &&
    fields.every((field) => field.type === type || isOptional(field));
  const inText = fields.every(({ type }) => type !== "image" && type !== "audio");
  return ALL.filter((format) => {
    switch (format) {
      case "text":
      case "image":
      case "audio":
        return takesAlone(format);
      case "csv":
        return inText;
      default:
        return true;
    }
  });
}

function isOptional(field: InputField): boolean {
  return "optional" in field && field.optional === true;
}

/**
 * The format that a call's body is in.
 *
 * @throws LongshoreError CONTENT_TYPE where the bundle does not take it; HEADER_INVALID for texts
 *   that are not in UTF-8.
 */
export function formatOf(
  contentType: string | undefined,
  takes: readonly BodyFormat[],
  model: string,
): BodyFormat {
  const { type, parameters } = parse(contentType ?? "");
  // JSON comes last: it is what a text is where the bundle takes no texts.
  const format = takes.findLast((each) => FORMATS[each].pattern.test(type));
  if (format === undefined) {
    const expected = takes.map(mediaTypeOf).join(", ");
    throw fail("CONTENT_TYPE", { type, model, expected });
  }
  const charset = /(?:^|;)\s*charset="?([^";]+)/i.exec(parameters)?.[1]?.toLowerCase();
  const isUtf8 = charset === undefined || /^(?:utf-?8|us-ascii)$/.test(charset.trim());
  if (!isUtf8)
    throw fail("HEADER_INVALID", {
      header: "content-type",
      problem: `the character set "${charset}" is not taken; send UTF-8`,
    });
  return format;
}

/** How an answer can be written. */
export type AnswerFormat = "json" | "jsonl" | "csv";

const ANSWERS: readonly AnswerFormat[] = ["json", "jsonl", "csv"];

/** The format that a caller would have its answer in: the first it prefers that there is, else JSON. */
export function answerFormatOf(accept: string | undefined): AnswerFormat {
  if (accept === undefined || accept === "*/*") return "json";
  const wanted = accept
    .split(",")
    .map(parse)
    .map(({ type, parameters }) => ({ type, weight: weightOf(parameters) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight);
  for (const { type } of wanted) {
    if (type === "*/*" || type === "application/*") return "json";
    if (type === "text/*") return "csv";
    const format = ANSWERS.find((each) => type !== "" && FORMATS[each].pattern.test(type));
    if (format !== undefined) return format;
  }
  return "json";
}

function weightOf(parameters: string): number {
  const weight = Number(/(?:^|;)\s*q=([\d.]+)/i.exec(parameters)?.[1] ?? 1);
  return Number.isNaN(weight) ? 0 : weight;
}

function parse(header: string): { type: string; parameters: string } {
  const end = header.indexOf(";");
  const type = (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
  return { type, parameters: end < 0 ? "" : header.slice(end + 1) };
}
