/**
 * Shapes that callers see in place of a graph's own, with the same elements in the same order: the
 * free axes of both are the same ones, in their order, and between them lie as many elements.
 */

/** Numbers of elements between the free axes of a shape, before the first and after the last. */
export function fixedParts(shape: readonly (number | string)[]): number[] {
  const parts = [1];
  for (const length of shape) {
    if (typeof length === "string" || length < 0) parts.push(1);
    else parts[parts.length - 1]! *= length;
  }
  return parts;
}

/**
 * A tensor's shape in another form.
 *
 * @param from the form that it has, free axes as symbols.
 * @param to the form that it gets.
 * @returns undefined where it is not of the form `from`.
 */
export function reshapeTo(
  shape: readonly number[],
  from: readonly (number | string)[],
  to: readonly (number | string)[],
): number[] | undefined {
  if (shape.length !== from.length) return undefined;
  const free: number[] = [];
  for (const [axis, length] of from.entries()) {
    if (typeof length === "string") free.push(shape[axis]!);
    else if (length !== shape[axis]) return undefined;
  }
  let next = 0;
  return to.map((length) => (typeof length === "string" ? free[next++]! : length));
}
