import type { Lowering, PlacedStep } from "@longshore/core/pipeline";

/** What is needed of a step to lower it. */
export type LowerableStep = Pick<PlacedStep, "config" | "prepared">;

/** Lowers steps one after another. @throws TypeError for a step that cannot be lowered. */
export function lowerEach(steps: readonly LowerableStep[], lowering: Lowering): void {
  for (const { config, prepared } of steps) {
    if (prepared.lower === undefined) throw new TypeError(`"${config.step}" cannot be lowered`);
    prepared.lower(lowering);
  }
}
