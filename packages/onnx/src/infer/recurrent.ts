import { intAttribute, stringAttribute } from "../graph/attributes.ts";
import { each, input, shapeOf, type Call, type Rules } from "./call.ts";
import { tensorOf, type Known } from "./known.ts";

/**
 * Recurrent layers: `[time, batch, features]` to every step's state `[time, directions, batch,
 * units]` and the last ones `[directions, batch, units]`; with layout 1, the batch comes first.
 */
export const recurrent: Rules = each("RNN GRU LSTM", states);

function states(call: Call): Known[] {
  const { node } = call;
  const { elemType } = input(call, 0);
  const [first, second] = shapeOf(call, 0) ?? [];
  const directions = stringAttribute(node, "direction", "forward") === "bidirectional" ? 2 : 1;
  const units = intAttribute(node, "hidden_size", shapeOf(call, 2)?.[2]);
  if (intAttribute(node, "layout", 0) === 1) {
    const last = tensorOf(elemType, [first, directions, units]);
    return [tensorOf(elemType, [first, second, directions, units]), last, last];
  }
  const last = tensorOf(elemType, [directions, second, units]);
  return [tensorOf(elemType, [first, directions, second, units]), last, last];
}
