import { encodePredict } from "@longshore/core";
import { parseArguments, toChoice, toCount, UsageError } from "./arguments.ts";
import { readAnswer } from "./predict/answer.ts";
import type { Call } from "../data/calls/call.ts";
import { readCalls, type DataOptions } from "./predict/calls.ts";
import { askInTerms } from "./predict/inTerms.ts";
import { CsvWriter, toTable, withCarried, type Result } from "./predict/output.ts";
import type { Asked } from "./predict/asked.ts";
import { openTarget, type Target } from "./predict/target.ts";

export const help = `Run data through a model or a running server.

Usage: longshore predict <model> --data FILE [options]

<model> is an .onnx file, a module that exports defineModel(…), a bundle folder, or a model of a
running server: http://localhost:8000/digits

Data:
  --data FILE         JSON, JSONL, CSV, NPY or NPZ; - reads standard input
                      for a bundle that takes one: a JPEG, PNG, WebP, WAV or text file
  --input NAME=FILE   NPY, JSON or such a file for one input, instead of --data; once an input
  --drop COLUMN       CSV: a column that is no input; may be repeated
  --limit N           only the first N rows

  JSON   the body of POST /predict/{model}, or only what stands under "inputs"
  JSONL  such a body a line, or a row a line
  CSV    a header, then a row a line. Columns named like the inputs are these inputs;
         else they make the one input, in their order. Columns that are no input
         (also a target that follows the last one) are shown beside the answers.
  NPY    an array as numpy.save writes it
  NPZ    arrays as numpy.savez writes them, named like the inputs

  --allow-code        run the code of the bundle, which then may do what you may

Answer:
  --output NAME       only this output; may be repeated
  --format FORMAT     table (default), csv, or json: the answers as they came, one a line
  --json              the same as --format json

Examples:
  longshore predict examples/diabetes --data examples/diabetes/test.csv --limit 5
  longshore predict examples/breast-cancer --data examples/breast-cancer/test.csv --output risk --format csv
  echo '{"text": "Wo ist der Bahnhof?"}' | longshore predict examples/language --data -`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      data: { type: "string" },
      input: { type: "string", multiple: true, default: [] },
      output: { type: "string", multiple: true, default: [] },
      drop: { type: "string", multiple: true, default: [] },
      limit: { type: "string" },
      "allow-code": { type: "boolean" },
      format: { type: "string" },
      json: { type: "boolean", default: false },
    },
    { name: "<model>", min: 1, max: 1 },
  );
  if ((values.data === undefined) === (values.input.length === 0)) {
    throw new UsageError("give the data with --data FILE, or with one --input NAME=FILE an input");
  }
  if (values.json && values.format !== undefined)
    throw new UsageError("--json and --format exclude each other");
  const wanted = values.format ?? (values.json ? "json" : "table");
  const format = toChoice("--format", wanted, ["table", "csv", "json"]);
  const limit =
    values.limit === undefined ? undefined : toCount("--limit", values.limit, { min: 1 });
  const outputs = values.output;

  await using target = await openTarget(positionals[0]!, values["allow-code"] === true);
  const options = { data: values.data, inputs: values.input, outputs, drop: values.drop, limit };
  const { asked, carried } = target.terms
    ? await askInTerms(target, target.terms, options)
    : await askWithTensors(target, options);

  const rows: Result[] = [];
  const csv = new CsvWriter(carried);
  for (const ask of asked) {
    if (process.stdout.errored) break; // Nobody reads on.
    if (format === "json") {
      console.log(await ask.json());
      continue;
    }
    for (const result of await ask.rows()) {
      if (format === "table") rows.push(result);
      else for (const line of csv.write(result)) console.log(line);
    }
  }
  if (format === "table") console.log(toTable(rows, carried));
  return 0;
}

/** With the model's own tensors. */
async function askWithTensors(target: Target, options: DataOptions): Promise<Asked> {
  const { signature, name } = target;
  const { calls, carried, notes } = await readCalls(options, signature, name);
  for (const note of notes) console.error(`note: ${note}`);
  const json = async (call: Call): Promise<string> => {
    if ("body" in call) return target.predict(call.body);
    const answer = await target.infer(call.tensors, options.outputs);
    return encodePredict(answer, { kind: "columns" }, signature);
  };
  const asked = Iterator.from(calls).map((call) => ({
    json: () => json(call),
    rows: async () => withCarried(readAnswer(await json(call), signature), call.carried, carried),
  }));
  return { asked, carried };
}
