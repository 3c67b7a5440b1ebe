import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readModelFile } from "./modelFile.ts";

/**
 * SHA-256 of a model, in hexadecimal: of its file, followed by the files that hold its external
 * data in the order of their paths. Without external data, what `sha256sum` says.
 *
 * @throws LongshoreError MODEL_INVALID if the model is not safe to read.
 */
export async function hashModelFile(path: string): Promise<string> {
  const { externalFiles } = await readModelFile(path);
  return hashFiles([path, ...externalFiles.toSorted()]);
}

/** SHA-256 of files one after another, in hexadecimal. Never holds a whole file. */
export async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
      hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

const CHUNK_BYTES = 2 ** 20;
