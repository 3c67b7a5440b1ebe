import { encodePredict } from "@longshore/core";
import { parseArguments, toChoice, toCount, UsageError } from "./arguments.ts";
import { readAnswer } from "./predict/answer.ts";
import type { Call } from "../data/calls/call.ts";
import { readCalls } from "./predict/calls.ts";
import { CsvWriter, toTable, type Result } from "./predict/output.ts";
import { openTarget, type Target } from "./predict/target.ts";

export const help = `Run data through a model or a running server.

Usage: longshore predict <model> --data FILE [options]

<model> is an .onnx file, a bundle folder, or a model of a running server:
http://localhost:8000/digits

Data:
  --data FILE         JSON, JSONL, CSV, NPY or NPZ; - reads standard input
  --input NAME=FILE   NPY or JSON for one input, instead of --data; once an input
  --drop COLUMN       CSV: a column that is no input; may be repeated
  --limit N           only the first N rows

  JSON   the body of POST /predict/{model}, or only what stands under "inputs"
  JSONL  such a body a line, or a row a line
  CSV    a header, then a row a line. Columns named like the inputs are these inputs;
         else they make the one input, in their order. Columns that are no input
         (also a target that follows the last one) are shown beside the answers.
  NPY    an array as numpy.save writes it
  NPZ    arrays as numpy.savez writes them, named like the inputs

Answer:
  --output NAME       only this output; may be repeated
  --format FORMAT     table (default), csv, or json: the answers as they came, one a line

Examples:
  longshore predict examples/diabetes --data examples/diabetes/test.csv --limit 5
  longshore predict examples/digits --data examples/digits/test.csv --output label --format csv
  echo '[[54, 2, 36, 115, 163, 98, 43, 4, 4.7, 101]]' | longshore predict examples/diabetes --data -`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      data: { type: "string" },
      input: { type: "string", multiple: true, default: [] },
      output: { type: "string", multiple: true, default: [] },
      drop: { type: "string", multiple: true, default: [] },
      limit: { type: "string" },
      format: { type: "string", default: "table" },
    },
    { name: "<model>", min: 1, max: 1 },
  );
  if ((values.data === undefined) === (values.input.length === 0)) {
    throw new UsageError("give the data with --data FILE, or with one --input NAME=FILE an input");
  }
  const format = toChoice("--format", values.format, ["table", "csv", "json"]);
  const limit = values.limit === undefined ? undefined : toCount("--limit", values.limit);
  const outputs = values.output;

  await using target = await openTarget(positionals[0]!);
  const { signature, name } = target;
  const options = { data: values.data, inputs: values.input, outputs, drop: values.drop, limit };
  const { calls, carried, notes } = await readCalls(options, signature, name);
  for (const note of notes) console.error(`note: ${note}`);

  const rows: Result[] = [];
  const csv = new CsvWriter(carried);
  for (const call of calls) {
    if (process.stdout.errored) break; // Nobody reads on.
    const answer = await makeCall(target, call, outputs);
    if (format === "json") {
      console.log(answer);
      continue;
    }
    for (const result of toResults(target, call, answer, carried)) {
      if (format === "table") rows.push(result);
      else for (const line of csv.write(result)) console.log(line);
    }
  }
  if (format === "table") console.log(toTable(rows, carried));
  return 0;
}

async function makeCall(target: Target, call: Call, outputs: readonly string[]): Promise<string> {
  if ("body" in call) return target.predict(call.body);
  return encodePredict(
    await target.infer(call.tensors, outputs),
    { kind: "columns" },
    target.signature,
  );
}

function toResults(
  { signature }: Target,
  call: Call,
  answer: string,
  carried: readonly string[],
): Result[] {
  const rows = readAnswer(answer, signature);
  // Unless there is an answer a row, nothing says which row of the data belongs to which answer.
  const fields = call.carried?.length === rows.length ? call.carried : [];
  return rows.map((row, index) => ({ row, carried: fields[index] ?? carried.map(() => "") }));
}
