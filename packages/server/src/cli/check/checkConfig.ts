import type { Signature } from "@longshore/core";
import { checkDeclared, ModelConfigProblem, type ModelConfig } from "@longshore/core/modelConfig";
import { CONFIG_FILE } from "../../registry/settings.ts";
import type { CheckedBundle } from "./finding.ts";

/** Checks what a `config.pbtxt` says of tensors against the model's own. */
export function checkConfig(
  bundle: CheckedBundle,
  config: ModelConfig,
  signature: Signature,
): void {
  try {
    checkDeclared(config.declared, signature);
  } catch (error) {
    if (!(error instanceof ModelConfigProblem)) throw error;
    bundle.inFile("error", CONFIG_FILE, error.message, config.placeOf(error.where)?.line);
  }
}
