import type { Place } from "../textproto/index.ts";

/** The path of a field or of a map's entry: `parameters.intra_op_thread_count`. */
export function at(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** Where a path leads in a text; as far as it does, where the rest is not there. */
export function placeOf(places: ReadonlyMap<string, Place>, path: string): Place | undefined {
  for (let known = path; known !== ""; known = known.replace(/(?:^|[.[])[^.[]*$/, "")) {
    const place = places.get(known);
    if (place !== undefined) return place;
  }
  return undefined;
}
