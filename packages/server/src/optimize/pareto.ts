/**
 * The points that no other point beats: none is at least as good in all respects and better in one.
 *
 * @param costs of a point, each better the smaller it is; as many for all points.
 * @returns the points of the front, in their order. Equal points are all part of it.
 */
export function paretoFront<Point>(
  points: readonly Point[],
  costs: (point: Point) => readonly number[],
): Point[] {
  const all = points.map(costs);
  return points.filter((_, index) => !all.some((other) => beats(other, all[index]!)));
}

function beats(a: readonly number[], b: readonly number[]): boolean {
  return a.every((cost, index) => cost <= b[index]!) && a.some((cost, index) => cost < b[index]!);
}
