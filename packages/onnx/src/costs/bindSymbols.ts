import type { Model, ShapeDimension, TypeProto, ValueInfo } from "../proto/types.ts";

/**
 * A copy of a model whose inputs have lengths for all axes, from a table by symbol and 1 for every
 * other. What the file states of values inside is left out, as it may speak of other lengths.
 */
export function bindSymbols(model: Model, sizes: Readonly<Record<string, number>>): Model {
  const bound = ({ dimValue, dimParam = "" }: ShapeDimension): ShapeDimension => {
    if (dimValue !== undefined && dimValue >= 0) return { dimValue };
    return { dimValue: Object.hasOwn(sizes, dimParam) ? sizes[dimParam]! : 1 };
  };
  const inputs = model.graph.inputs.map((input): ValueInfo => {
    const tensor = input.type?.tensorType;
    if (tensor?.shape === undefined) return input;
    const tensorType = { ...tensor, shape: { dims: tensor.shape.dims.map(bound) } };
    return { ...input, type: { ...input.type, tensorType } };
  });
  const valueInfos = model.graph.valueInfos.filter(({ type }) => isFixed(type));
  const outputs = model.graph.outputs.map((output) =>
    isFixed(output.type) ? output : { name: output.name },
  );
  return { ...model, graph: { ...model.graph, inputs, outputs, valueInfos } };
}

function isFixed(type: TypeProto | undefined): boolean {
  return type?.tensorType?.shape?.dims.every(({ dimValue = -1 }) => dimValue >= 0) === true;
}
