import { DATATYPES, type TypedArray } from "../datatype.ts";
import { fail } from "../errors.ts";
import { nearestName } from "../nearestName.ts";
import { formatSpec, type Signature, type TensorSpec } from "../signature.ts";
import type { Tensor, Tensors } from "../tensor.ts";
import type { InputField, OutputField } from "../manifest/fields.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { Profile } from "../profile/index.ts";
import type { StepConfig } from "./config.ts";
import type { Column, ColumnType, ColumnTypes, Frame } from "./frame.ts";
import type { Notes } from "./notes.ts";
import type { Platform } from "./platform.ts";
import { StepProblem, type PreparedStep, type StepContext } from "./step.ts";
import { STEPS } from "./steps.ts";

/** A bundle's processing, ready for calls. */
export interface Pipeline {
  /** What callers send, in their terms. */
  readonly inputs: Readonly<Record<string, InputField>>;
  /** Columns of the answer, in their order, and what the bundle says of them. */
  readonly answer: ColumnTypes;
  readonly outputs: Readonly<Record<string, OutputField>>;
  /** The steps as prepared, with the columns that come to each; for tools that look inside. */
  readonly steps: { readonly before: readonly PlacedStep[]; readonly after: readonly PlacedStep[] };
  /**
   * From what callers sent to what the model takes.
   *
   * @throws LongshoreError for what is wrong with the caller's values.
   */
  before(frame: Frame, notes: Notes): Tensors | Promise<Tensors>;
  /** From what the model took and answered to the columns of the answer. */
  after(inputs: Tensors, outputs: Tensors, rows: number, notes: Notes): Frame | Promise<Frame>;
}

/** A step where it stands. */
export interface PlacedStep {
  readonly config: StepConfig;
  readonly prepared: PreparedStep;
  /** The columns that come to it. */
  readonly types: ColumnTypes;
}

/** What is wrong with a bundle's pipeline, and where in `bundle.yaml`. */
export class PipelineProblem extends Error {
  override readonly name = "PipelineProblem";
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}

/**
 * Makes a bundle's pipeline ready for calls, checked from end to end: each step finds its columns,
 * the model its inputs, the answer its outputs.
 *
 * @param signature the model's own inputs and outputs.
 * @throws PipelineProblem
 */
export async function preparePipeline(
  manifest: Pick<Manifest, "inputs" | "outputs" | "pipeline">,
  signature: Signature,
  platform: Platform,
  profile?: Profile,
): Promise<Pipeline> {
  const { inputs = {}, outputs = {}, pipeline = {} } = manifest;
  const shared = { inputs, outputs, signature, profile, platform };
  const fields = new Map(Object.entries(inputs).map(([name, field]) => [name, typeOf(field)]));
  const before = await prepareSteps(pipeline.before ?? [], fields, { ...shared, phase: "before" });
  checkModelInputs(signature, before.types);
  const tensors = new Map(
    [...signature.inputs, ...signature.outputs].map((spec) => [spec.name, tensorType(spec)]),
  );
  const after = await prepareSteps(pipeline.after ?? [], tensors, { ...shared, phase: "after" });
  const answer = chooseAnswer(outputs, after.types, signature);
  return {
    inputs,
    answer,
    outputs,
    steps: { before: before.steps, after: after.steps },
    before(frame, notes) {
      const work = applySteps(before.steps, frame, notes);
      const feed = (): Tensors => toModelInputs(frame, signature);
      return work === undefined ? feed() : work.then(feed);
    },
    after(taken, answered, rows, notes) {
      const columns = new Map<string, Column>();
      for (const [name, tensor] of taken) columns.set(name, { kind: "tensor", tensor });
      for (const [name, tensor] of answered) columns.set(name, { kind: "tensor", tensor });
      const frame: Frame = { rows, columns };
      const work = applySteps(after.steps, frame, notes);
      const pick = (): Frame => {
        return {
          rows,
          columns: new Map([...answer.keys()].map((name) => [name, columns.get(name)!])),
        };
      };
      return work === undefined ? pick() : work.then(pick);
    },
  };
}

/** The column that a field becomes. */
export function typeOf(field: InputField): ColumnType {
  switch (field.type) {
    case "number":
    case "boolean":
      return { kind: "number" };
    case "category":
    case "text":
    case "date":
      return { kind: "text" };
    case "image":
    case "audio":
      return { kind: "bytes" };
    case "series":
      return { kind: "series" };
    case "tensor":
      return { kind: "tensor", datatype: field.datatype, shape: field.shape };
  }
}

function tensorType({ datatype, shape, labels }: TensorSpec): ColumnType {
  return { kind: "tensor", datatype, shape: shape.slice(1), ...(labels && { labels }) };
}

async function prepareSteps(
  configs: readonly StepConfig[],
  fields: ColumnTypes,
  context: Omit<StepContext, "types">,
): Promise<{ steps: PlacedStep[]; types: ColumnTypes }> {
  let types = fields;
  const steps: PlacedStep[] = [];
  for (const [index, config] of configs.entries()) {
    const { step: name, ...options } = config;
    const path = ["pipeline", context.phase, index];
    const step = STEPS.find((kind) => kind.name === name);
    if (step === undefined) throw new PipelineProblem(path, `there is no step "${name}"`);
    try {
      const prepared = await step.prepare(options, { ...context, types });
      steps.push({ config, prepared, types });
      types = prepared.types;
    } catch (error) {
      if (!(error instanceof StepProblem)) throw error;
      const option = error.option?.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key));
      throw new PipelineProblem([...path, ...(option ?? [])], `${name}: ${error.message}`);
    }
  }
  return { steps, types };
}

