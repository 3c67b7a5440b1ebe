import { readFile, realpath } from "node:fs/promises";
import { isAbsolute, join, sep } from "node:path";
import { fail } from "@longshore/core";
import { importModule } from "../engine/code/importModule.ts";
import type { Platform } from "@longshore/core/pipeline";

/**
 * What pipelines need, on Node.
 *
 * @param folder the bundle's: no file outside of it is read.
 * @param allowCode whether the operator allows code in bundles.
 */
export function openPlatform(folder: string, allowCode: boolean): Platform {
  return {
    async readFile(name) {
      return readFile(await findFile(folder, name));
    },
    async readImage(bytes, form) {
      // sharp is 20 MB of native code: only for those who send images.
      const { decodeImage } = await import("../data/decodeImage.ts");
      return decodeImage(bytes, form);
    },
    async importModule(name) {
      const file = await findFile(folder, name);
      if (!allowCode) throw fail("CODE_NOT_ALLOWED", { file: name });
      return importModule(file, name);
    },
  };
}

/**
 * The path of a file of a bundle.
 *
 * @throws LongshoreError DATA_INVALID where it is not there, or lies outside, by its name or by a link.
 */
export async function findFile(folder: string, name: string): Promise<string> {
  const outside =
    "lies outside of the bundle; put it in there, and name it relative to bundle.yaml";
  if (isAbsolute(name)) throw fail("DATA_INVALID", { file: name, problem: outside });
  const root = await realpath(folder);
  let file: string;
  try {
    file = await realpath(join(root, name));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such file in the bundle" : message;
    throw fail("DATA_INVALID", { file: name, problem });
  }
  if (!file.startsWith(root + sep)) throw fail("DATA_INVALID", { file: name, problem: outside });
  return file;
}
