import { intAttribute, intsAttribute } from "../graph/attributes.ts";
import { input, shapeOf, type Call, type Rules } from "./call.ts";
import { quotient, sum, unify, type Dim, type Shape } from "./dims.ts";
import { like, tensorOf, TYPE, type Known } from "./known.ts";

/**
 * Attention of opset 23: `[batch, heads, length, size]`, or `[batch, length, heads × size]`. Gives
 * the result, the keys and the values so far, and the scores.
 */
export const attention: Rules = {
  Attention: (call) => {
    const [query, key, value] = [0, 1, 2].map((index) => shapeOf(call, index));
    const { elemType } = input(call, 0);
    if (query === undefined || key === undefined || value === undefined)
      return [{ elemType }, { elemType }, { elemType }, { elemType }];
    const flat = query.length === 3;
    const heads = intAttribute(call.node, "q_num_heads", flat ? undefined : query[1]);
    const shared = intAttribute(call.node, "kv_num_heads", flat ? undefined : key[1]);
    const [keys, values] = [unfolded(key, shared), unfolded(value, shared)];
    const lengths = flat ? query[1] : query[2];
    const all = sum([input(call, 4).shape?.[2] ?? (call.inputs[4] ? undefined : 0), keys[2]]);
    const result = flat
      ? [query[0], lengths, quotient([heads, values[3]])]
      : [query[0], heads, lengths, values[3]];
    return [
      [...result],
      [keys[0], keys[1], all, keys[3]],
      [values[0], values[1], all, values[3]],
      [query[0], heads, lengths, all],
    ].map((shape) => tensorOf(elemType, shape));
  },
};

/** `[batch, length, heads × size]` as `[batch, heads, length, size]`. */
function unfolded(shape: Shape, heads: Dim): Shape {
  if (shape.length === 4) return shape;
  return [
    shape[0],
    heads,
    shape[1],
    heads === undefined ? undefined : quotient([shape[2]], [heads]),
  ];
}

/** What ONNX Runtime's optimiser makes of transformers. */
export const contribAttention: Rules = {
  Attention: (call) => {
    const [batch, length] = shapeOf(call, 0) ?? [];
    const sizes = intsAttribute(call.node, "qkv_hidden_sizes");
    const width = sizes?.[2] ?? quotient([shapeOf(call, 1)?.[1]], [3]);
    return [tensorOf(input(call, 0).elemType, [batch, length, width])];
  },
  MultiHeadAttention: (call) => {
    const [query, value] = [shapeOf(call, 0), shapeOf(call, 2)];
    const apart = query?.length === 3 && value?.length === 3;
    const shape = apart ? [query[0], query[1], value[2]] : undefined;
    return [tensorOf(input(call, 0).elemType, shape)];
  },
  GroupQueryAttention: (call) => [groupQuery(call)],
  EmbedLayerNormalization: (call) => {
    const ids = unify(shapeOf(call, 0), shapeOf(call, 1));
    const { elemType, shape: words } = input(call, 2);
    const embedded = tensorOf(elemType, ids && [...ids, words?.[1]]);
    return [embedded, tensorOf(TYPE.INT32, [ids?.[0]]), embedded];
  },
};

function groupQuery(call: Call): Known {
  const query = input(call, 0);
  if (call.inputs[1]) return like(query);
  // Queries, keys and values side by side.
  const heads = intAttribute(call.node, "num_heads", 1);
  const shared = intAttribute(call.node, "kv_num_heads", 1);
  const [batch, length, width] = query.shape ?? [];
  const size = quotient([width], [heads + 2 * shared]);
  return tensorOf(query.elemType, [batch, length, quotient([size, heads])]);
}
