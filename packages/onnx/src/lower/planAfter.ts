import type { Signature } from "@longshore/core";
import type {
  ColumnTypes,
  LoweredColumn,
  Pipeline,
  PlacedStep,
  StepConfig,
} from "@longshore/core/pipeline";
import { lowerEach } from "./lowerEach.ts";
import { leave, type Border } from "./border.ts";
import { NOT_LOWERABLE } from "./planBefore.ts";
import { newTrace } from "./trace.ts";

/** Which of the steps after a model go into its graph. */
export interface AfterPlan {
  /** The first that does not. */
  readonly until: number;
  /** The columns that leave the graph. */
  readonly names: readonly string[];
  readonly border: Border;
  /** Why the first that does not stays outside. */
  readonly reason: string;
}

/**
 * The longest run of steps at the start that ONNX can express.
 *
 * @param columns the model's inputs and outputs as they are in the graph.
 * @param inputs names of the graph's inputs, and the values of the columns that they are.
 * @param taken names that no new output may bear.
 * @returns undefined where a column that is needed outside cannot leave under its name.
 */
export function planAfter(
  { steps: { after: steps }, answer }: Pipeline,
  signature: Signature,
  columns: ReadonlyMap<string, LoweredColumn>,
  inputs: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): AfterPlan | undefined {
  let reason: string = NOT_LOWERABLE;
  const unlowerable = steps.findIndex(({ prepared }) => prepared.lower === undefined);
  for (let until = unlowerable < 0 ? steps.length : unlowerable; until >= 0; until--) {
    const found = tryUntil(steps, until, answer, signature, columns, inputs, taken);
    if (typeof found !== "string") return { until, reason, ...found };
    reason = found;
  }
  return undefined;
}

function tryUntil(
  steps: readonly PlacedStep[],
  until: number,
  answer: ColumnTypes,
  signature: Signature,
  columns: ReadonlyMap<string, LoweredColumn>,
  inputs: ReadonlySet<string>,
  taken: ReadonlySet<string>,
): Pick<AfterPlan, "names" | "border"> | string {
  const trace = newTrace();
  const lowering = { builder: trace.builder, columns: new Map(columns) };
  lowerEach(steps.slice(0, until), lowering);
  const wanted = namesNeeded(steps.slice(until), [...lowering.columns.keys()], answer, signature);
  // What comes in and is not changed is outside already.
  const isInput = (name: string): boolean => {
    const column = lowering.columns.get(name);
    return inputs.has(name) && column?.kind === "tensor" && column.value === name;
  };
  const names = wanted.filter((name) => lowering.columns.has(name) && !isInput(name));
  const border = leave(lowering, names, taken, rowsOf(signature));
  const twice = border.specs.find(({ name }) => inputs.has(name));
  if (twice !== undefined) return `it changes "${twice.name}", which is an input of the graph`;
  if (until > 0 && trace.sourcesOf(border.values).operators === 0)
    return "it computes nothing, but lays out columns";
  return { names, border };
}

/** Name or length of the first axis of what the model gives. */
export function rowsOf({ outputs }: Signature): string | number {
  return outputs[0]?.shape[0] ?? "N";
}

/**
 * The columns that steps outside or the answer need: of the model's inputs only those that are
 * named somewhere, as they may be large.
 */
function namesNeeded(
  rest: readonly PlacedStep[],
  columns: readonly string[],
  answer: ColumnTypes,
  { inputs }: Signature,
): readonly string[] {
  if (rest.length === 0) return [...answer.keys()];
  const taken = new Set(inputs.map(({ name }) => name));
  const named = new Set(rest.flatMap(({ config }) => textsIn(config)));
  // Code may read every column.
  const all = rest.some(({ config }) => config.step === "custom");
  return columns.filter((name) => all || !taken.has(name) || named.has(name) || answer.has(name));
}

/** Every text in a step's options, keys included. */
function textsIn(value: StepConfig | unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)]);
}
