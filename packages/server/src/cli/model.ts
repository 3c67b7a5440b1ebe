import { fail } from "@longshore/core";
import { scanPath, type ModelSource } from "../registry/scan.ts";

/**
 * The one model at a path: an `.onnx` file, a bundle, or a model's folder, whose newest version is
 * meant.
 *
 * @throws LongshoreError MODEL_INVALID if there is none or there are several.
 */
export async function findModel(path: string): Promise<ModelSource> {
  const { sources, problems } = await scanPath(path);
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
