/** The models that a model needs, directly. */
export type Needs = (name: string) => readonly string[];

/**
 * Names in an order in which each comes after those that it needs, as far as these are among them.
 * Of those that need each other in a circle, any comes first.
 */
export function inLoadingOrder(names: Iterable<string>, needs: Needs): string[] {
  const among = new Set(names);
  const order = new Set<string>();
  const visiting = new Set<string>();
  const visit = (name: string): void => {
    if (visiting.has(name) || !among.has(name)) return;
    visiting.add(name);
    for (const needed of needs(name)) visit(needed);
    order.add(name);
  };
  for (const name of among) visit(name);
  return [...order];
}

/** The way from a model through what it needs back to itself: `["a", "b", "a"]`; undefined if none. */
export function findCircle(name: string, needs: Needs): string[] | undefined {
  const seen = new Set<string>();
  const search = (at: string, way: readonly string[]): string[] | undefined => {
    for (const needed of needs(at)) {
      if (needed === name) return [...way, needed];
      if (seen.has(needed)) continue;
      seen.add(needed);
      const found = search(needed, [...way, needed]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return search(name, [name]);
}

/** A model and all that it needs, directly or not. */
export function withNeeded(name: string, needs: Needs): Set<string> {
  const all = new Set([name]);
  // What is added to a set while it is walked through is walked through too.
  for (const each of all) for (const needed of needs(each)) all.add(needed);
  return all;
}
