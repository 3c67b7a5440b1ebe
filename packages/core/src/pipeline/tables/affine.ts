import type { Frame } from "../frame.ts";
import { matrixOf, setMatrix, type Lowering } from "../lowering.ts";
import { replaceNumbers } from "./numbers.ts";

/** `(x - center) / scale`, one of each a column: what all the linear scalers do. */
export interface Affine {
  readonly columns: readonly string[];
  readonly center: readonly number[];
  readonly scale: readonly number[];
}

/** Missing values stay missing. */
export function applyAffine(frame: Frame, { columns, center, scale }: Affine): void {
  replaceNumbers(frame, columns, (given, values, index) => {
    const from = center[index]!;
    const by = scale[index]!;
    for (let row = 0; row < given.length; row++) values[row] = (given[row]! - from) / by;
  });
}

/** Subtracts before it divides, as folding both into `a * x + b` would cancel digits of float32. */
export function lowerAffine(lowering: Lowering, { columns, center, scale }: Affine): void {
  const { builder } = lowering;
  const width = [columns.length];
  const from = builder.constant("FP32", width, center);
  const by = builder.constant("FP32", width, scale);
  const centred = builder.node("Sub", [matrixOf(lowering, columns), from]);
  setMatrix(lowering, columns, builder.node("Div", [centred, by]));
}
