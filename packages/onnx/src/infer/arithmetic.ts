import { intAttribute } from "../graph/attributes.ts";
import type { Call } from "./call.ts";
import { lengths, type Dim, type Shape } from "./dims.ts";
import { indexAt, positionOf, smallCount, type Elements } from "./elements.ts";
import { TYPE } from "./known.ts";

/** An operator on single elements, numbers or symbols. */
type Calculation = (operands: readonly Dim[], call: Call) => Dim;

/**
 * The elements of an elementwise operator's result, as exporters calculate shapes with them.
 *
 * @param shape of the result.
 * @returns undefined if an operand is not known, or the operator does not occur in shapes.
 */
export function calculate(call: Call, shape: Shape | undefined): Elements | undefined {
  const calculation = CALCULATIONS[call.node.opType];
  const count = smallCount(shape);
  const dims = lengths(shape);
  if (calculation === undefined || count === undefined || dims === undefined) return undefined;
  const operands = call.inputs.map((known) => {
    const operandDims = lengths(known?.shape);
    return known?.elements && operandDims && { elements: known.elements, dims: operandDims };
  });
  if (operands.every((operand) => operand === undefined)) return undefined;
  return Array.from({ length: count }, (_, position) => {
    const index = indexAt(position, dims);
    const values = operands.map((operand) => operand?.elements[positionOf(index, operand.dims)]);
    return stored(calculation(values, call), call);
  });
}

const CALCULATIONS: Readonly<Record<string, Calculation>> = {
  Abs: ([a]) => (typeof a === "number" ? Math.abs(a) : a),
  Neg: numeric(([a = 0]) => -a),
  Floor: ([a]) => (typeof a === "number" ? Math.floor(a) : a),
  Ceil: ([a]) => (typeof a === "number" ? Math.ceil(a) : a),
  Sqrt: numeric(([a = 0]) => Math.sqrt(a)),
  Not: numeric(([a]) => (a === 0 ? 1 : 0)),
  Cast: ([a], { node }) =>
    typeof a === "string" && intAttribute(node, "to", 0) === TYPE.BOOL ? undefined : a,
  Relu: ([a]) => (typeof a === "number" ? Math.max(a, 0) : a),
  Add: ([a, b], call) => {
    if (a === 0) return b;
    return b === 0 ? a : numeric(([x = 0, y = 0]) => x + y)([a, b], call);
  },
  Sub: ([a, b], call) => {
    if (b === 0) return a;
    if (typeof a === "string" && a === b) return 0;
    return numeric(([x = 0, y = 0]) => x - y)([a, b], call);
  },
  Mul: ([a, b], call) => {
    if (a === 1) return b;
    return b === 1 ? a : numeric(([x = 0, y = 0]) => x * y)([a, b], call);
  },
  // Whole numbers are cut to whole ones when they are stored.
  Div: ([a, b], call) => (b === 1 ? a : numeric(([x = 0, y = 1]) => x / y)([a, b], call)),
  Mod: numeric(([a = 0, b = 1], { node }) =>
    intAttribute(node, "fmod", 0) === 1 ? a % b : a - Math.floor(a / b) * b,
  ),
  Pow: numeric(([a = 0, b = 1]) => a ** b),
  Max: extreme(Math.max),
  Min: extreme(Math.min),
  And: numeric(([a, b]) => (a !== 0 && b !== 0 ? 1 : 0)),
  Or: numeric(([a, b]) => (a !== 0 || b !== 0 ? 1 : 0)),
  Equal: ([a, b]) => {
    if (a === undefined || b === undefined) return undefined;
    if (a === b) return 1;
    if (typeof a === "number" && typeof b === "number") return 0;
    return isNegative(a) || isNegative(b) ? 0 : undefined;
  },
  Greater: numeric(([a = 0, b = 0]) => (a > b ? 1 : 0)),
  GreaterOrEqual: numeric(([a = 0, b = 0]) => (a >= b ? 1 : 0)),
  Less: numeric(([a = 0, b = 0]) => (a < b ? 1 : 0)),
  LessOrEqual: numeric(([a = 0, b = 0]) => (a <= b ? 1 : 0)),
  Where: ([condition, a, b]) => {
    if (typeof condition !== "number") return a === b ? a : undefined;
    return condition === 0 ? b : a;
  },
};

/** A calculation that is only possible if every operand is a number. */
function numeric(f: (operands: readonly number[], call: Call) => number): Calculation {
  return (operands, call) =>
    operands.every((operand) => typeof operand === "number") ? f(operands, call) : undefined;
}

function extreme(f: (...values: number[]) => number): Calculation {
  return (operands, call) =>
    operands.every((operand) => operand === operands[0])
      ? operands[0]
      : numeric((values) => f(...values))(operands, call);
}

/** Symbols stand for lengths. */
function isNegative(value: number | string): boolean {
  return typeof value === "number" && value < 0;
}

const FRACTIONAL: ReadonlySet<number> = new Set([
  TYPE.FLOAT,
  TYPE.FLOAT16,
  TYPE.DOUBLE,
  TYPE.BFLOAT16,
]);

/** A result as its element type holds it; undefined where doubles cannot tell. */
function stored(value: Dim, call: Call): Dim {
  if (typeof value !== "number") return value;
  const { node, inputs } = call;
  const elemType =
    node.opType === "Cast"
      ? intAttribute(node, "to", 0)
      : (inputs[node.opType === "Where" ? 1 : 0]?.elemType ?? 0);
  if (elemType === TYPE.DOUBLE) return value;
  if (elemType === TYPE.FLOAT) return Math.fround(value);
  if (elemType === TYPE.BOOL) return value === 0 ? 0 : 1;
  const whole = FRACTIONAL.has(elemType) ? value : Math.trunc(value);
  const limit = FRACTIONAL.has(elemType) ? 256 : EXACT[elemType];
  return Math.abs(whole) <= (limit ?? 0) && Number.isInteger(whole) ? whole : undefined;
}

/** Integers up to which a type is followed: no overflow, no rounding. */
const EXACT: Readonly<Record<number, number>> = {
  [TYPE.INT32]: 2 ** 31 - 1,
  [TYPE.INT64]: Number.MAX_SAFE_INTEGER,
};
