import { existsSync } from "node:fs";
import { join } from "node:path";
import { fail, type LongshoreError } from "@longshore/core";
import type { ManifestProblem } from "@longshore/core/manifest";
import { fieldOf, ModelConfigProblem } from "@longshore/core/modelConfig";
import { toManifestError } from "./manifestFile.ts";
import type { ModelSource } from "./scan.ts";
import { CONFIG_FILE, MANIFEST_FILE, toConfigError } from "./settings.ts";

/**
 * The error for something that is wrong with a model's settings though each fits its schema, such as
 * a name that the graph does not have: with its place in `bundle.yaml` or `config.pbtxt`, as the file
 * is now; where the settings came with a request, with the key alone.
 *
 * @param problem of the manifest; of a configuration, its own.
 */
export async function toSettingsError(
  { folder, config }: Pick<ModelSource, "folder" | "config">,
  problem: ManifestProblem | ModelConfigProblem,
): Promise<LongshoreError> {
  if (config?.isText === true) {
    const own =
      problem instanceof ModelConfigProblem
        ? problem
        : new ModelConfigProblem(fieldOf(problem.path, config.declared), problem.message);
    const place = config.placeOf(own.where) ?? { line: 1, column: 1 };
    return toConfigError(join(folder, CONFIG_FILE), own.withPlace(place));
  }
  const manifestFile = join(folder, MANIFEST_FILE);
  if (problem instanceof ModelConfigProblem) {
    return fail("MANIFEST_INVALID", { file: "config", problem: problem.message });
  }
  if (existsSync(manifestFile)) return toManifestError(manifestFile, problem);
  const text = `${problem.path.join(".")}: ${problem.message}`;
  return fail("MANIFEST_INVALID", { file: "config", problem: text });
}
