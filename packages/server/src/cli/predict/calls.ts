import { fail, nearestName, type Signature, type Tensor, type Tensors } from "@longshore/core";
import { UsageError } from "../arguments.ts";
import { fromArrays } from "../../data/calls/arrays.ts";
import type { Calls } from "../../data/calls/call.ts";
import { fromCsv } from "../../data/calls/csv.ts";
import { fromJson, fromJsonLines, toBody } from "../../data/calls/json.ts";
import { readCsv } from "../../data/csv.ts";
import { readDataFile, toText, type DataFile } from "../../data/file.ts";
import { parseJson } from "../../data/jsonl.ts";
import { readNpy } from "../../data/npy.ts";
import { openNpz } from "../../data/npz.ts";

/** What the command line says of the data. */
export interface DataOptions {
  /** A file with everything, `-` for standard input. */
  readonly data: string | undefined;
  /** `name=file`, a file an input. */
  readonly inputs: readonly string[];
  /** Names of the outputs wanted; all of them when empty. */
  readonly outputs: readonly string[];
  /** Names of CSV columns that are no inputs. */
  readonly drop: readonly string[];
  /** Rows to use at most; undefined for all. */
  readonly limit: number | undefined;
}

/**
 * Makes calls of the data.
 *
 * @throws UsageError, LongshoreError
 */
export async function readCalls(
  options: DataOptions,
  signature: Signature,
  model: string,
): Promise<Calls> {
  const { data, inputs, outputs, drop, limit } = options;
  if (data === undefined) return fromInputFiles(inputs, signature, model, outputs, limit);
  const file = await readDataFile(data);
  const { name, format } = file;
  if (drop.length > 0 && format !== "csv")
    throw new UsageError("--drop names columns of CSV data only");
  if (limit !== undefined && format === "json") throw limitOnJson();
  switch (format) {
    case "csv": {
      const { header, records } = readCsv(toText(file), name);
      for (const column of drop) checkColumn(header, column);
      return fromCsv({ header, records: records.slice(0, limit) }, signature, outputs, drop, name);
    }
    case "jsonl":
      return fromJsonLines(toText(file), signature, outputs, name, limit);
    case "json":
      return fromJson(toText(file), outputs, name);
    case "npy":
      return fromArrays(
        new Map([[onlyInput(signature), readNpy(file.bytes, name)]]),
        signature,
        model,
        limit,
      );
    case "npz":
      return fromArrays(readArrays(file), signature, model, limit);
  }
}

function readArrays({ bytes, name }: DataFile): Tensors {
  return new Map(Array.from(openNpz(bytes, name), ([array, read]) => [array, read()]));
}

function checkColumn(header: readonly string[], name: string): void {
  if (header.includes(name)) return;
  const close = nearestName(name, header);
  throw new UsageError(
    `--drop: there is no column "${name}"${close === undefined ? "" : `; did you mean "${close}"?`}`,
  );
}

/** `--input name=file …`: arrays, or JSON values. */
async function fromInputFiles(
  pairs: readonly string[],
  signature: Signature,
  model: string,
  outputs: readonly string[],
  limit: number | undefined,
): Promise<Calls> {
  const arrays = new Map<string, Tensor>();
  const texts = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at <= 0) throw new UsageError(`--input takes NAME=FILE, got "${pair}"`);
    const input = pair.slice(0, at);
    if (arrays.has(input) || texts.has(input)) throw fail("INPUT_DUPLICATE", { input });
    const file = await readDataFile(pair.slice(at + 1));
    if (file.format === "npy") {
      arrays.set(input, readNpy(file.bytes, file.name));
    } else if (file.format === "json") {
      const text = toText(file);
      parseJson(text, file.name);
      texts.set(input, text);
    } else {
      throw new UsageError(`--input takes NPY or JSON files, got ${file.name}`);
    }
  }
  if (texts.size === 0) return fromArrays(arrays, signature, model, limit);
  if (arrays.size > 0) throw new UsageError("give all inputs as NPY files or all as JSON files");
  if (limit !== undefined) throw limitOnJson();
  const fields = Array.from(texts, ([name, text]) => `${JSON.stringify(name)}:${text}`);
  return { calls: [{ body: toBody(`{${fields.join(",")}}`, outputs) }], carried: [], notes: [] };
}

function onlyInput({ inputs }: Signature): string {
  const [only, ...others] = inputs;
  if (only !== undefined && others.length === 0) return only.name;
  const names = inputs.map((spec) => spec.name);
  throw new UsageError(
    `the model takes ${names.join(", ")}; give each a file: --input ${names[0]}=FILE …`,
  );
}

function limitOnJson(): UsageError {
  return new UsageError(
    "--limit counts rows of CSV, JSONL, NPY and NPZ data; a JSON document is one request",
  );
}
