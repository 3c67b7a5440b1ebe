import { createHash, randomUUID } from "node:crypto";
import { open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "@longshore/core";
import { checkModel, splitExternalData, writeModel, type Model } from "@longshore/onnx";

/** A protobuf message ends at 2 GiB; tools that rewrite a model need some room below that. */
const MAX_FILE_BYTES = 1.5e9;

export interface WrittenModel {
  /** The model file, and the one with its external data if there is one. */
  readonly files: readonly string[];
  /** Size of the files together. */
  readonly bytes: number;
}

/**
 * Writes a model file, which appears under its name whole or not at all. One of more than about
 * 1.5 GB keeps its tensors in a second file beside it, named after their content; such a file of an
 * older model of this name is removed.
 *
 * @param maxFileBytes size from which on the tensors go to a file of their own.
 * @throws MODEL_INVALID for a model whose external data are not loaded.
 */
export async function writeModelFile(
  path: string,
  model: Model,
  { maxFileBytes = MAX_FILE_BYTES }: { readonly maxFileBytes?: number } = {},
): Promise<WrittenModel> {
  if (checkModel(model, path).length > 0)
    throw fail("MODEL_INVALID", { file: path, problem: "its external data are not loaded" });
  const chunks = writeModel(model);
  const size = sizeOf(chunks);
  if (size <= maxFileBytes) {
    await replaceFile(path, chunks);
    await removeOldData(path);
    return { files: [path], bytes: size };
  }
  const data = splitExternalData(model, "data").chunks;
  const dataPath = `${path}.${digest(data)}.data`;
  const head = writeModel(splitExternalData(model, basename(dataPath)).model);
  // The model's own appearance is what makes the data part of it.
  await replaceFile(dataPath, data);
  await replaceFile(path, head);
  await removeOldData(path, basename(dataPath));
  return { files: [path, dataPath], bytes: sizeOf(head) + sizeOf(data) };
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function digest(chunks: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex").slice(0, 16);
}

async function removeOldData(path: string, kept?: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(folder)) {
    if (name === kept || !name.startsWith(prefix)) continue;
    if (/^[\da-f]{16}\.data$/.test(name.slice(prefix.length))) await rm(join(folder, name));
  }
}

async function replaceFile(path: string, chunks: readonly Uint8Array[]): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  try {
    const file = await open(temporary, "wx");
    try {
      await writeChunks(file, chunks);
      // Else a crash could leave the name with an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The system takes at most 1024 buffers and 2 GiB at once. */
const MAX_BUFFERS = 512;
const MAX_WRITE_BYTES = 2 ** 30;

/** Writes chunks one after the other without joining them. */
async function writeChunks(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const waiting = chunks.filter(({ byteLength }) => byteLength > 0).toReversed();
  while (waiting.length > 0) {
    const batch: Uint8Array[] = [];
    let room = MAX_WRITE_BYTES;
    while (batch.length < MAX_BUFFERS && room > 0) {
      const chunk = waiting.pop();
      if (chunk === undefined) break;
      batch.push(chunk.subarray(0, room));
      if (chunk.byteLength > room) waiting.push(chunk.subarray(room));
      room -= batch.at(-1)!.byteLength;
    }
    let { bytesWritten } = await file.writev(batch);
    // What the system did not take is written next.
    const rest: Uint8Array[] = [];
    for (const part of batch) {
      const taken = Math.min(bytesWritten, part.byteLength);
      bytesWritten -= taken;
      if (taken < part.byteLength) rest.push(part.subarray(taken));
    }
    waiting.push(...rest.toReversed());
  }
}
