import { dirname, join } from "node:path";
import type { GoldenExample } from "@longshore/core/golden";
import { readCpuFacts } from "../../engine/cpuFeatures.ts";
import { messageOf } from "../../engine/messageOf.ts";
import {
  askGolden,
  goldenLimitsOf,
  judgeGolden,
  type GoldenReport,
  type GoldenResult,
} from "../../registry/golden.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { fittingVariants } from "../../registry/variants.ts";
import { openForm, type Form, type FormTools } from "../openForm.ts";

/** A form of a bundle's model, and how it answers. */
export interface VerifiedForm {
  /** `original`, or a variant's; of a running server, its address and which of these it serves. */
  readonly name: string;
  readonly outcome:
    | {
        readonly kind: "asked";
        readonly report: GoldenReport;
        /** Of all examples, the worst first. */
        readonly results: readonly GoldenResult[];
      }
    /** A variant that was made for another CPU than this one. */
    | { readonly kind: "otherCpu"; readonly target: string }
    /** It cannot be loaded. */
    | { readonly kind: "failed"; readonly problem: string };
}

/** Asks the original and each variant that this CPU can run. */
export async function verifyBundle(
  source: ModelSource,
  examples: readonly GoldenExample[],
  tools: FormTools,
): Promise<VerifiedForm[]> {
  const { variants = [] } = source.manifest;
  const fitting = new Set(fittingVariants(variants, await readCpuFacts()));
  const forms: VerifiedForm[] = [
    { name: "original", outcome: await verifyForm(source, undefined, source, examples, tools) },
  ];
  for (const variant of variants) {
    const { name, target, model, original } = variant;
    const form = { file: join(dirname(source.file), model), original };
    forms.push({
      name,
      outcome: fitting.has(variant)
        ? await verifyForm(source, name, form, examples, tools)
        : { kind: "otherCpu", target },
    });
  }
  return forms;
}

async function verifyForm(
  source: ModelSource,
  variant: string | undefined,
  { file, original }: Form,
  examples: readonly GoldenExample[],
  tools: FormTools,
): Promise<VerifiedForm["outcome"]> {
  const limits = goldenLimitsOf(source.manifest, variant);
  try {
    const served = await openForm(source, { file, original }, tools);
    try {
      const room = source.manifest.queue?.maxLength;
      const results = await askGolden(served.predict, examples, limits, room);
      return { kind: "asked", report: judgeGolden(results, limits), results };
    } finally {
      await served.close();
    }
  } catch (error) {
    return { kind: "failed", problem: messageOf(error) };
  }
}
