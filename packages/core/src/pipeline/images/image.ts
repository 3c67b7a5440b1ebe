import { z } from "zod";
import { fail } from "../../errors.ts";
import { elementCount } from "../../tensor.ts";
import { requireType, withTypes } from "../columns.ts";
import type { ColumnType } from "../frame.ts";
import type { ImageForm, PlacedImage } from "../platform.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { imageOptions, toImageForm } from "./options.ts";
import { maxPixelsOf, readRows } from "./readRows.ts";

/** A white pixel over a black one. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAACCAAAAAC86un7AAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";

/** From a file to pixels: `[rows, height, width, channels]` of UINT8, 0 to 255. */
export const image: Step = defineStep({
  name: "image",
  phase: "before",
  summary:
    "Decodes JPEG, PNG or WebP files, turns them upright (EXIF), and brings them to the size and " +
    "colours that the model learnt.",
  options: z.strictObject({
    column: z.string().describe("A column of image files."),
    into: z
      .string()
      .optional()
      .describe("The tensor [rows, height, width, channels]; in place by default."),
    ...imageOptions,
  }),
  examples: [
    {
      options: {
        column: "photo",
        into: "pixels",
        resize: { width: 4, height: 2, fit: "contain" },
        fill: [9, 8, 7],
      },
      given: { photo: { base64: [PNG] } },
      gives: {
        pixels: {
          datatype: "UINT8",
          shape: [1, 2, 4, 3],
          data: [9, 8, 7, 255, 255, 255, 9, 8, 7, 9, 8, 7, 9, 8, 7, 0, 0, 0, 9, 8, 7, 9, 8, 7],
        },
      },
    },
  ],
  prepare({ column, into = column, ...options }, { types, inputs, platform }) {
    requireType(types, column, "bytes", "column");
    if (options.colour === "grey" && typeof options.fill !== "number")
      throw new StepProblem("three values for one channel, grey", "fill");
    const form = toImageForm(options, maxPixelsOf(column, inputs));
    const channels = form.channels === "grey" ? 1 : 3;
    const type: ColumnType = {
      kind: "tensor",
      datatype: "UINT8",
      shape: [...sizeOf(form), channels],
    };
    return {
      types: withTypes(types, { [column]: undefined, [into]: type }),
      async apply(frame, notes) {
        const images = await readRows(frame, column, form, platform);
        const shape = [images.length, ...commonSize(images, column), channels];
        const data = new Uint8Array(elementCount(shape));
        const each = data.length / images.length;
        for (const [row, { pixels }] of images.entries()) data.set(pixels, row * each);
        frame.columns.delete(column);
        frame.columns.set(into, { kind: "tensor", tensor: { datatype: "UINT8", shape, data } });
        notes.placements.set(
          into,
          images.map(({ placement }) => placement),
        );
      },
    };
  },
});

/** Height and width that all images get, where the form says them. */
function sizeOf({ resize, crop }: ImageForm): [number | string, number | string] {
  if (crop !== undefined) return [crop.height, crop.width];
  if (resize !== undefined && "fit" in resize) return [resize.height, resize.width];
  return ["height", "width"];
}

/** @throws LongshoreError FIELD_INVALID for images of several sizes: a tensor has one. */
function commonSize(images: readonly PlacedImage[], field: string): [number, number] {
  const [first] = images;
  if (first === undefined) return [0, 0];
  for (const [row, { width, height }] of images.entries()) {
    if (width === first.width && height === first.height) continue;
    const problem =
      `becomes ${width}×${height} pixels, but the image in row 0 ${first.width}×${first.height}; ` +
      "send images of different sizes one a call";
    throw fail("FIELD_INVALID", { field, where: ` in row ${row}`, problem });
  }
  return [first.height, first.width];
}