/** Applies steps in order; a promise only from the first step on that needs one. */
function applySteps(
  steps: readonly PlacedStep[],
  frame: Frame,
  notes: Notes,
  from = 0,
): Promise<void> | undefined {
  for (let index = from; index < steps.length; index++) {
    const work = steps[index]!.prepared.apply(frame, notes);
    if (work !== undefined) return work.then(() => applySteps(steps, frame, notes, index + 1));
  }
  return undefined;
}

/** @throws PipelineProblem if the columns at the end of `before` are not what the model takes. */
function checkModelInputs(signature: Signature, types: ColumnTypes): void {
  for (const spec of signature.inputs) {
    const type = types.get(spec.name);
    const path = ["pipeline", "before"];
    if (type === undefined) {
      const nearest = nearestName(spec.name, types.keys());
      throw new PipelineProblem(
        path,
        `nothing makes the model's input "${spec.name}" ${formatSpec(spec)}; ` +
          (nearest
            ? `did you mean "${nearest}"?`
            : `there are ${[...types.keys()].join(", ") || "no columns"}`),
      );
    }
    const problem = mismatchOf(spec, type);
    if (problem !== undefined) throw new PipelineProblem(path, problem);
  }
}

function mismatchOf(spec: TensorSpec, type: ColumnType): string | undefined {
  const wanted = `the model's input "${spec.name}" is ${formatSpec(spec)}`;
  const rest = spec.shape.slice(1);
  switch (type.kind) {
    case "number":
    case "text": {
      const fits = (spec.datatype === "BYTES") === (type.kind === "text");
      const single =
        rest.length === 0 || (rest.length === 1 && (rest[0] === 1 || typeof rest[0] === "string"));
      if (!fits || spec.datatype === "FP16" || spec.datatype === "BF16" || !single)
        return `${wanted}, but the column is one ${type.kind} a row`;
      return undefined;
    }
    case "tensor": {
      const fits =
        type.shape.length === rest.length &&
        rest.every(
          (axis, index) =>
            typeof axis === "string" ||
            typeof type.shape[index] === "string" ||
            axis === type.shape[index],
        );
      if (type.datatype === spec.datatype && fits) return undefined;
      return `${wanted}, but the column is ${formatSpec({ datatype: type.datatype, shape: ["N", ...type.shape] })}`;
    }
    default:
      return `${wanted}, but the column is still ${type.kind}: a step must make a tensor of it`;
  }
}

/** @throws PipelineProblem if a declared output is not there at the end. */
function chooseAnswer(
  outputs: Readonly<Record<string, OutputField>>,
  types: ColumnTypes,
  signature: Signature,
): ColumnTypes {
  const declared = Object.keys(outputs);
  if (declared.length === 0) {
    const taken = new Set(signature.inputs.map(({ name }) => name));
    return new Map([...types].filter(([name]) => !taken.has(name)));
  }
  return new Map(
    declared.map((name) => {
      const type = types.get(name);
      if (type !== undefined) return [name, type];
      const nearest = nearestName(name, types.keys());
      const hint = nearest
        ? `did you mean "${nearest}"?`
        : `there are ${[...types.keys()].join(", ")}`;
      throw new PipelineProblem(["outputs", name], `the pipeline makes no such column; ${hint}`);
    }),
  );
}

function toModelInputs({ rows, columns }: Frame, { inputs }: Signature): Tensors {
  return new Map(
    inputs.map((spec) => [spec.name, toModelInput(spec, columns.get(spec.name)!, rows)]),
  );
}

/** {@link checkModelInputs} has made sure that they fit. */
function toModelInput(spec: TensorSpec, column: Column, rows: number): Tensor {
  if (column.kind === "tensor") return column.tensor;
  const shape = spec.shape.length === 1 ? [rows] : [rows, 1];
  const { datatype } = spec;
  if (column.kind === "text") {
    return { datatype, shape, data: column.values.map((text) => text ?? "") };
  }
  if (column.kind !== "number") throw new TypeError(`column "${spec.name}" is ${column.kind}`);
  const { array } = DATATYPES[datatype];
  if (datatype !== "FP32" && datatype !== "FP64") checkIntegers(spec, column.values);
  const wide = datatype === "INT64" || datatype === "UINT64";
  const data = (
    wide
      ? (array as typeof BigInt64Array).from(column.values, (value) => BigInt(value))
      : (array as typeof Float32Array).from(column.values)
  ) as TypedArray;
  return { datatype, shape, data };
}

/** @throws LongshoreError INPUT_ELEMENT for a value that the model's integers do not have. */
function checkIntegers({ name, datatype }: TensorSpec, values: Float64Array): void {
  const { min = 0, max = 1 } = DATATYPES[datatype];
  for (const [index, value] of values.entries()) {
    if (value >= min && value <= max && Number.isInteger(value)) continue;
    const got = Number.isNaN(value) ? "a missing value" : String(value);
    throw fail("INPUT_ELEMENT", { input: name, index, got, expected: datatype });
  }
}
