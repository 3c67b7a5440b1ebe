import type { Dimension } from "@longshore/core";
import { readShape, type Model } from "@longshore/onnx";

/** The shape that a model states of a value of its main graph; undefined without a rank. */
export function statedShape(
  { graph: { inputs, valueInfos, outputs } }: Model,
  name: string,
): Dimension[] | undefined {
  const found = [...inputs, ...valueInfos, ...outputs].find((info) => info.name === name);
  const shape = found?.type?.tensorType?.shape;
  return shape && readShape(shape);
}
