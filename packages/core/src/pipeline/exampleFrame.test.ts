/** What tests of steps share: frames and types out of examples, and back. */
import { DATATYPES } from "../datatype.ts";
import { inputFieldSchema, outputFieldSchema } from "../manifest/fields.ts";
import { isStrings, toTypedArray, type Tensor } from "../tensor.ts";
import type { ExampleColumn, StepExample } from "./example.ts";
import type { Column, ColumnType, Frame } from "./frame.ts";
import { newNotes, type Notes } from "./notes.ts";
import type { Platform } from "./platform.ts";
import { typeOf } from "./pipeline.ts";
import type { PreparedStep, Step, StepContext } from "./step.ts";

/** For steps that need nothing of where they run. */
export const NO_PLATFORM: Platform = {
  readFile: (name) => Promise.reject(new Error(`no files here, not even ${name}`)),
  readImage: () => Promise.reject(new Error("no images here")),
  importModule: () => Promise.reject(new Error("no code here")),
};

/** Runs the modules that an example brings. */
export function codePlatform(modules: NonNullable<StepExample["modules"]>): Platform {
  return {
    ...NO_PLATFORM,
    importModule: (name) =>
      import(`data:text/javascript,${encodeURIComponent(modules[name] ?? "throw new Error()")}`),
  };
}

/** Reads the files that an example brings. */
export function fileReader(files: StepExample["files"]): Platform["readFile"] {
  if (files === undefined) return NO_PLATFORM.readFile;
  return (name) => Promise.resolve(new TextEncoder().encode(JSON.stringify(files[name])));
}

export function toFrame(columns: StepExample["given"]): Frame {
  const entries = Object.entries(columns).map(
    ([name, column]) => [name, toColumn(column)] as const,
  );
  const lengths = new Set(entries.map(([, column]) => rowsOf(column)));
  if (lengths.size > 1) throw new Error(`columns of ${[...lengths].join(" and ")} rows`);
  return { rows: [...lengths][0] ?? 0, columns: new Map(entries) };
}

function rowsOf(column: Column): number {
  return column.kind === "tensor" ? column.tensor.shape[0]! : column.values.length;
}

function toColumn(column: ExampleColumn): Column {
  if (Array.isArray(column)) {
    if (column.some((value) => typeof value === "string"))
      return { kind: "text", values: column as (string | null)[] };
    return { kind: "number", values: Float64Array.from(column, (value) => value ?? Number.NaN) };
  }
  if ("series" in column) {
    const values = column.series.map((samples) => Float32Array.from(samples));
    return { kind: "series", values, ...(column.rates && { rates: column.rates }) };
  }
  if ("base64" in column) {
    const values = column.base64.map((text) =>
      Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
    );
    return { kind: "bytes", values };
  }
  if ("json" in column) return { kind: "json", values: column.json };
  if (!("datatype" in column)) throw new Error("no such column");
  return { kind: "tensor", tensor: toTensor(column) };
}

function toTensor({
  datatype,
  shape,
  data,
}: Extract<ExampleColumn, { datatype: unknown }>): Tensor {
  const { array } = DATATYPES[datatype];
  if (array === undefined) return { datatype, shape, data: data as readonly string[] };
  const wide = datatype === "INT64" || datatype === "UINT64";
  const elements = wide
    ? (array as typeof BigInt64Array).from(data, (value) => BigInt(value))
    : (array as typeof Float64Array).from(data as readonly number[]);
  return { datatype, shape, data: elements };
}

export function typesOf(columns: StepExample["given"]): ReadonlyMap<string, ColumnType> {
  return new Map(
    Object.entries(columns).map(([name, column]): [string, ColumnType] => {
      const made = toColumn(column);
      if (made.kind === "json") return [name, { kind: "json", schema: {} }];
      if (made.kind !== "tensor") return [name, { kind: made.kind }];
      const labels = "labels" in column ? column.labels : undefined;
      const { datatype, shape } = made.tensor;
      return [name, { kind: "tensor", datatype, shape: shape.slice(1), ...(labels && { labels }) }];
    }),
  );
}

/** Columns as plain values to compare: -0 is 0, FP32 is rounded. */
export function toPlain({ columns }: Frame): Record<string, unknown> {
  return Object.fromEntries([...columns].map(([name, column]) => [name, plainColumn(column)]));
}

function plainColumn(column: Column): unknown {
  switch (column.kind) {
    case "tensor": {
      const { datatype, shape, data } = column.tensor;
      const elements = isStrings(data) ? data : [...toTypedArray(datatype, data)].map(plainNumber);
      return { datatype, shape: [...shape], elements };
    }
    case "number":
      return { kind: "number", values: [...column.values].map(plainNumber) };
    case "series":
      return {
        kind: "series",
        values: column.values.map((samples) => [...samples].map(plainNumber)),
        ...(column.rates && { rates: [...column.rates] }),
      };
    case "bytes":
      return { kind: "bytes", values: column.values.map((bytes) => bytes && [...bytes]) };
    default:
      return { kind: column.kind, values: [...column.values] };
  }
}

function plainNumber(value: number | bigint): unknown {
  return typeof value === "bigint"
    ? value
    : Number.isNaN(value)
      ? "NaN"
      : Number(value.toPrecision(6)) + 0;
}

/** Runs a step on columns as an example writes them. */
export async function runStep(
  step: Step,
  example: Pick<StepExample, "options" | "given" | "inputs" | "outputs" | "modules" | "files">,
  more: Partial<StepContext> = {},
): Promise<{
  frame: Frame;
  types: ReadonlyMap<string, ColumnType>;
  notes: Notes;
  prepared: PreparedStep;
}> {
  const fields = (
    schema: typeof inputFieldSchema | typeof outputFieldSchema,
    given: StepExample["inputs"] = {},
  ): Record<string, never> =>
    Object.fromEntries(
      Object.entries(given).map(([name, field]) => [name, schema.parse(field) as never]),
    );
  const inputs = fields(inputFieldSchema, example.inputs);
  const prepared = await step.prepare(step.options.parse(example.options), {
    types: typesOf(example.given),
    phase: step.phase === "after" ? "after" : "before",
    inputs,
    outputs: fields(outputFieldSchema, example.outputs),
    signature: { inputs: [], outputs: [] },
    profile: undefined,
    platform: { ...codePlatform(example.modules ?? {}), readFile: fileReader(example.files) },
    ...more,
  });
  const frame = toFrame(example.given);
  const notes = newNotes();
  await prepared.apply(frame, notes);
  return { frame, types: prepared.types, notes, prepared };
}

export { typeOf };
