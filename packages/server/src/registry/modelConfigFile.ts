import { readFile, stat } from "node:fs/promises";
import { fail } from "@longshore/core";
import { readModelServerConfig, type ConfiguredModel } from "@longshore/core/tfserving";

/**
 * A model config file of TensorFlow Serving, which may change while the server runs.
 *
 * Invariant: once it was read, what it said stays until it says something else that can be read.
 */
export class ModelConfigFile {
  readonly #path: string;
  readonly #warn: (notice: string) => void;
  #models: readonly ConfiguredModel[] | undefined;
  #print = "";
  #problem = "";

  /** @param warn told what is unknown or wrong in it, once for each change. */
  constructor(path: string, warn: (notice: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  /**
   * The models that it names now.
   *
   * @throws LongshoreError MANIFEST_INVALID where it could never be read.
   */
  async read(): Promise<readonly ConfiguredModel[]> {
    try {
      const { size, mtimeMs, ino } = await stat(this.#path);
      const print = `${ino}:${size}:${mtimeMs}`;
      if (print !== this.#print) {
        this.#print = print;
        const { models, notices } = readModelServerConfig(await readFile(this.#path, "utf8"));
        for (const notice of notices) this.#warn(`${this.#path}: ${notice}`);
        this.#models = models;
      }
      this.#problem = "";
    } catch (error) {
      const problem = (error as Error).message;
      if (this.#models === undefined) throw fail("MANIFEST_INVALID", { file: this.#path, problem });
      if (problem !== this.#problem)
        this.#warn(`${this.#path}: ${problem}; what it said before stays`);
      this.#problem = problem;
    }
    return this.#models as readonly ConfiguredModel[];
  }
}
