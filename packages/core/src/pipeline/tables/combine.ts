import { z } from "zod";
import { DATATYPES } from "../../datatype.ts";
import { toTypedArray } from "../../tensor.ts";
import { columnOf, numbersOf, requireType, withTypes } from "../columns.ts";
import type { ColumnType, ColumnTypes, Frame } from "../frame.ts";
import { matrixOf, tensorOf, type Lowering } from "../lowering.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { columnNames, invalidValue } from "./fitted.ts";

/** Column after column into one tensor: what most table models take. */
export const combine: Step = defineStep({
  name: "combine",
  phase: "before",
  summary: "Puts columns side by side into one tensor, in the order that the model learnt.",
  options: z.strictObject({
    columns: columnNames.describe(
      "Number columns and tensors of numbers with one axis (text columns for `BYTES`), in the " +
        "model's order. `city_*` stands for all columns whose names begin so, in their order.",
    ),
    into: z.string().min(1).describe("The tensor, such as the model's input."),
    datatype: z.enum(["FP32", "FP64", "INT32", "INT64", "BYTES"]).default("FP32"),
    keep: z.boolean().default(false).describe("Whether the columns stay beside the tensor."),
  }),
  examples: [
    {
      options: { columns: ["height", "age"], into: "x" },
      given: { age: [45, 30], height: [165, null] },
      gives: { x: { datatype: "FP32", shape: [2, 2], data: [165, 45, Number.NaN, 30] } },
    },
    {
      options: { columns: ["size", "city_*"], into: "x" },
      given: { size: [40], city_Oslo: [0], city_Bergen: [1] },
      gives: { x: { datatype: "FP32", shape: [1, 3], data: [40, 0, 1] } },
    },
  ],
  prepare({ columns, into, datatype, keep }, { types }) {
    const names = columns.flatMap((name, index) => expand(types, name, `columns.${index}`));
    const pieces = place(types, names, datatype);
    const width = pieces.reduce((sum, piece) => sum + piece.width, 0);
    const type: ColumnType = { kind: "tensor", datatype, shape: [width] };
    const changes = new Map<string, ColumnType | undefined>();
    if (!keep) for (const name of names) changes.set(name, undefined);
    const prepared = {
      types: withTypes(types, changes.set(into, type)),
      apply(frame: Frame) {
        const shape = [frame.rows, width];
        const data =
          datatype === "BYTES"
            ? combineTexts(frame, pieces, width)
            : combineNumbers(frame, pieces, width, datatype);
        if (!keep) for (const name of names) frame.columns.delete(name);
        frame.columns.set(into, { kind: "tensor", tensor: { datatype, shape, data } });
      },
    };
    // Graphs cannot refuse a number that is no integer.
    if (datatype === "INT32" || datatype === "INT64") return prepared;
    return {
      ...prepared,
      lower(lowering) {
        const value = lowerPieces(lowering, pieces, datatype);
        if (!keep) for (const name of names) lowering.columns.delete(name);
        lowering.columns.set(into, { kind: "tensor", value, datatype, shape: [width] });
      },
    };
  },
});

/** A column and its place in the tensor. */
interface Piece {
  readonly name: string;
  readonly kind: "number" | "text" | "tensor";
  readonly offset: number;
  readonly width: number;
}

type NumberDatatype = "FP32" | "FP64" | "INT32" | "INT64";

/** The columns that a name stands for; a column whose own name ends with `*` is itself. */
function expand(types: ColumnTypes, name: string, option: string): string[] {
  if (types.has(name) || !name.endsWith("*")) return [name];
  const found = [...types.keys()].filter((column) => column.startsWith(name.slice(0, -1)));
  if (found.length === 0) {
    const all = [...types.keys()].join(", ") || "none";
    throw new StepProblem(`no column is called "${name}"; the columns here are ${all}`, option);
  }
  return found;
}

