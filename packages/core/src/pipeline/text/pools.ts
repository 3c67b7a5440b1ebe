import type { NodeBuilder } from "../lowering.ts";

/**
 * One row: from a vector a token to one.
 *
 * @param states `[tokens, width]`
 * @param weights `[tokens]`: 1 for a token, 0 for padding.
 * @param out `[width]`, zeros. A row without any token stays so.
 */
type Pool = (states: Float32Array, weights: Float32Array, out: Float32Array) => void;

/** As ONNX: from `[rows, tokens, width]` and a mask `[rows, tokens]` to `[rows, width]`. */
type LoweredPool = (builder: NodeBuilder, states: string, mask: string) => string;

/** Smallest sum of weights that is divided by, as in sentence-transformers. */
const LEAST = 1e-9;

export const POOLS: Readonly<Record<"mean" | "max" | "cls", Pool>> = {
  mean(states, weights, out) {
    const width = out.length;
    let total = 0;
    // Summed in double precision: a float32 loses digits over thousands of tokens.
    const sums = new Float64Array(width);
    weights.forEach((weight, token) => {
      if (weight === 0) return;
      total += weight;
      for (let index = 0; index < width; index++)
        sums[index]! += weight * states[token * width + index]!;
    });
    for (let index = 0; index < width; index++) out[index] = sums[index]! / Math.max(total, LEAST);
  },
  max(states, weights, out) {
    const width = out.length;
    let any = false;
    weights.forEach((weight, token) => {
      if (weight === 0) return;
      for (let index = 0; index < width; index++) {
        const value = states[token * width + index]!;
        out[index] = any ? Math.max(out[index]!, value) : value;
      }
      any = true;
    });
  },
  cls(states, _weights, out) {
    if (states.length > 0) out.set(states.subarray(0, out.length));
  },
};

const FLOAT = { to: { int: 1 } };
const BOOL = { to: { int: 9 } };

export const LOWERED_POOLS: Readonly<Record<keyof typeof POOLS, LoweredPool>> = {
  mean(builder, states, mask) {
    const tokens = builder.constant("INT64", [1], [1]);
    const last = builder.constant("INT64", [1], [-1]);
    const weights = builder.node("Cast", [mask], FLOAT);
    // Where and not a product: what the model makes of padding may be NaN.
    const kept = builder.node("Where", [
      builder.node("Cast", [builder.node("Unsqueeze", [mask, last])], BOOL),
      states,
      builder.constant("FP32", [], [0]),
    ]);
    const weighted = builder.node("Mul", [kept, builder.node("Unsqueeze", [weights, last])]);
    const sums = builder.node("ReduceSum", [weighted, tokens], { keepdims: { int: 0 } });
    const totals = builder.node("ReduceSum", [weights, tokens], { keepdims: { int: 1 } });
    return builder.node("Div", [
      sums,
      builder.node("Max", [totals, builder.constant("FP32", [], [LEAST])]),
    ]);
  },
  max(builder, states, mask) {
    const last = builder.constant("INT64", [1], [-1]);
    const counts = builder.node("Cast", [builder.node("Unsqueeze", [mask, last])], BOOL);
    const lowest = builder.constant("FP32", [], [Number.NEGATIVE_INFINITY]);
    const kept = builder.node("Where", [counts, states, lowest]);
    const largest = builder.node("ReduceMax", [kept], {
      axes: { ints: [1] },
      keepdims: { int: 0 },
    });
    const any = builder.node("ReduceMax", [builder.node("Cast", [mask], FLOAT)], {
      axes: { ints: [1] },
      keepdims: { int: 1 },
    });
    return builder.node("Where", [
      builder.node("Cast", [any], BOOL),
      largest,
      builder.constant("FP32", [], [0]),
    ]);
  },
  cls: (builder, states) =>
    builder.node("Gather", [states, builder.constant("INT64", [], [0])], { axis: { int: 1 } }),
};
