import { Document, isScalar, visit } from "yaml";
import { z } from "zod";
import { STEPS, type ExampleColumn, type Step, type StepExample } from "@longshore/core/pipeline";
import { runStep } from "../../packages/core/src/pipeline/exampleFrame.test.ts";
import { examplePlatform } from "./examplePlatform.ts";
import { anchorOf, block, code, page, table } from "./markdown.ts";
import { deepKeyRows, KEY_HEADER, type Schema } from "./schemaWords.ts";

const INTRODUCTION = `What may stand in \`pipeline.before\` and \`pipeline.after\` of a [bundle.yaml](bundle.md). Steps work on
columns: before the model they start with the bundle's inputs and end with the model's; after it they
start with the model's inputs and outputs and end with the answer.

Numbers that are missing are \`null\` in the tables below. Steps that can be part of the graph run in
it, batched and natively, once \`longshore build\` has put them there. Every example is run by a test.`;

const PHASES: Readonly<Record<Step["phase"], string>> = {
  before: "before the model",
  after: "after the model",
  either: "before or after the model",
};

/** The reference of the steps: every option and a real example, from the steps themselves. */
export async function stepsPage(): Promise<string> {
  const sections: string[] = [];
  for (const step of STEPS) sections.push(...(await section(step)));
  return page([
    "# Steps",
    "<!-- Made from the steps by `npm run reference`; changes belong there. -->",
    INTRODUCTION,
    table(
      ["step", "stands", "what it does"],
      STEPS.map(({ name, phase, summary }) => [
        `[${code(name)}](#${anchorOf(name)})`,
        PHASES[phase],
        summary,
      ]),
    ),
    ...sections,
  ]);
}

async function section(step: Step): Promise<string[]> {
  const { name, phase, summary, options, examples } = step;
  const schema = z.toJSONSchema(options, { io: "input", target: "draft-7" }) as Schema;
  const rows = deepKeyRows(schema);
  const lowers = await Promise.all(examples.map((example) => isLowered(step, example)));
  return [
    `## ${code(name)}`,
    summary,
    `Stands ${PHASES[phase]}. ${describeLowering(lowers)}`,
    ...(rows.length > 0 ? [table(KEY_HEADER, rows)] : []),
    ...examples.flatMap((example) => describeExample(name, example)),
  ];
}

async function isLowered(step: Step, example: StepExample): Promise<boolean> {
  const { prepared } = await runStep(step, example, { platform: examplePlatform(example) });
  return prepared.lower !== undefined;
}

function describeLowering(lowers: readonly boolean[]): string {
  if (lowers.every(Boolean)) return "Can be part of the graph.";
  return lowers.some(Boolean)
    ? "Can be part of the graph, depending on its options."
    : "Cannot be part of the graph.";
}

function describeExample(name: string, example: StepExample): string[] {
  const { options, given, gives, flags = [], inputs, outputs, modules = {}, files = {} } = example;
  const bundle = {
    ...(inputs && { inputs }),
    ...(outputs && { outputs }),
  };
  const fields = Object.keys(bundle).length > 0 ? [block("yaml", toYaml(bundle))] : [];
  return [
    ...fields,
    block("yaml", toYaml([{ step: name, ...options }])),
    ...Object.entries(files).map(([file, value]) =>
      block("js", `// ${file}\n${JSON.stringify(value)}`),
    ),
    ...Object.entries(modules).map(([file, text]) => block("js", `// ${file}\n${text}`)),
    columnsTable("before", given),
    columnsTable("after", gives),
    ...(flags.length > 0 ? [`Flags: ${flags.map(code).join(", ")}`] : []),
  ];
}

/** Lists of plain values on one line, as people write them. */
function toYaml(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Seq(_, list) {
      list.flow = list.items.every(isScalar);
    },
  });
  return document.toString({ lineWidth: 100, flowCollectionPadding: false });
}

/** A table with a row a row, and a column a column. */
function columnsTable(when: string, columns: StepExample["given"]): string {
  const entries = Object.entries(columns);
  if (entries.length === 0) return `(no columns ${when})`;
  const cells = entries.map(([, column]) => cellsOf(column));
  const rows = Array.from({ length: Math.max(...cells.map((all) => all.length)) }, (_, row) => [
    when,
    ...cells.map((all) => all[row] ?? ""),
  ]);
  return table(["", ...entries.map(([name]) => code(name))], rows);
}

/** The values of a column, one a row. */
function cellsOf(column: ExampleColumn): string[] {
  if (Array.isArray(column)) return column.map((value: unknown) => toCell(value));
  if ("series" in column) {
    return column.series.map((samples, row) => {
      const rate = column.rates?.[row];
      return `${toCell(samples)}${rate === undefined ? "" : ` at ${rate} Hz`}`;
    });
  }
  if ("base64" in column) return column.base64.map((text) => `a file of ${byteCount(text)} bytes`);
  if ("json" in column) return column.json.map(toCell);
  if (!("datatype" in column)) throw new TypeError("no such column");
  const [rows = 0, ...shape] = column.shape;
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: rows }, (_, row) =>
    toCell(nest(column.data.slice(row * size, (row + 1) * size), shape)),
  );
}

function byteCount(base64: string): number {
  return Math.floor((base64.replaceAll("=", "").length * 3) / 4);
}

function nest(data: readonly unknown[], shape: readonly number[]): unknown {
  const [length = 1, ...rest] = shape;
  if (shape.length === 0) return data[0];
  if (rest.length === 0) return data;
  const size = data.length / length;
  return Array.from({ length }, (_, index) =>
    nest(data.slice(index * size, (index + 1) * size), rest),
  );
}

/** Longest cell; what is longer is cut in its middle. */
const CELL = 160;

function toCell(value: unknown): string {
  const text =
    JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner !== "number") return inner;
      return Number.isFinite(inner)
        ? Number(inner.toPrecision(6))
        : Number.isNaN(inner)
          ? null
          : String(inner);
    }) ?? "";
  const short =
    text.length <= CELL ? text : `${text.slice(0, CELL / 2)} … ${text.slice(-CELL / 2)}`;
  return code(short);
}
