import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { extname } from "node:path";
import { fail } from "@longshore/core";
import { isNpy } from "./npy.ts";
import { isZip } from "./zip.ts";

export type DataFormat = "npy" | "npz" | "csv" | "json" | "jsonl";

/** A file of data, read whole. */
export interface DataFile {
  /** What messages call it. */
  readonly name: string;
  readonly format: DataFormat;
  readonly bytes: Uint8Array;
}

/**
 * Reads a file of data; `-` is standard input.
 *
 * The format is the one of the file's extension, else the one that its beginning looks like.
 *
 * @throws LongshoreError DATA_INVALID
 */
export async function readDataFile(path: string): Promise<DataFile> {
  const name = path === "-" ? "standard input" : path;
  const bytes = path === "-" ? await buffer(process.stdin) : await readContent(path);
  return { name, bytes, format: formatOf(path, bytes) };
}

/** The text of a file. @throws LongshoreError DATA_INVALID */
export function toText({ name, bytes }: DataFile): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fail("DATA_INVALID", { file: name, problem: "is not UTF-8 text" });
  }
}

async function readContent(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "is a folder, not a file"
          : message;
    throw fail("DATA_INVALID", { file: path, problem });
  }
}

const EXTENSIONS: Readonly<Record<string, DataFormat>> = {
  ".npy": "npy",
  ".npz": "npz",
  ".csv": "csv",
  ".json": "json",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

function formatOf(path: string, bytes: Uint8Array): DataFormat {
  if (isNpy(bytes)) return "npy";
  if (isZip(bytes)) return "npz";
  const known = EXTENSIONS[extname(path).toLowerCase()];
  if (known !== undefined) return known;
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .subarray(0, 65_536)
    .toString()
    .trim();
  if (!/^\uFEFF?[[{]/.test(beginning)) return "csv";
  // A document begins on its first line and ends on its last; a line of JSONL is whole.
  const [line = ""] = beginning.split("\n", 1);
  return line !== beginning && isJson(line) ? "jsonl" : "json";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
