import type { SignatureOverride, ValueOverride } from "@longshore/core/manifest";
import { readShape, type Model, type ValueInfo } from "@longshore/onnx";

/**
 * The override that takes another one back: what it makes of an overridden model bears the graph's
 * own names and shapes again, so that a bundle can override them in a variant as in the original.
 *
 * @param model the original, not overridden.
 */
export function inverseOf({ graph }: Model, override: SignatureOverride): SignatureOverride {
  const invert = (
    values: readonly ValueInfo[],
    changes: Readonly<Record<string, ValueOverride>> = {},
  ): Record<string, ValueOverride> =>
    Object.fromEntries(
      Object.entries(changes).map(([name, { name: served = name, shape }]) => {
        const own = values.find((value) => value.name === name)?.type?.tensorType?.shape;
        const restored = shape === undefined || own === undefined ? {} : { shape: readShape(own) };
        return [served, { name, ...restored }];
      }),
    );
  return {
    inputs: invert(graph.inputs, override.inputs),
    outputs: invert(graph.outputs, override.outputs),
  };
}
