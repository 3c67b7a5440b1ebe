/** Smallest and largest value of an activation. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What each activation ranges over, by its name: floating-point tensors of the main graph only. */
export type Ranges = ReadonlyMap<string, Range>;

/** The range that covers two others. */
export function unite(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}
