import { intAttribute, stringAttribute } from "../graph/attributes.ts";
import { each, input, shapeOf, type Call, type Rule, type Rules } from "./call.ts";
import { broadcast, unifyDim, type Dim, type Shape } from "./dims.ts";
import { TYPE, tensorOf } from "./known.ts";

/** Products of matrices. */
export const matmul: Rules = {
  MatMul: (call) => [
    tensorOf(input(call, 0).elemType, multiplied(shapeOf(call, 0), shapeOf(call, 1))),
  ],
  MatMulInteger: (call) => [tensorOf(TYPE.INT32, multiplied(shapeOf(call, 0), shapeOf(call, 1)))],
  QLinearMatMul: (call) => [
    tensorOf(input(call, 7).elemType, multiplied(shapeOf(call, 0), shapeOf(call, 3))),
  ],
  Gemm: gemm,
  Einsum: (call) => [tensorOf(input(call, 0).elemType, einsum(call))],
};

/** Products of matrices among ONNX Runtime's own operators (com.microsoft). */
export const contribMatmul: Rules = {
  ...each("MatMulIntegerToFloat DynamicQuantizeMatMul", (call) => [
    tensorOf(TYPE.FLOAT, multiplied(shapeOf(call, 0), shapeOf(call, 1))),
  ]),
  MatMulNBits: (call) => [
    tensorOf(
      input(call, 0).elemType,
      replaceLast(shapeOf(call, 0), intAttribute(call.node, "N", undefined)),
    ),
  ],
  FusedMatMul: (call) => {
    const { node } = call;
    const batched = intAttribute(node, "transBatchA", 0) + intAttribute(node, "transBatchB", 0);
    const [a, b] = [0, 1].map((index) => {
      const turned = intAttribute(node, index === 0 ? "transA" : "transB", 0) === 1;
      return turned ? swapLast(shapeOf(call, index)) : shapeOf(call, index);
    });
    return [tensorOf(input(call, 0).elemType, batched > 0 ? undefined : multiplied(a, b))];
  },
  FusedGemm: gemm,
};

/** The shape of a product, as `numpy.matmul` defines it. */
export function multiplied(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined;
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]) ?? [];
  const rows = a.length > 1 ? [a.at(-2)] : [];
  const columns = b.length > 1 ? [b.at(-1)] : [];
  return [...batch, ...rows, ...columns];
}

function gemm(call: Call): ReturnType<Rule> {
  const { node } = call;
  const [a, b] = [shapeOf(call, 0), shapeOf(call, 1)];
  const rows = a?.[intAttribute(node, "transA", 0) === 1 ? 1 : 0];
  const columns = b?.[intAttribute(node, "transB", 0) === 1 ? 0 : 1];
  return [tensorOf(input(call, 0).elemType ?? input(call, 1).elemType, [rows, columns])];
}

function replaceLast(shape: Shape | undefined, dim: Dim): Shape | undefined {
  return shape && [...shape.slice(0, -1), dim];
}

function swapLast(shape: Shape | undefined): Shape | undefined {
  if (shape === undefined || shape.length < 2) return shape;
  return [...shape.slice(0, -2), shape.at(-1), shape.at(-2)];
}

/** Dimensions by subscript; `...` stands for the broadcast rest. Source: ONNX "Einsum". */
function einsum(call: Call): Shape | undefined {
  const equation = stringAttribute(call.node, "equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const terms = left.split(",").map(subscripts);
  const dims = new Map<string, Dim>();
  let rest: Shape | undefined = [];
  for (const [index, term] of terms.entries()) {
    const shape = shapeOf(call, index);
    if (shape === undefined) return undefined;
    const covered = shape.length - term.length + 1;
    let axis = 0;
    for (const subscript of term) {
      if (subscript === "...") {
        rest = broadcast([rest, shape.slice(axis, axis + covered)]);
        axis += covered;
      } else {
        const dim = shape[axis++];
        const known = dims.get(subscript);
        dims.set(subscript, known === undefined || known === 1 ? dim : unifyDim(known, dim));
      }
    }
  }
  const kept = right === undefined ? implicitOutput(terms) : subscripts(right);
  return kept.flatMap((subscript) => (subscript === "..." ? (rest ?? []) : [dims.get(subscript)]));
}

function subscripts(term: string): string[] {
  return term.match(/\.\.\.|[A-Za-z]/g) ?? [];
}

/** Without an arrow: the ellipsis, then the subscripts that occur once, in alphabetical order. */
function implicitOutput(terms: readonly string[][]): string[] {
  const all = terms.flat();
  const once = all.filter((subscript) => all.indexOf(subscript) === all.lastIndexOf(subscript));
  const letters = once.filter((subscript) => subscript !== "...").toSorted();
  return all.includes("...") ? ["...", ...letters] : letters;
}
