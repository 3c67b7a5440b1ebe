import { withTypes } from "../columns.ts";
import type { Notes, Placement } from "../notes.ts";
import { defineStep, StepProblem, type Step } from "../step.ts";
import { selectBoxes } from "./decode.ts";
import { suppress } from "./nms.ts";
import { detectionOptions } from "./options.ts";
import { prepareReader } from "./reader.ts";
import { toImagePixels } from "./toImage.ts";

/** From a detector's raw outputs to boxes in the pixels of the image that was sent. */
export const detections: Step = defineStep({
  name: "detections",
  phase: "after",
  summary:
    "Turns a detector's outputs into a list of labelled boxes in the pixels of the image that was " +
    "sent: threshold, non-maximum suppression, and the inverse of resizing.",
  options: detectionOptions,
  examples: [
    {
      options: { boxes: "boxes", scores: "scores", labels: "classes", names: ["cat", "dog"] },
      given: {
        boxes: {
          datatype: "FP32",
          shape: [1, 3, 4],
          data: [10, 10, 20, 20, 11, 10, 21, 20, 0, 0, 4, 8],
        },
        scores: { datatype: "FP32", shape: [1, 3], data: [0.75, 0.5, 0.875] },
        classes: { datatype: "INT64", shape: [1, 3], data: [1, 1, 0] },
      },
      gives: {
        detections: {
          json: [
            [
              { label: "cat", score: 0.875, box: [0, 0, 4, 8] },
              { label: "dog", score: 0.75, box: [10, 10, 20, 20] },
            ],
          ],
        },
      },
    },
  ],
  prepare(given, context) {
    const reader = prepareReader(given, context.types);
    const images = Object.values(context.inputs).filter(({ type }) => type === "image").length;
    if (images > 1 && given.image === undefined)
      throw new StepProblem(
        `the bundle takes ${images} images; name the one with the boxes`,
        "image",
      );
    const { names, relative, threshold, iou, suppress: among, max, into } = given;
    const gone = Object.fromEntries(reader.columns.map((name) => [name, undefined]));
    return {
      types: withTypes(context.types, {
        ...gone,
        [into]: { kind: "json", schema: schemaOf(names) },
      }),
      apply(frame, notes) {
        const raw = reader.read(frame);
        const placements = placementsOf(notes, given.image, frame.rows);
        if (relative && placements === undefined)
          throw new TypeError("relative boxes, but no step `image` has noted the image's size");
        const values = Array.from({ length: frame.rows }, (_, row) => {
          const found = selectBoxes(raw(row), reader.coordinates, threshold);
          return suppress(found, { iou, among, max }).map((index) => {
            const box = [...found.boxes.subarray(index * 4, index * 4 + 4)] as Box;
            return {
              label: names?.[found.labels[index]!] ?? String(found.labels[index]),
              score: found.scores[index],
              box: place(box, placements?.[row], relative),
            };
          });
        });
        for (const name of reader.columns) frame.columns.delete(name);
        frame.columns.set(into, { kind: "json", values });
      },
    };
  },
});

type Box = [number, number, number, number];

/** Where the images of a call went; undefined where the bundle makes none of them. */
function placementsOf(
  { placements }: Notes,
  image: string | undefined,
  rows: number,
): readonly Placement[] | undefined {
  const found = image === undefined ? [...placements.values()][0] : placements.get(image);
  if (image !== undefined && found === undefined)
    throw new TypeError(`no step \`image\` has made "${image}"`);
  if (found !== undefined && found.length !== rows)
    throw new TypeError(`${found.length} images, but ${rows} rows of boxes`);
  return found;
}

function place(box: Box, placement: Placement | undefined, relative: boolean): Box {
  if (placement === undefined) return box;
  const { intoWidth: x, intoHeight: y } = placement;
  const seen: Box = relative ? [box[0] * x, box[1] * y, box[2] * x, box[3] * y] : box;
  return toImagePixels(seen, placement);
}

function schemaOf(names: readonly string[] | undefined): Record<string, unknown> {
  return {
    type: "array",
    description: "The likeliest box first.",
    items: {
      type: "object",
      required: ["label", "score", "box"],
      properties: {
        label: { type: "string", ...(names && { examples: names }) },
        score: { type: "number" },
        box: {
          type: "array",
          description: "x1, y1, x2, y2 in pixels of the image that was sent.",
          items: { type: "number" },
          minItems: 4,
          maxItems: 4,
        },
      },
    },
  };
}
