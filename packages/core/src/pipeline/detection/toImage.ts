import type { Placement } from "../notes.ts";

/**
 * A box in the pixels of the image that was sent: {@link Placement} undone, and cut at the image's
 * borders.
 *
 * @param box `[x1, y1, x2, y2]` in the pixels that the model saw.
 */
export function toImagePixels(
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  placement: Placement,
): [number, number, number, number] {
  const { width, height, scaleX, scaleY, offsetX, offsetY } = placement;
  const x = (value: number): number => clamp((value - offsetX) / scaleX, width);
  const y = (value: number): number => clamp((value - offsetY) / scaleY, height);
  return [x(x1), y(y1), x(x2), y(y2)];
}

function clamp(value: number, to: number): number {
  return Math.min(Math.max(value, 0), to);
}
