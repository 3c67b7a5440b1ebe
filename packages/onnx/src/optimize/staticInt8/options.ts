/** How {@link quantizeStatic} quantises; a target's `int8` rules fit. */
export interface StaticInt8Options {
  /**
   * Labels of nodes that stay in float; see `nodeLabel`. A kept Relu or Clip keeps the node in front
   * of it as well, as one range serves both; the Add of a bias goes by its MatMul.
   */
  readonly keep?: ReadonlySet<string>;
  /**
   * Weights in 7 bits, for x64 without VNNI: it adds two products of u8 and s8 in 16 bits, which
   * saturates with weights of 8.
   */
  readonly reduceRange?: boolean;
  /**
   * `any` (default), for ONNX Runtime: activations in u8 with a zero point, weights in s8 with a
   * scale a channel. `powerOfTwo`, for compilers of integer-only accelerators: everything in s8
   * without zero points, one scale a tensor, which is a power of two; every operator that has an
   * integer form takes part.
   */
  readonly scales?: "any" | "powerOfTwo";
}
