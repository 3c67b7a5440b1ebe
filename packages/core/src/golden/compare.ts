/** Where an answer is furthest from what was expected. */
export interface Difference {
  /** Such as `outputs.probabilities[0][3]`. */
  readonly place: string;
  readonly expected: unknown;
  readonly got: unknown;
  /**
   * `|got - expected| / max(1, |expected|)`, which a tolerance bounds; infinite where they are not
   * both numbers and not equal.
   */
  readonly distance: number;
}

/**
 * The worst difference between an answer and what it must say; undefined where there is none.
 * Everything that is expected is compared: numbers by distance, the rest for equality, lists and
 * objects element by element. What the answer says beyond that may be anything.
 */
export function worstDifference(
  expected: unknown,
  got: unknown,
  place = "",
): Difference | undefined {
  if (typeof expected === "number" && typeof got === "number") {
    if (Object.is(expected, got) || expected === got) return undefined;
    const distance = Math.abs(got - expected) / Math.max(1, Math.abs(expected));
    return {
      place,
      expected,
      got,
      distance: Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance,
    };
  }
  const different: Difference = { place, expected, got, distance: Number.POSITIVE_INFINITY };
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length) return different;
    return worst(
      expected.map((value, index) => worstDifference(value, got[index], `${place}[${index}]`)),
    );
  }
  if (isObject(expected)) {
    if (!isObject(got)) return different;
    return worst(
      Object.keys(expected).map((key) => {
        const value = Object.hasOwn(got, key) ? got[key] : undefined;
        return worstDifference(expected[key], value, place === "" ? key : `${place}.${key}`);
      }),
    );
  }
  return expected === got ? undefined : different;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function worst(differences: readonly (Difference | undefined)[]): Difference | undefined {
  return differences.reduce(
    (a, b) => (a === undefined || (b !== undefined && b.distance > a.distance) ? b : a),
    undefined,
  );
}

/** `outputs.label[0]: expected 7, got 1`, with the distance where there is one. */
export function formatDifference({ place, expected, got, distance }: Difference): string {
  const away = Number.isFinite(distance) ? ` (off by ${distance.toExponential(1)})` : "";
  return `${place || "answer"}: expected ${show(expected)}, got ${show(got)}${away}`;
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
