import { mediaTypeOf, type BodyFormat } from "../../processing/mediaTypes.ts";
import type { PipelineTerms } from "../../processing/terms.ts";
import type { Example } from "./example.ts";
import type { Json } from "./schema.ts";
import { formSchema } from "./terms.ts";
import { firstRow } from "./termsExample.ts";

/**
 * The content types that a bundle with terms of its own takes beside JSON, each with an example.
 *
 * @param example the body in JSON, whose first row is shown in every format.
 */
export function otherContents(terms: PipelineTerms, example: Example): Json {
  const row = firstRow(terms, example);
  const contents = terms.takes
    .filter((format) => format !== "json")
    .map((format): [string, Json] => [
      mediaTypeOf(format),
      { ...schemaOf(format, terms), ...exampleOf(format, terms, row) },
    ]);
  return Object.fromEntries(contents);
}

function schemaOf(format: BodyFormat, terms: PipelineTerms): Json {
  switch (format) {
    case "multipart":
      return { schema: formSchema(terms) };
    case "jsonl":
      return { schema: { type: "string", description: "A row a line, as an object by field." } };
    case "csv":
      return {
        schema: {
          type: "string",
          description:
            "A header with the names of fields, then a row a line. Empty cells are missing values.",
        },
      };
    case "text":
      return { schema: { type: "string", description: "The text alone, in UTF-8." } };
    default:
      // OpenAPI describes raw bytes by no schema.
      return {};
  }
}

function exampleOf(format: BodyFormat, terms: PipelineTerms, row: Json | undefined): Json {
  if (row === undefined) return {};
  const working = (value: unknown): Json => ({ examples: { working: { value } } });
  switch (format) {
    case "jsonl":
      return working(`${JSON.stringify(row)}\n`);
    case "csv": {
      const names = Object.keys(row);
      const cells = names.map((name) => toCell(row[name]));
      return working(`${names.map(toCell).join(",")}\n${cells.join(",")}\n`);
    }
    case "text": {
      const name = Object.keys(terms.inputs).find((each) => terms.inputs[each]!.type === "text");
      return name !== undefined && typeof row[name] === "string" ? working(row[name]) : {};
    }
    default:
      return {};
  }
}

function toCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
