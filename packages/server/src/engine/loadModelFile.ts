import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { toBytes } from "@longshore/core";
import { loadExternalData, type Model } from "@longshore/onnx";
import { readModelFile } from "./modelFile.ts";

/** Reads of more than 2 GiB at once fail. */
const MAX_READ_BYTES = 2 ** 30;

/**
 * Reads a model with all its data in memory, external ones too: for tools that edit it.
 *
 * @throws MODEL_INVALID as `readModelFile`.
 */
export async function loadModelFile(path: string): Promise<Model> {
  const { model, folder } = await readModelFile(path);
  const files = new Map<string, FileHandle>();
  try {
    return await loadExternalData(
      model,
      async (location, offset, length) => {
        // It was no link when it was looked at; if it is one now, somebody means harm.
        const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
        const file = files.get(location) ?? (await open(join(folder, location), flags));
        files.set(location, file);
        return readPart(file, offset, length);
      },
      path,
    );
  } finally {
    for (const file of files.values()) await file.close();
  }
}

/** Bytes of a file; fewer if it ends before. */
async function readPart(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const part = toBytes(Buffer.allocUnsafeSlow(length));
  let filled = 0;
  while (filled < length) {
    const room = Math.min(length - filled, MAX_READ_BYTES);
    const { bytesRead } = await file.read(part, filled, room, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return part.subarray(0, filled);
}
