import { manifestJsonSchema } from "@longshore/core/manifest";
import { block, code, page, table } from "./markdown.ts";
import { describeMeaning, KEY_HEADER, keyRows, type Schema } from "./schemaWords.ts";

const EXAMPLE = `# yaml-language-server: $schema=./node_modules/@longshore/core/schema/bundle.schema.json
name: house-prices
description: Estimates what a house sells for.
task: tabular-regression
inputs:
  area: { type: number, unit: m², range: [20, 800], example: 120 }
  rooms: { type: number, integer: true, range: [1, 20], example: 4 }
pipeline:
  before:
    - { step: standardize, columns: [area, rooms], mean: [120.5, 4.1], scale: [48.2, 1.3] }
    - { step: combine, columns: [area, rooms], into: features }
outputs:
  price: { type: tensor, description: Thousands of euros. }
golden: { file: golden.jsonl, tolerance: 1.0e-5 }
`;

const INTRODUCTION = `A bundle is a folder with a model and a \`bundle.yaml\`, which says what the model takes and gives in
its users' terms, what is done before and after it, and how it is served. Everything in it is optional:
the graph tells the rest. \`longshore init\` writes a first one, \`longshore check\` tells what is wrong
with it, with line and column.

Editors that know YAML schemas check it while it is written if its first line names the schema, as
below: a file of the package \`@longshore/core\`.`;

/** The reference of `bundle.yaml`: every key, from the schema that checks it. */
export function bundlePage(): string {
  const schema = manifestJsonSchema() as Schema;
  const keys = Object.entries(schema.properties ?? {});
  return page([
    "# bundle.yaml",
    "<!-- Made from the schema by `npm run reference`; changes belong there. -->",
    INTRODUCTION,
    block("yaml", EXAMPLE),
    "## All keys",
    table(KEY_HEADER, keyRows(schema)),
    ...keys.flatMap(([name, key]) => section([name], key, "##")),
  ]);
}

/** A section for what has keys of its own, and for what those hold. */
function section(path: readonly string[], schema: Schema, level: string): string[] {
  if (path.join(".").startsWith("pipeline.")) return [];
  const heading = `${level} ${code(path.join("."))}`;
  const meaning = describeMeaning(schema);
  const items = schema.items as Schema | undefined;
  if (items?.properties !== undefined)
    return section(
      [`${path.join(".")}[]`],
      { ...items, ...(meaning && { description: meaning }) },
      level,
    );
  const named = schema.additionalProperties || undefined;
  if (named?.oneOf !== undefined) {
    const kinds = named.oneOf.flatMap((kind) => alternative(kind, `${level}#`));
    return [heading, ...(meaning ? [meaning] : []), ...kinds];
  }
  if (named?.properties !== undefined) return section([...path, "<name>"], named, level);
  const rows = keyRows(schema);
  if (rows.length === 0) return [];
  const link = path[0] === "pipeline" ? ["The steps are in [steps.md](steps.md)."] : [];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, key]) =>
    section([...path, name], key, `${level}#`),
  );
  return [heading, ...(meaning ? [meaning] : []), ...link, table(KEY_HEADER, rows), ...inner];
}

/** One kind of field, with the keys that it has beside `type`. */
function alternative(schema: Schema, level: string): string[] {
  const rows = keyRows(schema, ["type"]);
  return [
    `${level} ${code(`type: ${String(schema.properties?.["type"]?.const)}`)}`,
    describeMeaning(schema),
    ...(rows.length > 0 ? [table(KEY_HEADER, rows)] : []),
  ];
}
