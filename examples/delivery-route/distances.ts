/** Kilometres between all pairs of places; `distances[from][to]`, symmetric. */
export type Distances = readonly (readonly number[])[];

/** The Earth's mean radius in kilometres (IUGG). */
const RADIUS = 6371.0088;

/**
 * Great-circle distances by the haversine formula.
 *
 * @param places latitude and longitude of each, in degrees.
 */
export function distancesBetween(places: readonly (readonly [number, number])[]): Distances {
  return places.map((from) => places.map((to) => haversine(from, to)));
}

function haversine(
  [latitudeA, longitudeA]: readonly [number, number],
  [latitudeB, longitudeB]: readonly [number, number],
): number {
  const half =
    sinSquared((latitudeB - latitudeA) / 2) +
    cos(latitudeA) * cos(latitudeB) * sinSquared((longitudeB - longitudeA) / 2);
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(half)));
}

function cos(degrees: number): number {
  return Math.cos((degrees * Math.PI) / 180);
}

function sinSquared(degrees: number): number {
  return Math.sin((degrees * Math.PI) / 180) ** 2;
}
