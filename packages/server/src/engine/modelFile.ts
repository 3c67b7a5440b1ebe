import { constants, type Stats } from "node:fs";
import { lstat, open, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail, type LongshoreError } from "@longshore/core";
import { checkModel, readModel, type ExternalData, type Model } from "@longshore/onnx/serving";

/** A model file that was found safe to hand to a runtime. */
export interface ModelFile {
  /** Its raw tensor data are views of the bytes that were read. */
  readonly model: Model;
  /** Where external data are looked for. */
  readonly folder: string;
  /** Paths of the files that hold external data, each once. */
  readonly externalFiles: readonly string[];
  /** Size of the model file and its external data together. */
  readonly bytes: number;
}

/** A protobuf message cannot be larger; ONNX Runtime refuses it too. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

/**
 * Reads a model file and checks it, and the files it refers to, before any runtime sees them.
 *
 * External data must be regular files inside the model's folder, reached through no symbolic link
 * and known by no second name (hard link): else a model could read a stranger's file into its
 * weights.
 *
 * @throws MODEL_INVALID with what is wrong and, for a tensor, its name.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const content = await readContent(path);
  const model = readModel(content, path);
  const folder = dirname(path);
  const sizes = await checkExternalFiles(checkModel(model, path), folder, path);
  return {
    model,
    folder,
    externalFiles: [...sizes.keys()],
    bytes: sizes.values().reduce((sum, size) => sum + size, content.byteLength),
  };
}

async function readContent(path: string): Promise<Uint8Array> {
  const invalid = (problem: string): LongshoreError =>
    fail("MODEL_INVALID", { file: path, problem });
  // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      throw invalid(
        error.code === "ENOENT" ? "there is no such file" : `cannot be opened (${error.code})`,
      );
    },
  );
  try {
    const found = await file.stat();
    if (!found.isFile()) throw invalid("is not a regular file");
    if (found.size > MAX_MODEL_BYTES) {
      throw invalid(
        `${found.size} bytes are more than the 2 GiB of an ONNX file; export it with external data`,
      );
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Size of each file that external data lie in, by path. */
async function checkExternalFiles(
  references: readonly ExternalData[],
  folder: string,
  file: string,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { tensor, location, offset, length } of references) {
    const path = join(folder, location);
    const invalid = (problem: string): LongshoreError =>
      fail("MODEL_INVALID", {
        file,
        problem: `${tensor}: external data file "${location}" ${problem}`,
      });
    if (!sizes.has(path)) sizes.set(path, await checkExternalFile(path, folder, location, invalid));
    const size = sizes.get(path) ?? 0;
    if (offset + length > size) {
      throw invalid(`has ${size} bytes, but ${length} are wanted from byte ${offset} on`);
    }
  }
  return sizes;
}

async function checkExternalFile(
  path: string,
  folder: string,
  location: string,
  invalid: (problem: string) => LongshoreError,
): Promise<number> {
  let found: Stats;
  try {
    // Equal only if no part of the location, not even a folder in it, is a symbolic link.
    const direct = (await realpath(path)) === join(await realpath(folder), location);
    if (!direct) throw invalid("is reached through a symbolic link; put the file itself there");
    found = await lstat(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw invalid("does not exist");
    throw error;
  }
  if (!found.isFile()) throw invalid("is not a regular file");
  if (found.nlink !== 1) throw invalid("has a second name (hard link); put a copy there");
  return found.size;
}