/** @throws StepProblem if a column cannot be part of a tensor of this type. */
function place(types: ColumnTypes, names: readonly string[], datatype: string): Piece[] {
  let offset = 0;
  return names.map((name) => {
    const kinds = datatype === "BYTES" ? (["text"] as const) : (["number", "tensor"] as const);
    const type = requireType<"number" | "text" | "tensor">(types, name, kinds, "columns");
    const width = type.kind === "tensor" ? type.shape[0] : 1;
    if (type.kind === "tensor") {
      const floats = type.datatype === "FP32" || type.datatype === "FP64";
      if (!floats || type.shape.length !== 1 || typeof width !== "number")
        throw new StepProblem(
          `"${name}" is ${type.datatype}[${type.shape.join(",")}] a row, expected FP32 or FP64 ` +
            "with one axis of known length",
          "columns",
        );
    }
    const piece = { name, kind: type.kind, offset, width: Number(width) };
    offset += piece.width;
    return piece;
  });
}

function combineTexts(frame: Frame, pieces: readonly Piece[], width: number): string[] {
  const data = Array.from({ length: frame.rows * width }, () => "");
  for (const { name, offset } of pieces) {
    const { values } = columnOf(frame, name, "text");
    for (let row = 0; row < frame.rows; row++) data[row * width + offset] = values[row] ?? "";
  }
  return data;
}

function combineNumbers(
  frame: Frame,
  pieces: readonly Piece[],
  width: number,
  datatype: NumberDatatype,
): Float32Array | Float64Array | Int32Array | BigInt64Array {
  const { rows } = frame;
  const exact = datatype === "FP32" ? undefined : new Float64Array(rows * width);
  const data = exact ?? new Float32Array(rows * width);
  for (const piece of pieces) {
    const { name, offset } = piece;
    if (piece.kind === "number") {
      const values = numbersOf(frame, name);
      for (let row = 0; row < rows; row++) data[row * width + offset] = values[row]!;
      continue;
    }
    const { tensor } = columnOf(frame, name, "tensor");
    const values = toTypedArray(tensor.datatype, tensor.data) as Float32Array | Float64Array;
    for (let row = 0; row < rows; row++)
      for (let index = 0; index < piece.width; index++)
        data[row * width + offset + index] = values[row * piece.width + index]!;
  }
  if (datatype === "FP32" || datatype === "FP64") return data;
  checkIntegers(frame, pieces, data, datatype);
  return datatype === "INT32" ? Int32Array.from(data) : BigInt64Array.from(data, BigInt);
}

/** @throws LongshoreError FIELD_INVALID for a number that the type of integers does not have. */
function checkIntegers(
  frame: Frame,
  pieces: readonly Piece[],
  data: Float32Array | Float64Array,
  datatype: "INT32" | "INT64",
): void {
  const { min = 0, max = 0 } = DATATYPES[datatype];
  const width = data.length / frame.rows;
  for (const [index, value] of data.entries()) {
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    const { name } = pieces.findLast(({ offset }) => offset <= index % width)!;
    const got = Number.isNaN(value) ? "a missing value" : String(value);
    const problem = `${got}, but the model takes whole numbers (${datatype})`;
    throw invalidValue(frame, name, Math.floor(index / width), problem);
  }
}

/** Columns next to each other are taken as one matrix. */
function lowerPieces(
  lowering: Lowering,
  pieces: readonly Piece[],
  datatype: "FP32" | "FP64" | "BYTES",
): string {
  const { builder } = lowering;
  const ONNX = { FP32: 1, FP64: 11 };
  const toType = (value: string, from: string): string =>
    from === datatype || datatype === "BYTES"
      ? value
      : builder.node("Cast", [value], { to: { int: ONNX[datatype] } });
  const values: string[] = [];
  for (let index = 0; index < pieces.length;) {
    const { name, kind } = pieces[index]!;
    if (kind === "tensor") {
      const lowered = tensorOf(lowering, name);
      values.push(toType(lowered.value, lowered.datatype));
      index++;
      continue;
    }
    const from = index;
    while (pieces[index]?.kind === kind) index++;
    const names = pieces.slice(from, index).map((piece) => piece.name);
    values.push(toType(matrixOf(lowering, names), kind === "text" ? "BYTES" : "FP32"));
  }
  return values.length === 1 ? values[0]! : builder.node("Concat", values, { axis: { int: 1 } });
}
