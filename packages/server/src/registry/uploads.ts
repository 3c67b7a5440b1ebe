import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fail } from "@longshore/core";
import { CODE_EXTENSIONS } from "../engine/code/codeFile.ts";
import { makeTemporaryFolder } from "../engine/temporaryFolder.ts";

/** A version, then folders and a file whose names can neither lead elsewhere nor hide. */
const PATH = /^(0|[1-9]\d{0,15})(\/[\w][\w.-]{0,127}){1,8}$/;
/** As of bundles, whose names become parts of URLs too. */
const NAME = /^\w[\w.-]{0,127}$/;
/** More than any model needs beside its weights. */
const MAX_FILES = 1_000;

/**
 * Files of models that callers sent: in a temporary folder that ends with the registry.
 *
 * Graphs and their data only. Code is refused whatever the operator allows in the repository: who
 * may send a model must not thereby run programs.
 */
export class Uploads {
  #root: Promise<string> | undefined;
  #count = 0;

  /**
   * Writes the files of a model.
   *
   * @param files by path, such as `1/model.onnx`.
   * @returns the folder that they are in.
   * @throws LongshoreError MODEL_LOAD_FAILED where a path is not one, with nothing written.
   */
  async write(model: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
    const refuse = (reason: string): Error => fail("MODEL_LOAD_FAILED", { model, reason });
    if (!NAME.test(model)) {
      throw refuse(
        "a name has letters, digits, '_', '-' and '.' only, and does not begin with '.'",
      );
    }
    if (files.size > MAX_FILES)
      throw refuse(`${files.size} files are over the limit of ${MAX_FILES}`);
    for (const path of files.keys()) {
      if (!PATH.test(path)) throw refuse(`file "${path}": expected a path like 1/model.onnx`);
      if (CODE_EXTENSIONS.includes(extname(path)))
        throw refuse(`file "${path}": code is not taken`);
    }
    this.#root ??= makeTemporaryFolder("uploads");
    this.#count += 1;
    const folder = join(await this.#root, String(this.#count));
    try {
      for (const [path, bytes] of files) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }
    } catch (error) {
      await this.remove(folder);
      throw refuse(`its files could not be written: ${(error as NodeJS.ErrnoException).code}`);
    }
    return folder;
  }

  /** Removes what {@link write} wrote. */
  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    if (this.#root !== undefined) await rm(await this.#root, { recursive: true, force: true });
  }
}
