import { contribAttention } from "./attention.ts";
import { each, input, type Rules } from "./call.ts";
import { convolution } from "./convolution.ts";
import { like } from "./known.ts";
import { contribMatmul } from "./matmul.ts";
import { contribNormalisation } from "./normalisation.ts";
import { contribQuantisation } from "./quantisation.ts";

/** `com.microsoft`: what ONNX Runtime adds, and what its optimiser makes of the standard operators. */
export const contrib: Rules = {
  ...each("BiasGelu FastGelu Gelu QuickGelu RotaryEmbedding", (call) => [like(input(call, 0))]),
  FusedConv: convolution["FusedConv"]!,
  ...contribAttention,
  ...contribMatmul,
  ...contribNormalisation,
  ...contribQuantisation,
};
