import type { CustomStep } from "@longshore/core/pipeline";

/**
 * Defines a custom step: what a module exports that `step: custom` of a bundle's pipeline names.
 *
 * ```ts
 * export default defineStep({
 *   apply: ({ columns }) => ({ name: columns.name.map((name) => name?.trim() ?? null) }),
 * });
 * ```
 */
export function defineStep<State = undefined>(step: CustomStep<State>): CustomStep<State> {
  return step;
}
