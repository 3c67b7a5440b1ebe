import { elementCount } from "@longshore/core";
import { operatorName } from "../edit.ts";
import { elementType, rawBytes } from "../elementType.ts";
import { inferShapes } from "../infer/inferShapes.ts";
import { inlineFunctions } from "../inline.ts";
import { nodeLabel } from "../optimize/pass.ts";
import type { Graph, Model, Node, TensorProto, TypeProto } from "../proto/types.ts";
import { subgraphs } from "../walk.ts";
import { bindSymbols } from "./bindSymbols.ts";
import { countFlops } from "./flops.ts";

/** What one node costs in a run. */
export interface OperatorCost {
  /** Its name, or that of its first output. */
  readonly node: string;
  /** `Conv`, `ai.onnx.ml.Scaler`. */
  readonly operator: string;
  /** Multiply-accumulates; undefined where the operator or a shape is not known. */
  readonly macs: number | undefined;
  /** Operations on numbers, two a multiply-accumulate; see {@link countFlops}. */
  readonly flops: number | undefined;
  /** Constants that it reads or holds. Those that several nodes read count for the first. */
  readonly parameters: number;
  readonly parameterBytes: number;
  /** Bytes of the tensors that it gives; undefined where a shape is not known. */
  readonly activationBytes: number | undefined;
}

/**
 * What each node costs in a run. Nodes of functions count in each call, those of branches as if all
 * were taken, those of a loop's body once.
 *
 * @param sizes lengths of the inputs' symbolic axes by symbol; 1 for those left out.
 */
export function operatorCosts(
  model: Model,
  sizes: Readonly<Record<string, number>> = {},
): OperatorCost[] {
  const costs: OperatorCost[] = [];
  const { graph } = inferShapes(bindSymbols(inlineFunctions(model), sizes));
  addCosts(graph, undefined, new Set(), costs);
  return costs;
}

/** What the nodes of a graph see: types of values, and which of them are constants. */
interface Scope {
  readonly types: ReadonlyMap<string, TypeProto>;
  readonly constants: ReadonlyMap<string, TensorProto>;
  readonly outer: Scope | undefined;
}

function addCosts(
  graph: Graph,
  outer: Scope | undefined,
  counted: Set<TensorProto>,
  costs: OperatorCost[],
): void {
  const scope = scopeOf(graph, outer);
  for (const node of graph.nodes) {
    const isConstant = operatorName(node) === "Constant";
    const constants = node.inputs.flatMap((name) => findConstant(name, scope) ?? []);
    const parameters = [...constants, ...heldTensors(node)].filter(
      (tensor) => !counted.has(tensor),
    );
    for (const tensor of parameters) counted.add(tensor);
    const sizes = parameters.map(tensorSize);
    const lists = node.attributes.reduce((sum, { floats }) => sum + (floats?.length ?? 0), 0);
    costs.push({
      node: nodeLabel(node),
      operator: operatorName(node),
      macs: undefined,
      flops: undefined,
      ...countFlops({
        node,
        inputs: node.inputs.map((name) => shapeOf(name, scope)),
        outputs: node.outputs.map((name) => shapeOf(name, scope)),
      }),
      parameters: sizes.reduce((sum, { count }) => sum + count, lists),
      parameterBytes: sizes.reduce((sum, { bytes }) => sum + bytes, 4 * lists),
      activationBytes: isConstant ? 0 : activationBytes(node, scope),
    });
    for (const inner of subgraphs(node)) addCosts(inner, scope, counted, costs);
  }
}

function scopeOf(graph: Graph, outer: Scope | undefined): Scope {
  const types = new Map<string, TypeProto>();
  const constants = new Map<string, TensorProto>();
  for (const tensor of graph.initializers) {
    const dims = tensor.dims.map((dimValue) => ({ dimValue }));
    types.set(tensor.name ?? "", { tensorType: { elemType: tensor.dataType, shape: { dims } } });
    constants.set(tensor.name ?? "", tensor);
  }
  for (const { values } of graph.sparseInitializers ?? [])
    if (values?.name) constants.set(values.name, values);
  for (const { name, type } of [...graph.inputs, ...graph.valueInfos, ...graph.outputs])
    if (type) types.set(name, type);
  return { types, constants, outer };
}

function findType(name: string, scope: Scope | undefined): TypeProto | undefined {
  return scope && (scope.types.get(name) ?? findType(name, scope.outer));
}

function findConstant(name: string, scope: Scope | undefined): TensorProto | undefined {
  if (scope === undefined || name === "") return undefined;
  const own = scope.constants.get(name);
  return own ?? (scope.types.has(name) ? undefined : findConstant(name, scope.outer));
}

/** All lengths of a tensor's shape; undefined if one is not known. */
function shapeOf(name: string, scope: Scope): number[] | undefined {
  const dims = findType(name, scope)?.tensorType?.shape?.dims;
  const lengths = dims?.flatMap(({ dimValue }) => (dimValue === undefined ? [] : [dimValue]));
  return lengths?.length === dims?.length ? lengths : undefined;
}

function activationBytes(node: Node, scope: Scope): number | undefined {
  let bytes = 0;
  for (const name of node.outputs) {
    if (name === "") continue;
    const stated = findType(name, scope);
    if (stated && !stated.tensorType) continue;
    const type = elementType(stated?.tensorType?.elemType ?? 0);
    const shape = shapeOf(name, scope);
    if (type === undefined || shape === undefined) return undefined;
    bytes += rawBytes(type, elementCount(shape));
  }
  return bytes;
}

/** Tensors that a node holds as attributes. */
export function heldTensors({ attributes }: Node): TensorProto[] {
  return attributes.flatMap(({ t, tensors = [] }) => (t ? [t, ...tensors] : tensors));
}

/** Elements and bytes of a tensor; strings by their length. */
export function tensorSize(tensor: TensorProto): { count: number; bytes: number } {
  const count = elementCount(tensor.dims);
  const type = elementType(tensor.dataType);
  const strings = (tensor.stringData ?? []).reduce((sum, text) => sum + text.byteLength, 0);
  return { count, bytes: (type ? rawBytes(type, count) : 0) + strings };
}
