/**
 * A dimension while shapes are inferred: a length, a symbol that stands for one (the same wherever
 * it appears), or undefined where nothing is known.
 */
export type Dim = number | string | undefined;

/** A dimension for each axis. */
export type Shape = readonly Dim[];

/** Longer shapes than any operator takes; keeps a hostile file from asking for huge ones. */
const MAX_RANK = 64;

/** Symbols that inference makes up itself begin so. They are never written into a model. */
const FRESH = "\0";

/** A symbol for a length of which nothing is known but that it is this one. */
export function freshSymbol(id: number): string {
  return `${FRESH}${id}`;
}

/** Whether a dimension is a symbol that inference made up. */
export function isFresh(dim: Dim): boolean {
  return typeof dim === "string" && dim.startsWith(FRESH);
}

/** A shape of which only the rank is known; undefined for a rank that no tensor has. */
export function unknownShape(rank: Dim): Shape | undefined {
  if (typeof rank !== "number" || !(rank >= 0 && rank <= MAX_RANK)) return undefined;
  return Array.from({ length: rank }, () => undefined);
}

/** All lengths, or undefined if one of them is not a number. */
export function lengths(shape: Shape | undefined): number[] | undefined {
  return shape?.every((dim) => typeof dim === "number") ? [...shape] : undefined;
}

/** An axis counted from the front; undefined if it is outside the rank. */
export function frontAxis(axis: number, rank: number): number | undefined {
  const front = axis < 0 ? axis + rank : axis;
  return front >= 0 && front < rank ? front : undefined;
}

/** A copy of a shape with one dimension replaced. */
export function withDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, index) => (index === axis ? dim : old));
}

/**
 * The shape that tensors take together under multidirectional broadcasting; undefined if one has no
 * known rank. A length other than 1 wins over a symbol, which at run time is either that or 1.
 *
 * Source: ONNX "Broadcasting in ONNX".
 */
export function broadcast(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  let result: Shape = [];
  for (const shape of shapes) {
    if (shape === undefined) return undefined;
    const [short, long] = shape.length < result.length ? [shape, result] : [result, shape];
    const offset = long.length - short.length;
    result = long.map((dim, axis) =>
      axis < offset ? dim : broadcastDim(dim, short[axis - offset]),
    );
  }
  return result;
}

function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number") return typeof b === "number" ? undefined : a;
  return typeof b === "number" ? b : undefined;
}

/** Of two dimensions that must be the same: a length before a name, a name before a fresh symbol. */
export function unifyDim(a: Dim, b: Dim): Dim {
  const exactness = (dim: Dim): number =>
    typeof dim === "number" ? 3 : dim === undefined ? 0 : isFresh(dim) ? 1 : 2;
  return exactness(b) > exactness(a) ? b : a;
}

/**
 * Of two shapes that must be the same, the more exact dimensions; the first shape where the ranks
 * differ.
 */
export function unify(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined) return b;
  if (b === undefined || a.length !== b.length) return a;
  return a.map((dim, axis) => unifyDim(dim, b[axis]));
}

/**
 * The product of dimensions over the product of others; symbols on both sides cancel. Undefined if
 * what is left is neither a whole number nor a single symbol.
 */
export function quotient(above: Shape, below: Shape = []): Dim {
  if (above.includes(0) && below.length === 0) return 0;
  let factor = 1;
  const symbols: string[] = [];
  for (const dim of above) {
    if (typeof dim === "number") factor *= dim;
    else if (dim === undefined) return undefined;
    else symbols.push(dim);
  }
  for (const dim of below) {
    if (typeof dim === "number") factor /= dim;
    else {
      const at = dim === undefined ? -1 : symbols.indexOf(dim);
      if (at < 0) return undefined;
      symbols.splice(at, 1);
    }
  }
  if (symbols.length === 0) return Number.isSafeInteger(factor) ? factor : undefined;
  return symbols.length === 1 && factor === 1 ? symbols[0] : undefined;
}

/** A dimension longer by a fixed number of places; undefined below zero. */
export function extend(dim: Dim, by: number): Dim {
  if (by === 0) return dim;
  if (typeof dim !== "number" || dim + by < 0) return undefined;
  return dim + by;
}

/** The sum of dimensions; undefined if one that is not 0 is a symbol beside others. */
export function sum(dims: Shape): Dim {
  const rest = dims.filter((dim) => dim !== 0);
  if (rest.length === 1) return rest[0];
  return rest.every((dim) => typeof dim === "number")
    ? rest.reduce((total, dim) => total + dim, 0)
    : undefined;
}
