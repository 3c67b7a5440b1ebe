import { DATATYPES, elementCount, isStrings, toBytes } from "@longshore/core";
import type { Column, Frame } from "@longshore/core/pipeline";

/** The rows of a frame from one on, up to and without another. Values are shared, not copied. */
export function sliceFrame({ columns }: Frame, from: number, to: number): Frame {
  return {
    rows: to - from,
    columns: new Map(Array.from(columns, ([name, column]) => [name, slice(column, from, to)])),
  };
}

function slice(column: Column, from: number, to: number): Column {
  switch (column.kind) {
    case "number":
      return { kind: "number", values: column.values.subarray(from, to) };
    case "text":
      return { kind: "text", values: column.values.slice(from, to) };
    case "bytes":
      return { kind: "bytes", values: column.values.slice(from, to) };
    case "json":
      return { kind: "json", values: column.values.slice(from, to) };
    case "series": {
      const { values, rates } = column;
      return {
        kind: "series",
        values: values.slice(from, to),
        ...(rates && { rates: rates.slice(from, to) }),
      };
    }
    case "tensor": {
      const { datatype, shape, data } = column.tensor;
      const [, ...rest] = shape;
      const width = elementCount(rest);
      const { size } = DATATYPES[datatype];
      const part = isStrings(data)
        ? data.slice(from * width, to * width)
        : toBytes(data).subarray(from * width * size, to * width * size);
      return { kind: "tensor", tensor: { datatype, shape: [to - from, ...rest], data: part } };
    }
  }
}
