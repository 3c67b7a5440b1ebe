/** Boxes of one image: corners `[x1, y1, x2, y2]` one after the other, with x1 <= x2 and y1 <= y2. */
export interface Candidates {
  readonly boxes: Float64Array;
  readonly scores: Float64Array;
  readonly labels: Int32Array;
}

export interface Suppression {
  /** Of two boxes that overlap more than this (intersection over union), the likelier one stays. */
  readonly iou: number;
  /** Whether boxes suppress those of their own class only, all, or none. */
  readonly among: "class" | "all" | "none";
  /** How many boxes are kept. */
  readonly max: number;
}

/**
 * Greedy non-maximum suppression: the likeliest box stays, those that overlap it too much go, and so
 * on. Equal scores keep their order. With `class`, as ONNX's NonMaxSuppression, but for one limit
 * on all classes together.
 *
 * @returns places of the boxes that stay, the likeliest first.
 */
export function suppress(
  { boxes, scores, labels }: Candidates,
  { iou, among, max }: Suppression,
): number[] {
  const order = Array.from(scores.keys()).toSorted((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  for (const candidate of order) {
    if (kept.length === max) break;
    const goes =
      among !== "none" &&
      kept.some(
        (winner) =>
          (among === "all" || labels[winner] === labels[candidate]) &&
          overlap(boxes, winner, candidate) > iou,
      );
    if (!goes) kept.push(candidate);
  }
  return kept;
}

/** Intersection over union; 0 where neither box has an area. */
export function overlap(boxes: Float64Array, one: number, other: number): number {
  const [a, b] = [one * 4, other * 4];
  const width = Math.min(boxes[a + 2]!, boxes[b + 2]!) - Math.max(boxes[a]!, boxes[b]!);
  const height = Math.min(boxes[a + 3]!, boxes[b + 3]!) - Math.max(boxes[a + 1]!, boxes[b + 1]!);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (areaOf(boxes, a) + areaOf(boxes, b) - both);
}

function areaOf(boxes: Float64Array, at: number): number {
  return (boxes[at + 2]! - boxes[at]!) * (boxes[at + 3]! - boxes[at + 1]!);
}
