import { z } from "zod";
import { fail } from "../../errors.ts";
import { requireType, withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import type { ImageForm } from "../platform.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { areaAverage, type Span } from "./areaAverage.ts";
import { findInk } from "./ink.ts";
import { maxPixelsOf, readRows } from "./readRows.ts";

const cells = z.int().positive().max(1024);

/** A white pixel over a black one: half of the border is dark, and then dark is ink. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAACCAAAAAC86un7AAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";

/** For models that learnt characters which were cut out of scans and brought to one size. */
export const drawing: Step = defineStep({
  name: "drawing",
  phase: "before",
  summary:
    "Reads a scan or a drawing, dark on light or light on dark: finds the ink, cuts it out, and " +
    "averages it into a small grid of how much ink is in each cell, 0 to 1.",
  options: z.strictObject({
    column: z.string().describe("A column of image files."),
    into: z
      .string()
      .optional()
      .describe("The tensor [rows, height, width, 1]; in place by default."),
    width: cells.describe("Columns of the grid."),
    height: cells.describe("Rows of the grid."),
    ink: z
      .strictObject({ width: z.number().positive(), height: z.number().positive() })
      .optional()
      .describe("Cells in the middle of the grid that the ink fills; all by default."),
    fit: z
      .enum(["stretch", "contain"])
      .default("contain")
      .describe("Whether the ink fills these cells both ways, or keeps its proportions."),
  }),
  examples: [
    {
      options: { column: "scan", width: 4, height: 2 },
      given: { scan: { base64: [PNG] } },
      gives: { scan: { datatype: "FP32", shape: [1, 2, 4, 1], data: [0, 1, 1, 0, 0, 1, 1, 0] } },
    },
  ],
  prepare({ column, into = column, width, height, ink, fit }, { types, inputs, platform }) {
    requireType(types, column, "bytes", "column");
    const within = ink ?? { width, height };
    if (within.width > width || within.height > height)
      throw new StepProblem(
        `${within.width}×${within.height} cells do not fit in ${width}×${height}`,
        "ink",
      );
    const form: ImageForm = {
      channels: "grey",
      fill: [0],
      filter: "nearest",
      // Drawings often come with a transparent background.
      background: [255, 255, 255],
      maxPixels: maxPixelsOf(column, inputs),
    };
    const type: ColumnType = { kind: "tensor", datatype: "FP32", shape: [height, width, 1] };
    return {
      types: withTypes(types, { [column]: undefined, [into]: type }),
      async apply(frame) {
        const images = await readRows(frame, column, form, platform);
        const data = new Float32Array(images.length * height * width);
        for (const [row, { pixels, ...size }] of images.entries()) {
          const mask = findInk({ ...size, channels: 1, data: pixels });
          if (mask === undefined) {
            const where = frame.rows > 1 ? ` in row ${row}` : "";
            const problem = "shows nothing: all of it has one colour";
            throw fail("FIELD_INVALID", { field: column, where, problem });
          }
          const box = boundsOf(mask, size.width);
          const grid = { columns: width, rows: height };
          const [across, down] = spansOf(box, grid, within, fit);
          data.set(areaAverage(mask, size.width, grid, across, down), row * height * width);
        }
        const shape = [images.length, height, width, 1];
        frame.columns.delete(column);
        frame.columns.set(into, { kind: "tensor", tensor: { datatype: "FP32", shape, data } });
      },
    };
  },
});

interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The smallest box with all ink in it; the pixels `right` and `bottom` are the first beyond. */
function boundsOf(mask: Uint8Array, width: number): Bounds {
  let [left, right, top, bottom] = [width, 0, mask.length / width, 0];
  for (let pixel = mask.indexOf(1); pixel !== -1; pixel = mask.indexOf(1, pixel + 1)) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
  }
  return { left, right, top, bottom };
}

/** Which cells the box is laid over: in the middle of the grid. */
function spansOf(
  { left, right, top, bottom }: Bounds,
  grid: { readonly columns: number; readonly rows: number },
  within: { readonly width: number; readonly height: number },
  fit: "stretch" | "contain",
): [across: Span, down: Span] {
  const [wide, high] = [right - left, bottom - top];
  let [width, height] = [within.width, within.height];
  if (fit === "contain") {
    const scale = Math.min(width / wide, height / high);
    [width, height] = [wide * scale, high * scale];
  }
  return [
    { from: left, to: right, first: (grid.columns - width) / 2, length: width },
    { from: top, to: bottom, first: (grid.rows - height) / 2, length: height },
  ];
}
