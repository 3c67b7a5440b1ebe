import { fail, type Dimension, type LongshoreError } from "@longshore/core";
import type { SignatureOverride, ValueOverride } from "@longshore/core/manifest";
import { tensorType } from "./build.ts";
import { freshName, renameValue } from "./edit.ts";
import { elementType } from "./elementType.ts";
import type { Graph, Model, ValueInfo } from "./proto/types.ts";
import { callerInputs, readShape } from "./signature.ts";

/**
 * A copy of a model whose inputs and outputs have other names or shapes, for files that were
 * exported with `input_1` or with a batch of 1. Whether the graph computes with another shape is for
 * a run to show.
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID for a name that the graph does not have or has already, and for a shape of
 *   another rank.
 */
export function overrideSignature(
  model: Model,
  override: SignatureOverride,
  file = "model",
): Model {
  const invalid = (problem: string): LongshoreError => fail("MODEL_INVALID", { file, problem });
  let { graph } = model;
  for (const kind of ["inputs", "outputs"] as const) {
    const wanted = Object.entries(override[kind] ?? {}).filter(([, each]) => !isOfCallers(each));
    for (const [name, { shape }] of wanted) {
      const known = kind === "inputs" ? callerInputs(graph) : graph.outputs;
      if (!known.some((value) => value.name === name)) {
        const names = known.map((value) => value.name).join(", ");
        throw invalid(`signature.${kind}.${name}: the graph's ${kind} are ${names}`);
      }
      if (shape === undefined) continue;
      const reshape = (value: ValueInfo): ValueInfo =>
        value.name === name ? withShape(value, shape, kind, invalid) : value;
      graph = { ...graph, [kind]: graph[kind].map(reshape) };
    }
    graph = renameAll(graph, kind, wanted, invalid);
  }
  return graph === model.graph ? model : { ...model, graph };
}

/** Whether what is said of a value is of no concern here: labels, and shapes that callers see. */
function isOfCallers(settings: ValueOverride): boolean {
  const { name, shape } = settings;
  return name === undefined && shape === undefined && Object.keys(settings).length > 0;
}

function withShape(
  value: ValueInfo,
  shape: readonly Dimension[],
  kind: string,
  invalid: (problem: string) => LongshoreError,
): ValueInfo {
  const type = value.type?.tensorType;
  const datatype = type && elementType(type.elemType)?.datatype;
  if (datatype === undefined) {
    throw invalid(`signature.${kind}.${value.name}.shape: it is no tensor that has a shape`);
  }
  if (type?.shape !== undefined && type.shape.dims.length !== shape.length) {
    throw invalid(
      `signature.${kind}.${value.name}.shape: [${shape.join(",")}] has ${shape.length} dimensions, ` +
        `the graph's [${readShape(type.shape).join(",")}] has ${type.shape.dims.length}`,
    );
  }
  return { ...value, type: tensorType(datatype, shape) };
}

/** All at once, so that two values can change places. */
function renameAll(
  graph: Graph,
  kind: "inputs" | "outputs",
  wanted: readonly (readonly [string, ValueOverride])[],
  invalid: (problem: string) => LongshoreError,
): Graph {
  const renames = wanted.flatMap(([from, { name: to }]) =>
    to === undefined || to === from ? [] : [{ from, to }],
  );
  const others = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  for (const { from } of renames) others.delete(from);
  let renamed = graph;
  const parked = renames.map(({ from, to }) => {
    if (others.has(to)) throw invalid(`signature.${kind}.${from}.name: there is a "${to}" already`);
    others.add(to);
    const between = freshName(renamed, `${from}_renamed`);
    renamed = renameValue(renamed, from, between);
    return { between, to };
  });
  for (const { between, to } of parked) {
    // An inner value that bears the name makes way.
    const inner = freshName(renamed, to);
    if (inner !== to) renamed = renameValue(renamed, to, freshName(renamed, `${to}_inner`));
    renamed = renameValue(renamed, between, to);
  }
  return renamed;
}
