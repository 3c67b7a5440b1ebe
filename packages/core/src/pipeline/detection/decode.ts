import { fromFloat16 } from "../../float16.ts";
import { toTypedArray, type Tensor } from "../../tensor.ts";
import type { Candidates } from "./nms.ts";

/** What the four numbers of a box are. */
export type Coordinates = "xyxy" | "yxyx" | "xywh" | "cxcywh";

/** How one tensor holds boxes and scores. */
export type Format = "yolov8" | "yolov5";

/** A model's boxes of one image, before the threshold. */
export interface RawBoxes {
  readonly count: number;
  /** Number `part` (0 to 3) of a box. */
  box(index: number, part: number): number;
  /** The likeliest class of a box and its score. */
  best(index: number): { readonly label: number; readonly score: number };
}

/** Numbers of a tensor, FP16 widened; 64-bit integers become doubles. */
export function numbersOfTensor({ datatype, data }: Tensor): ArrayLike<number> {
  const values = toTypedArray(datatype, data);
  if (datatype === "FP16") return Float32Array.from(values as Uint16Array, fromFloat16);
  return values instanceof BigInt64Array
    ? Float64Array.from(values, Number)
    : (values as Float32Array);
}

/**
 * YOLO's one tensor. `yolov8`: `[rows, 4 + classes, boxes]`. `yolov5`: `[rows, boxes, 5 + classes]`,
 * where the fifth number says how likely there is anything, and multiplies the classes' scores.
 */
export function readYolo(
  values: ArrayLike<number>,
  shape: readonly number[],
  row: number,
  format: Format,
): RawBoxes {
  const [, a, b] = shape as [number, number, number];
  const [count, parts] = format === "yolov8" ? [b, a] : [a, b];
  const [stepBox, stepPart] = format === "yolov8" ? [1, count] : [parts, 1];
  const start = row * a * b;
  const at = (index: number, part: number): number =>
    values[start + index * stepBox + part * stepPart]!;
  const firstClass = format === "yolov8" ? 4 : 5;
  return {
    count,
    box: at,
    best(index) {
      const { label, score } = largest(parts - firstClass, (k) => at(index, firstClass + k));
      return { label, score: format === "yolov8" ? score : score * at(index, 4) };
    },
  };
}

/**
 * Boxes `[rows, boxes, 4]` with scores `[rows, boxes]` and labels `[rows, boxes]` beside them, or
 * with scores of every class, `[rows, boxes, classes]`.
 */
export function readSeparate(
  boxes: { readonly values: ArrayLike<number>; readonly shape: readonly number[] },
  scores: ArrayLike<number>,
  labels: ArrayLike<number> | undefined,
  row: number,
): RawBoxes {
  const count = boxes.shape[1]!;
  const first = row * count;
  const classes = scores.length / (boxes.shape[0]! * count);
  return {
    count,
    box: (index, part) => boxes.values[(first + index) * 4 + part]!,
    best(index) {
      if (labels !== undefined)
        return { label: labels[first + index]!, score: scores[first + index]! };
      return largest(classes, (k) => scores[(first + index) * classes + k]!);
    },
  };
}

function largest(count: number, at: (index: number) => number): { label: number; score: number } {
  let label = 0;
  let score = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const value = at(index);
    if (value > score) [label, score] = [index, value];
  }
  return { label, score };
}

/** The boxes whose score is above a threshold, as corners. Boxes that are not finite are left out. */
export function selectBoxes(
  raw: RawBoxes,
  coordinates: Coordinates,
  threshold: number,
): Candidates {
  const boxes: number[] = [];
  const scores: number[] = [];
  const labels: number[] = [];
  for (let index = 0; index < raw.count; index++) {
    const { label, score } = raw.best(index);
    if (!(score > threshold)) continue;
    const corners = toCorners((part) => raw.box(index, part), coordinates);
    if (!corners.every(Number.isFinite)) continue;
    boxes.push(...corners);
    scores.push(score);
    labels.push(label);
  }
  return {
    boxes: Float64Array.from(boxes),
    scores: Float64Array.from(scores),
    labels: Int32Array.from(labels),
  };
}

/** `[x1, y1, x2, y2]`, the smaller corner first. */
function toCorners(part: (index: number) => number, coordinates: Coordinates): number[] {
  const [a, b, c, d] = [part(0), part(1), part(2), part(3)];
  if (coordinates === "cxcywh") return ordered(a - c / 2, b - d / 2, a + c / 2, b + d / 2);
  if (coordinates === "xywh") return ordered(a, b, a + c, b + d);
  return coordinates === "yxyx" ? ordered(b, a, d, c) : ordered(a, b, c, d);
}

function ordered(x1: number, y1: number, x2: number, y2: number): number[] {
  return [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
}
