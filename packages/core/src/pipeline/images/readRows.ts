import { fail } from "../../errors.ts";
import { columnOf } from "../columns.ts";
import type { Frame } from "../frame.ts";
import { ImageProblem, type ImageForm, type PlacedImage, type Platform } from "../platform.ts";
import type { StepContext } from "../step.ts";

/** Images of a call that are decoded at the same time: enough for all cores, few in memory. */
const AT_ONCE = 8;

/** Pixels of an image that a field without `maxPixels` takes. */
const MAX_PIXELS = 50_000_000;

/** How large the images of a column may be, by its field. */
export function maxPixelsOf(column: string, inputs: StepContext["inputs"]): number {
  const field = inputs[column];
  return (field?.type === "image" ? field.maxPixels : undefined) ?? MAX_PIXELS;
}

/**
 * Reads every image of a column of files.
 *
 * @throws LongshoreError FIELD_MISSING, FIELD_INVALID with the row.
 */
export async function readRows(
  frame: Frame,
  column: string,
  form: ImageForm,
  platform: Platform,
): Promise<PlacedImage[]> {
  const { values } = columnOf(frame, column, "bytes");
  const images: PlacedImage[] = [];
  for (let first = 0; first < values.length; first += AT_ONCE) {
    const some = values.slice(first, first + AT_ONCE);
    const reading = some.map((bytes, index) => readRow(bytes, first + index, frame.rows));
    images.push(...(await Promise.all(reading)));
  }
  return images;

  async function readRow(
    bytes: Uint8Array | null,
    row: number,
    rows: number,
  ): Promise<PlacedImage> {
    const where = rows > 1 ? ` in row ${row}` : "";
    if (bytes === null) throw fail("FIELD_MISSING", { field: column, where, expected: "an image" });
    try {
      return await platform.readImage(bytes, form);
    } catch (error) {
      if (!(error instanceof ImageProblem)) throw error;
      throw fail("FIELD_INVALID", { field: column, where, problem: error.message });
    }
  }
}
