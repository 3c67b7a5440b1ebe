/** Places along a tensor's only axis as columns: what `pick` and `split` share. */
import { columnOf } from "../columns.ts";
import type { Column, Frame, TypeOf } from "../frame.ts";
import { setMatrix, tensorOf, type Lowering } from "../lowering.ts";
import type { PreparedStep } from "../step.ts";
import type { Datatype } from "../../datatype.ts";
import { surprise } from "./surprise.ts";
import { fromBfloat16 } from "../../bfloat16.ts";
import { fromFloat16 } from "../../float16.ts";
import { isStrings, toTypedArray, type Tensor } from "../../tensor.ts";

/** A place, and the column that it becomes. */
export interface PlaceColumn {
  readonly place: number;
  readonly into: string;
}

/** What columns a tensor's places can be. */
export function kindOf({ datatype }: TypeOf<"tensor">): "number" | "text" {
  return datatype === "BYTES" ? "text" : "number";
}

export function applySplit(frame: Frame, column: string, places: readonly PlaceColumn[]): void {
  const { tensor } = columnOf(frame, column, "tensor");
  const width = tensor.shape[1] ?? 1;
  for (const { place, into } of places) {
    if (place >= width) throw surprise(column, `has ${width} places a row, none is ${place}`);
    frame.columns.set(into, columnAt(tensor, place, width));
  }
}

function columnAt(tensor: Tensor, place: number, width: number): Column {
  const rows = tensor.shape[0]!;
  const { datatype, data } = tensor;
  if (isStrings(data)) {
    const values = Array.from({ length: rows }, (_, row) => data[row * width + place]!);
    return { kind: "text", values };
  }
  const elements = toTypedArray(datatype, data);
  const toNumber = NUMBER_OF[datatype] ?? Number;
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) values[row] = toNumber(elements[row * width + place]!);
  return { kind: "number", values };
}

/** Types that are held as bit patterns. */
const NUMBER_OF: Partial<Record<Datatype, (bits: number | bigint) => number>> = {
  FP16: (bits) => fromFloat16(Number(bits)),
  BF16: (bits) => fromBfloat16(Number(bits)),
};

/** Types whose numbers single precision holds, as a graph's number columns are kept. */
const SINGLE: ReadonlySet<Datatype> = new Set([
  "FP32",
  "FP64",
  "FP16",
  "BOOL",
  "INT8",
  "UINT8",
  "INT16",
  "UINT16",
]);

/** Nothing for wide integers, which would lose digits. */
export function lowerSplit(
  { datatype, shape }: TypeOf<"tensor">,
  column: string,
  places: readonly PlaceColumn[],
): Pick<PreparedStep, "lower"> {
  const [width = 1] = shape;
  if (typeof width === "string" || (datatype !== "BYTES" && !SINGLE.has(datatype))) return {};
  return {
    lower(lowering: Lowering) {
      const { builder } = lowering;
      let { value } = tensorOf(lowering, column);
      if (shape.length === 0) {
        const matrix = builder.constant("INT64", [2], [-1, 1]);
        value = builder.node("Reshape", [value, matrix]);
      }
      if (datatype !== "FP32" && datatype !== "BYTES")
        value = builder.node("Cast", [value], { to: { int: 1 } });
      const whole = places.length === width && places.every(({ place }, index) => place === index);
      if (!whole) {
        const chosen = places.map(({ place }) => place);
        const indices = builder.constant("INT64", [chosen.length], chosen);
        value = builder.node("Gather", [value, indices], { axis: { int: 1 } });
      }
      const names = places.map(({ into }) => into);
      setMatrix(lowering, names, value, datatype === "BYTES" ? "text" : "number");
    },
  };
}
