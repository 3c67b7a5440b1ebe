import type { Signature, TensorSpec } from "@longshore/core";
import {
  matrixOf,
  type ColumnTypes,
  type LoweredColumn,
  type Lowering,
  type PlacedStep,
} from "@longshore/core/pipeline";
import { separateColumns, separateName } from "./border.ts";
import { lowerEach } from "./lowerEach.ts";
import { newTrace } from "./trace.ts";

/** Which of the steps before a model go into its graph. */
export interface BeforePlan {
  /** The first of them; the number of steps if none do. */
  readonly from: number;
  /** The columns that come to it. */
  readonly types: ColumnTypes;
  /** Those that the graph reads, in the order in which it does. */
  readonly names: readonly string[];
  /** Inputs of the model that take what comes as it is: they stay inputs of the graph. */
  readonly direct: ReadonlySet<string>;
  /** Why the step in front of them stays outside. */
  readonly reason: string;
}

/** The longest run of steps at the end that ONNX can express and that the model's inputs allow. */
export function planBefore(steps: readonly PlacedStep[], signature: Signature): BeforePlan {
  let reason = NOT_LOWERABLE;
  const unlowerable = steps.findLastIndex(({ prepared }) => prepared.lower === undefined);
  for (let from = unlowerable + 1; from < steps.length; from++) {
    const { types } = steps[from]!;
    const found = tryFrom(steps.slice(from), types, signature);
    if (typeof found !== "string") return { from, types, reason, ...found };
    reason = found;
  }
  const { from, types } = { from: steps.length, types: new Map() };
  return { from, types, names: [], direct: new Set(), reason };
}

/** Why a step without a lowering stays outside. */
export const NOT_LOWERABLE = "ONNX has no operators for it";

function tryFrom(
  steps: readonly PlacedStep[],
  types: ColumnTypes,
  signature: Signature,
): Pick<BeforePlan, "names" | "direct"> | string {
  const trace = newTrace();
  const columns = separateColumns(types);
  const come = new Map(columns);
  const lowering = { builder: trace.builder, columns };
  lowerEach(steps, lowering);
  const isDirect = ({ name }: TensorSpec): boolean => columns.get(name) === come.get(name);
  const direct = new Set(signature.inputs.filter(isDirect).map(({ name }) => name));
  const values: string[] = [];
  for (const spec of signature.inputs) {
    if (direct.has(spec.name)) continue;
    const problem = feedProblem(spec, columns.get(spec.name));
    if (problem !== undefined) return problem;
    values.push(feed(lowering, spec));
  }
  const { operators, sources } = trace.sourcesOf(values);
  if (operators === 0) return "it computes nothing, but lays out columns";
  const names = [...types.keys()];
  const ofValue = new Map(names.map((name) => [separateName(name), name]));
  return { names: sources.map((source) => ofValue.get(source)!), direct };
}

/** Why the graph cannot do what feeding a column to an input does outside of it. */
function feedProblem(spec: TensorSpec, column: LoweredColumn | undefined): string | undefined {
  if (column === undefined) return `nothing makes the model's input "${spec.name}"`;
  if (column.kind !== "number" || spec.datatype === "FP32" || spec.datatype === "FP64")
    return undefined;
  return (
    `the model's input "${spec.name}" is ${spec.datatype}, and a graph cannot refuse a number ` +
    "that is missing or no integer"
  );
}

/** The value that an input of the model becomes: as outside, a number column is `[N]` or `[N, 1]`. */
export function feed(lowering: Lowering, { name, datatype, shape }: TensorSpec): string {
  const { builder, columns } = lowering;
  const column = columns.get(name);
  if (column?.kind === "tensor") return column.value;
  let value = matrixOf(lowering, [name]);
  if (shape.length === 1)
    value = builder.node("Reshape", [value, builder.constant("INT64", [1], [-1])]);
  return datatype === "FP64" ? builder.node("Cast", [value], { to: { int: 11 } }) : value;
}
