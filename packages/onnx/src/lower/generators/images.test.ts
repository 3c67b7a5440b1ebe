/** Options and columns for steps of images, by the step's name; see `parity.test.ts`. */
import fc from "fast-check";
import type { ExampleColumn } from "@longshore/core/pipeline";
import { rowCount, tensors, type StepCase } from "./primitives.test.ts";

const into = fc.constantFrom({}, { into: "made" });
const side = fc.integer({ min: 1, max: 4 });
const level = fc.integer({ min: 0, max: 255 });
/** Eighths, which single precision holds exactly. */
const eighths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min, max }).map((value) => value / 8);

/** The tensor `x` of images, with channels in their place. */
const pixels = (
  channels: number,
  place: "first" | "last" = "last",
): fc.Arbitrary<Record<string, ExampleColumn>> =>
  fc
    .tuple(rowCount, side, side, fc.constantFrom("UINT8" as const, "FP32" as const))
    .chain(([rows, height, width, datatype]) => {
      const shape = place === "last" ? [height, width, channels] : [channels, height, width];
      return fc.record({ x: tensors(rows, shape, { datatype, value: level }) });
    });

export const images: Readonly<Record<string, fc.Arbitrary<StepCase>>> = {
  normalize: fc
    .tuple(fc.constantFrom(1, 3), fc.constantFrom("first" as const, "last" as const))
    .chain(([channels, place]) => {
      const each = (min: number, max: number): fc.Arbitrary<number[]> =>
        fc
          .constantFrom(1, channels)
          .chain((length) => fc.array(eighths(min, max), { minLength: length, maxLength: length }));
      return fc.record({
        options: fc
          .tuple(
            fc.record(
              {
                factor: fc.constantFrom(1, 1 / 255, -0.5),
                mean: each(-16, 16),
                std: each(1, 32),
              },
              { requiredKeys: [] },
            ),
            into,
          )
          .map(([options, to]) => ({ column: "x", channels: place, ...options, ...to })),
        given: pixels(channels, place),
      });
    }),
  layout: fc
    .tuple(fc.constantFrom("channels-first", "no-channels", "flat"), fc.constantFrom(2, 3))
    .chain(([order, channels]) =>
      fc.record({
        options: into.map((to) => ({ column: "x", order, ...to })),
        given: pixels(order === "no-channels" ? 1 : channels),
      }),
    ),
};
