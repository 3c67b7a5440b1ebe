import { unite, type Range, type Ranges } from "../calibrate/range.ts";
import { asymmetricAffine, type Affine, type IntegerRange } from "../quantize/scale.ts";
import type { StaticInt8Options } from "./options.ts";
import type { Selection } from "./select.ts";
import type { Bounds, Unit } from "./units.ts";

/** Which integers stand for activations, and how. */
export interface ActivationFormat {
  readonly datatype: "UINT8" | "INT8";
  readonly integers: IntegerRange;
  readonly toAffine: (range: Range) => Affine;
}

/** What activations are made of for ONNX Runtime. */
export const U8: IntegerRange = { low: 0, high: 255 };

/** Unsigned with a zero point: the only activations that ONNX Runtime's x64 kernels are fast with. */
const ASYMMETRIC: ActivationFormat = {
  datatype: "UINT8",
  integers: U8,
  toAffine: ({ min, max }) => asymmetricAffine(min, max, U8),
};

/** Signed without a zero point; the scale is the least power of two that holds the range. */
const POWER_OF_TWO: ActivationFormat = {
  datatype: "INT8",
  integers: { low: -128, high: 127 },
  toAffine: ({ min, max }) => ({
    scale: powerOfTwo(Math.max(-min / 128, max / 127)),
    zeroPoint: 0,
  }),
};

/** What activations are made of under some options. */
export function formatOf({ scales }: StaticInt8Options): ActivationFormat {
  return scales === "powerOfTwo" ? POWER_OF_TWO : ASYMMETRIC;
}

/** The least power of two that is not below a scale and normal in FP32; 1 for 0. */
export function powerOfTwo(scale: number): number {
  return scale === 0 ? 1 : 2 ** Math.max(Math.ceil(Math.log2(scale)), -126);
}

/** Scale and zero point of each activation that becomes integers. */
export function chooseScales(
  { units, values }: Selection,
  ranges: Ranges,
  format: ActivationFormat,
): ReadonlyMap<string, Affine> {
  const groups = new Groups(values, ranges, units);
  for (const { operator, inputs, outputs } of units)
    if (operator.kind === "movement") groups.join([...inputs, ...outputs]);
  const affines = new Map<Group, Affine>();
  return new Map(
    Array.from(values, (value) => {
      const group = groups.of(value);
      const affine = affines.get(group) ?? format.toAffine(group.range);
      affines.set(group, affine);
      return [value, affine];
    }),
  );
}

/** Activations that share a scale. */
interface Group {
  readonly members: readonly string[];
  /** 0 included. */
  readonly range: Range;
  /** What the range must not exceed, since its ends do the work of a Relu or Clip. */
  readonly bounds: Bounds;
}

class Groups {
  readonly #groups = new Map<string, Group>();

  constructor(values: Iterable<string>, ranges: Ranges, units: readonly Unit[]) {
    const clamps = new Map(
      units.flatMap(({ clamp, outputs }) => (clamp ? [[outputs[0]!, clamp]] : [])),
    );
    for (const value of values) {
      const bounds = clamps.get(value) ?? { min: -Infinity, max: Infinity };
      const range = unite(ranges.get(value)!, { min: 0, max: 0 });
      this.#groups.set(value, { members: [value], range: clip(range, bounds), bounds });
    }
  }

  of(value: string): Group {
    return this.#groups.get(value)!;
  }

  /** Puts values together, unless some are clamped to where others are not. */
  join(values: readonly string[]): void {
    const parts = [...new Set(values.map((value) => this.of(value)))];
    const merged = parts.reduce((a, b) => ({
      members: [...a.members, ...b.members],
      range: unite(a.range, b.range),
      bounds: {
        min: Math.max(a.bounds.min, b.bounds.min),
        max: Math.min(a.bounds.max, b.bounds.max),
      },
    }));
    const { range, bounds } = merged;
    if (range.min < bounds.min || range.max > bounds.max) return;
    for (const value of merged.members) this.#groups.set(value, merged);
  }
}

function clip({ min, max }: Range, bounds: Bounds): Range {
  return { min: Math.max(min, bounds.min), max: Math.min(max, bounds.max) };
}
