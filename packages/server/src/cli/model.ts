import { fail } from "@longshore/core";
import { isCodeFile } from "../engine/code/codeFile.ts";
import { scanPath, type ModelSource } from "../registry/scan.ts";

/**
 * The one graph at a path: an `.onnx` file, a bundle, or a model's folder, whose newest version is
 * meant.
 *
 * @throws LongshoreError MODEL_INVALID if there is none, there are several, or it is code or an
 *   ensemble.
 */
export async function findModel(path: string, allowCode = false): Promise<ModelSource> {
  const newest = await findSource(path, allowCode);
  if (newest.manifest.ensemble !== undefined) {
    const problem = "is an ensemble: it has no graph of its own, but the models of its steps do";
    throw fail("MODEL_INVALID", { file: newest.file, problem });
  }
  if (isCodeFile(newest.file))
    throw fail("MODEL_INVALID", { file: newest.file, problem: "is code: it has no graph to read" });
  return newest;
}

/**
 * As {@link findModel}, but it may be code.
 *
 * @param allowCode whether code in the bundle may run.
 * @throws LongshoreError MODEL_INVALID if there is none, or there are several.
 */
export async function findSource(path: string, allowCode: boolean): Promise<ModelSource> {
  const { sources, problems } = await scanPath(path, allowCode);
  const names = new Set(sources.map((source) => source.name));
  if (names.size > 1) {
    throw fail("MODEL_INVALID", {
      file: path,
      problem: `holds several models; name one of ${[...names].join(", ")}`,
    });
  }
  const newest = sources.at(-1);
  if (newest === undefined) {
    throw fail("MODEL_INVALID", {
      file: path,
      problem: problems[0]?.reason ?? "there is no model in it",
    });
  }
  return newest;
}
