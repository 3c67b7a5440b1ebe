/** What the tests of records share. */
import { encodeUtf8 } from "../json/utf8.ts";
import type { Column, Frame } from "../pipeline/frame.ts";
import { isStrings, toTypedArray } from "../tensor.ts";
import { decodeJsonRecords, type DecodedRecords, type RecordContract } from "./index.ts";

export const LIMITS = { maxDepth: 16, maxElements: 10_000 };

/** A field of every type. */
export const EVERYTHING: RecordContract = toContract({
  age: { type: "number", unit: "years", integer: true },
  height: { type: "number", optional: true },
  member: { type: "boolean", optional: true },
  city: { type: "category", values: ["Ulm", "Kiel"], optional: true },
  note: { type: "text", maxLength: 5, optional: true },
  day: { type: "date", optional: true },
  photo: { type: "image", optional: true },
  sound: { type: "audio", optional: true },
});

export const LISTS: RecordContract = toContract({
  pulse: { type: "series", rate: 100, minLength: 1, maxLength: 4 },
  grid: { type: "tensor", datatype: "INT64", shape: [2, 2] },
});

export const TEXT: RecordContract = toContract({ text: { type: "text" } });
export const SERIES: RecordContract = toContract({ pulse: { type: "series" } });

export function toContract(
  inputs: RecordContract["inputs"],
  more: Partial<RecordContract> = {},
): RecordContract {
  const answer = new Map([["y", { kind: "number" } as const]]);
  return { name: "m", inputs, answer, maxRows: 100, ...more };
}

export function decode(
  contract: RecordContract,
  inputs: unknown,
  more: object = {},
): DecodedRecords {
  return decodeJsonRecords(encodeUtf8(JSON.stringify({ inputs, ...more })), contract, LIMITS);
}

/** Columns as plain values: NaN stays NaN. */
export function content({ columns }: Frame): Record<string, unknown> {
  return Object.fromEntries([...columns].map(([name, column]) => [name, plain(column)]));
}

function plain(column: Column): unknown {
  switch (column.kind) {
    case "number":
      return [...column.values];
    case "bytes":
      return column.values.map((bytes) => bytes && [...bytes]);
    case "series":
      return { samples: column.values.map((samples) => [...samples]), rates: column.rates };
    case "tensor": {
      const { datatype, shape, data } = column.tensor;
      const elements = isStrings(data) ? [...data] : [...toTypedArray(datatype, data)];
      return { datatype, shape: [...shape], elements };
    }
    default:
      return [...column.values];
  }
}
