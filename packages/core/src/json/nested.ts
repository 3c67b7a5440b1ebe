import type { Tensor } from "../tensor.ts";
import { toElements, writeElement, writeElements, type Elements } from "./writer.ts";

/** A tensor on its way to nested JSON arrays. */
export interface Nested {
  readonly shape: readonly number[];
  readonly elements: Elements;
  /** `"label":` for each place of the last axis, which makes objects of it. */
  readonly labels: readonly string[] | undefined;
}

/**
 * @param labels names along the last axis; passed over where their number is not its length, or two
 *   are the same: files of labels may be so, and an object's keys may not.
 */
export function toNested(tensor: Tensor, labels: readonly string[] | undefined): Nested {
  const { shape } = tensor;
  const labelled =
    labels !== undefined &&
    shape.length > 0 &&
    labels.length === shape[shape.length - 1] &&
    areKeys(labels);
  return {
    shape,
    elements: toElements(tensor),
    labels: labelled ? labels.map((label) => `${JSON.stringify(label)}:`) : undefined,
  };
}

const KEYS = new WeakMap<readonly string[], boolean>();

/** Whether labels differ from each other; found out once for each list. */
export function areKeys(labels: readonly string[]): boolean {
  const known = KEYS.get(labels) ?? new Set(labels).size === labels.length;
  KEYS.set(labels, known);
  return known;
}

/**
 * The part of a tensor from an axis on, as JSON.
 *
 * @param index place of that part among all parts that begin at this axis, in row-major order.
 */
export function writeNested(nested: Nested, axis: number, index: number): string {
  const { shape, elements, labels } = nested;
  if (axis === shape.length) return writeElement(elements, index);
  const length = shape[axis] as number;
  const first = index * length;
  if (axis < shape.length - 1) {
    const parts: string[] = [];
    for (let part = 0; part < length; part++)
      parts.push(writeNested(nested, axis + 1, first + part));
    return `[${parts.join(",")}]`;
  }
  if (labels === undefined) return `[${writeElements(elements, first, first + length)}]`;
  return `{${labels.map((label, place) => label + writeElement(elements, first + place)).join(",")}}`;
}
