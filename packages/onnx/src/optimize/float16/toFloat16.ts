/** Half precision: half the bytes of weights and activations. */
import { DATATYPES } from "@longshore/core";
import { attribute, node, tensor } from "../../build.ts";
import { intAttribute, tensorAttribute } from "../../graph/attributes.ts";
import { editModel, type GraphEditor } from "../../graph/editor.ts";
import type { Attribute, Model, Node } from "../../proto/types.ts";
import type { PassResult, Skipped } from "../pass.ts";
import { chooseHalf } from "./chooseHalf.ts";
import { describeLosses, halve, noLosses, type Losses } from "./halve.ts";
import { fp32Inputs, fp32Outputs, isPeek, isProduct, isStandard } from "./operators.ts";
import { findElementTypes, type ElementTypes } from "./types.ts";

const FP16 = DATATYPES.FP16.onnx;
const FP32 = DATATYPES.FP32.onnx;

/** What can be cast to FP16 as well as to FP32. */
const NARROWED: ReadonlySet<number> = new Set(
  (["BOOL", "UINT8", "INT8", "INT32", "INT64", "FP64"] as const).map(
    (datatype) => DATATYPES[datatype].onnx,
  ),
);

/** What {@link toFloat16} leaves alone. */
export interface Float16Options {
  /** Labels (`nodeLabel`) of nodes that stay in FP32. */
  readonly keep?: ReadonlySet<string>;
}

/**
 * Makes a model compute in FP16. Its inputs and outputs stay as they are: values are cast where they
 * change sides, each once a direction.
 *
 * Operators without an FP16 form, those whose inner sums leave its range (65504), and those that
 * need more than its 11 bits stay in FP32, as do nodes with weights beyond the range;
 * `operators.ts` and `chooseHalf.ts` tell which and why. A model without products or convolutions
 * is left alone, as it has nothing to gain.
 *
 * ONNX Runtime's CPU provider has few FP16 kernels and casts around the others: this is for GPUs.
 */
export function toFloat16(model: Model, { keep = new Set() }: Float16Options = {}): PassResult {
  const types = findElementTypes(model);
  const shared: Shared = { types, scopes: new Map(), losses: noLosses() };
  const skipped: Skipped[] = [];
  let [converted, all, products] = [0, 0, 0];
  const edited = editModel(model, (graph) => {
    const { half, stays, candidates } = chooseHalf(graph, types, keep);
    skipped.push(...stays);
    converted += half.size;
    all += candidates;
    products += [...half].filter(isProduct).length;
    convertGraph(graph, half, shared);
  });
  if (products === 0) return { model, changes: [], skipped };
  const slim = editModel(edited, (graph) => void graph.removeUnused());
  const summary = `${converted} of ${all} floating-point nodes compute in FP16`;
  return { model: slim, changes: [summary, ...describeLosses(shared.losses)], skipped };
}

/** What all graphs of a model share. */
interface Shared {
  readonly types: ElementTypes;
  /** The FP16 forms of values, by the graph that defines the value. */
  readonly scopes: Map<GraphEditor, Map<string, string>>;
  readonly losses: Losses;
}

function convertGraph(graph: GraphEditor, half: ReadonlySet<Node>, shared: Shared): void {
  const { types, scopes, losses } = shared;
  const forms = new Map<string, string>();
  scopes.set(graph, forms);
  const isSingle = (name: string): boolean => types.get(name) === FP32;
  const halved = (made: Node): string[] => {
    const fixed = fp32Outputs(made);
    return made.outputs.filter((name, index) => isSingle(name) && !fixed.has(index));
  };
  const results = new Map(
    [...half].flatMap(halved).map((name) => [name, graph.freshName(`${name}_fp16`)]),
  );
  for (const [name, form] of results) forms.set(name, form);

  for (const old of half) {
    const fixed = fp32Inputs(old);
    const renamed = new Set(halved(old));
    graph.replace(old, {
      ...old,
      inputs: old.inputs.map((name, index) =>
        isSingle(name) && !fixed.has(index) ? toHalf(graph, name, shared) : name,
      ),
      outputs: old.outputs.map((name) => (renamed.has(name) ? results.get(name)! : name)),
      attributes: isStandard(old, "ConstantOfShape") ? halfFilling(old, losses) : old.attributes,
    });
  }
  for (const reader of graph.nodes) readHalf(graph, reader, results);
  // For those who read FP32; what nobody reads is removed in the end.
  for (const [name, form] of results) graph.add(node("Cast", [form], [name], { to: FP32 }));
}

/** What ConstantOfShape fills a tensor with: an FP32 zero where it does not say. */
function halfFilling(old: Node, losses: Losses): Attribute[] {
  const filling = tensorAttribute(old, "value") ?? tensor("", "FP32", [1], new Float32Array(1));
  return [attribute("value", halve(filling, losses))];
}

/** Nodes that stay, but can read what now is in FP16 as it is. */
function readHalf(graph: GraphEditor, reader: Node, results: ReadonlyMap<string, string>): void {
  const form = results.get(reader.inputs[0] ?? "");
  if (form === undefined) return;
  if (isPeek(reader)) graph.replace(reader, { ...reader, inputs: [form] });
  if (isStandard(reader, "Cast") && intAttribute(reader, "to", 0) === FP16)
    graph.replace(reader, node("Identity", [form], reader.outputs));
}

/** The FP16 form of a value, made in the graph that the value is of. */
function toHalf(graph: GraphEditor, name: string, shared: Shared): string {
  const scope = graph.scopeOf(name) ?? graph;
  const forms = shared.scopes.get(scope);
  const form = forms?.get(name) ?? makeHalf(scope, name, shared);
  forms?.set(name, form);
  return form;
}

function makeHalf(scope: GraphEditor, name: string, shared: Shared): string {
  const constant = scope.constant(name);
  if (constant !== undefined) {
    const tensor = halve(constant, shared.losses);
    return scope.addConstant({ ...tensor, name: `${name}_fp16` });
  }
  const producer = scope.producer(name);
  let source = name;
  if (producer !== undefined && isStandard(producer, "Cast")) {
    // One cast from where the value comes from, instead of a second one behind the first.
    const from = producer.inputs[0]!;
    const type = shared.types.get(from);
    if (type === FP16) return from;
    if (type === FP32) return toHalf(scope, from, shared);
    if (type !== undefined && NARROWED.has(type)) source = from;
  }
  const form = scope.freshName(`${name}_fp16`);
  scope.add(node("Cast", [source], [form], { to: FP16 }));
  return form;
}
