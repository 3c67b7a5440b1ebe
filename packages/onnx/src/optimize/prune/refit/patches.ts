import { indexAt } from "../../../infer/elements.ts";
import type { Window } from "../../../infer/window.ts";

/**
 * Where a convolution looks: by position of its output (in row-major order of the spatial axes), the
 * positions of its input under each place of its kernel, -1 for padding.
 *
 * Source: ONNX operator "Conv".
 *
 * @param input lengths of the spatial axes.
 * @param output the same of what it makes.
 */
export function createPatches(
  window: Window,
  kernel: readonly number[],
  input: readonly number[],
  output: readonly number[],
): (at: number) => readonly number[] {
  const begins = kernel.map((size, axis) =>
    padding(window, axis, size, input[axis]!, output[axis]!),
  );
  return (at) => {
    let sources = [0];
    const place = indexAt(at, output);
    for (const [axis, size] of kernel.entries()) {
      const first = place[axis]! * window.strides[axis]! - begins[axis]!;
      sources = sources.flatMap((source) =>
        Array.from({ length: size }, (_, step) => {
          const position = first + step * window.dilations[axis]!;
          const inside = source >= 0 && position >= 0 && position < input[axis]!;
          return inside ? source * input[axis]! + position : -1;
        }),
      );
    }
    return sources;
  };
}

/** Places added before the data of an axis. */
function padding(
  { strides, dilations, pads, autoPad }: Window,
  axis: number,
  size: number,
  input: number,
  output: number,
): number {
  if (autoPad === "VALID") return 0;
  if (!autoPad.startsWith("SAME")) return pads[axis]!;
  const span = (size - 1) * dilations[axis]! + 1;
  const total = Math.max((output - 1) * strides[axis]! + span - input, 0);
  return autoPad === "SAME_LOWER" ? Math.ceil(total / 2) : Math.floor(total / 2);
}
