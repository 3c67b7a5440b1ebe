import { z } from "zod";

/** Options of `detections`. */
export const detectionOptions = z.strictObject({
  predictions: z
    .string()
    .optional()
    .describe("The one tensor of a YOLO, with boxes and scores; or `boxes` and `scores`."),
  format: z
    .enum(["yolov8", "yolov5"])
    .optional()
    .describe(
      "Of `predictions`. `yolov8` (and later): [rows, 4 + classes, boxes]. `yolov5`: [rows, boxes, " +
        "5 + classes], the fifth number being the objectness.",
    ),
  boxes: z.string().optional().describe("A tensor [rows, boxes, 4]."),
  scores: z
    .string()
    .optional()
    .describe("A tensor [rows, boxes] beside `labels`, or [rows, boxes, classes]."),
  labels: z.string().optional().describe("A tensor [rows, boxes] of class numbers."),
  coordinates: z
    .enum(["xyxy", "yxyx", "xywh", "cxcywh"])
    .optional()
    .describe(
      "What the four numbers of a box are: corners, a corner and the size, or the centre and the " +
        "size. `cxcywh` for `predictions`, `xyxy` for `boxes` by default.",
    ),
  relative: z
    .boolean()
    .default(false)
    .describe("Whether boxes are from 0 to 1, and not in the pixels that the model saw."),
  names: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("Names of the classes; their numbers by default."),
  threshold: z.number().min(0).max(1).default(0.25).describe("Only likelier boxes are answered."),
  iou: z
    .number()
    .min(0)
    .max(1)
    .default(0.45)
    .describe("Of two boxes that overlap more than this, the less likely one goes."),
  suppress: z
    .enum(["class", "all", "none"])
    .default("class")
    .describe("Which boxes suppress each other; `none` for models that have done so themselves."),
  max: z.int().positive().default(300).describe("How many boxes of an image are answered."),
  image: z
    .string()
    .optional()
    .describe("The column that `image` made, where a bundle takes several images."),
  into: z.string().default("detections").describe("The column of lists of boxes."),
});

export type DetectionOptions = z.output<typeof detectionOptions>;
