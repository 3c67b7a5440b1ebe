import type { GraphEditor } from "../../graph/editor.ts";
import { floatsOf } from "../../graph/tensorData.ts";
import type { Node, TensorProto } from "../../proto/types.ts";
import { unite, type Range } from "../calibrate/range.ts";
import { roundClamped } from "../quantize/round.ts";
import type { Affine } from "../quantize/scale.ts";
import { floatConstant } from "./constants.ts";
import { addDequantized, addPair, addScale } from "./dequantize.ts";
import type { StaticInt8Options } from "./options.ts";
import { addOnRows } from "./rows.ts";
import { formatOf, type ActivationFormat } from "./scales.ts";
import type { Selection } from "./select.ts";
import type { Unit } from "./units.ts";
import { quantizeOperands, type WeightContext } from "./weights.ts";

/**
 * Puts QuantizeLinear and DequantizeLinear around what was selected. A value that becomes integers
 * keeps its name behind the pair where an integer unit makes it, so that everybody reads what the
 * integers stand for; where a float operator or the caller does, only integer units read it there.
 */
export function insertPairs(
  graph: GraphEditor,
  { units, values }: Selection,
  affines: ReadonlyMap<string, Affine>,
  options: StaticInt8Options,
): void {
  const format = formatOf(options);
  const weights: WeightContext = { graph, cache: new Map(), options };
  const names = new Map<Affine, readonly string[]>();
  const affineOf = (value: string): readonly string[] => {
    const affine = affines.get(value)!;
    const known = names.get(affine) ?? addScale(value, affine, format.datatype, graph);
    names.set(affine, known);
    return known;
  };

  const made = new Set(units.flatMap(({ outputs }) => outputs));
  const entries = new Map<string, string>();
  for (const value of values) {
    if (made.has(value)) continue;
    const entry = graph.freshName(`${value}_dequantized`);
    addPair(value, entry, affineOf(value), graph);
    entries.set(value, entry);
  }

  for (const unit of units) {
    const floats = new Map<string, string>();
    for (const value of unit.outputs)
      if (values.has(value)) floats.set(value, graph.freshName(`${value}_float`));
    const scale = affines.get(unit.inputs[0]!)!.scale;
    const onIntegers = withIntegerConstants(unit, scale, format, weights);
    const inputs = onIntegers.inputs.map((name) => entries.get(name) ?? name);
    const nodes = withClamp({ ...onIntegers, inputs }, unit, options).map((node) => ({
      ...node,
      outputs: node.outputs.map((name) => floats.get(name) ?? name),
    }));
    for (const part of unit.parts) graph.remove(part);
    if (unit.clamp) graph.remove(unit.clamp.node);
    if (unit.shape) {
      const [input, output] = [unit.inputs[0]!, unit.outputs[0]!];
      addOnRows(nodes, unit.shape, graph, {
        input: affineOf(input),
        output: values.has(output) ? affineOf(output) : undefined,
      });
    } else for (const node of nodes) graph.add(node);
    for (const [value, float] of floats) addPair(float, value, affineOf(value), graph);
  }
}

/** The ends of the range do the work of a clamp, except where integers have no zero point. */
function withClamp(node: Node, { clamp }: Unit, { scales }: StaticInt8Options): Node[] {
  if (clamp === undefined) return [node];
  if (scales === "powerOfTwo") return [node, clamp.node];
  return [{ ...node, outputs: clamp.node.outputs }];
}

function withIntegerConstants(
  { node, operator }: Unit,
  inputScale: number,
  format: ActivationFormat,
  weights: WeightContext,
): Node {
  if (operator.kind === "weighted") return quantizeOperands(node, inputScale, weights);
  if (operator.inputs === "first") return node;
  const inputs = node.inputs.map((name) => {
    const constant = floatConstant(name, weights.graph);
    return constant ? addOperand(name, constant, format, weights.graph) : name;
  });
  return { ...node, inputs };
}

/** Adds a constant operand of Add or Mul in the format of activations. @returns its floats' name. */
function addOperand(
  name: string,
  constant: TensorProto,
  { datatype, integers, toAffine }: ActivationFormat,
  graph: GraphEditor,
): string {
  const { dims } = constant;
  const floats = floatsOf(constant);
  const range = floats.reduce((range, value) => unite(range, { min: value, max: value }), ZERO);
  const { scale, zeroPoint } = toAffine(range);
  const codes = floats.map((value) =>
    roundClamped(value / scale + zeroPoint, integers.low, integers.high),
  );
  const values = datatype === "UINT8" ? Uint8Array.from(codes) : Int8Array.from(codes);
  const scales = Float32Array.of(scale);
  return addDequantized(
    { name, datatype, dims, values, scales, zeroPoint, axis: undefined },
    graph,
  );
}

const ZERO: Range = { min: 0, max: 0 };
