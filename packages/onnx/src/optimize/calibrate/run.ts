import type { Tensors } from "@longshore/core";
import type { Model } from "../../proto/types.ts";
import type { OpenModel } from "../runtime.ts";
import { invalid, type CheckedSamples } from "./samples.ts";

/**
 * Runs a model on all samples, one after another.
 *
 * @throws LongshoreError DATA_INVALID naming the sample with which the run fails.
 */
export async function runSamples(
  model: Model,
  samples: CheckedSamples,
  open: OpenModel,
  use: (outputs: Tensors) => void,
): Promise<void> {
  const runnable = await open(model);
  try {
    for await (const { number, tensors } of samples()) {
      const outputs = await runnable.run(tensors).catch((error: unknown) => {
        throw invalid(number, error);
      });
      use(outputs);
    }
  } finally {
    await runnable.close();
  }
}
