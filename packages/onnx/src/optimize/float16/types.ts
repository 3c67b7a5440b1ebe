import { inferShapes } from "../../infer/inferShapes.ts";
import type { Model } from "../../proto/types.ts";
import { walkModel } from "../../walk.ts";

/** `TensorProto.DataType` of values by name; 0 for what is no dense tensor. Unknown ones are absent. */
export type ElementTypes = ReadonlyMap<string, number>;

/**
 * The element types of all values of a model, as stated or inferred. A name that means values of
 * different types in different subgraphs is unknown.
 */
export function findElementTypes(model: Model): ElementTypes {
  const types = new Map<string, number>();
  const ambiguous = new Set<string>();
  const note = (name: string, type: number): void => {
    const known = types.get(name) ?? type;
    if (known !== type) ambiguous.add(name);
    types.set(name, type);
  };
  walkModel(inferShapes(model), {
    graph({ inputs, outputs, valueInfos, initializers }) {
      for (const { name, type } of [...inputs, ...outputs, ...valueInfos])
        if (type) note(name, type.tensorType?.elemType ?? 0);
      for (const { name = "", dataType } of initializers) note(name, dataType);
    },
  });
  for (const name of ambiguous) types.delete(name);
  return types;
}
