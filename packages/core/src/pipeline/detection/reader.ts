import type { Tensor } from "../../tensor.ts";
import { columnOf, requireType } from "../columns.ts";
import type { ColumnTypes, Frame } from "../frame.ts";
import { StepProblem } from "../step.ts";
import {
  numbersOfTensor,
  readSeparate,
  readYolo,
  type Coordinates,
  type RawBoxes,
} from "./decode.ts";
import type { DetectionOptions } from "./options.ts";

/** How a model's tensors are read. */
export interface Reader {
  readonly columns: readonly string[];
  readonly coordinates: Coordinates;
  read(frame: Frame): (row: number) => RawBoxes;
}

/**
 * Checks which of the model's tensors hold the boxes, and how they are to be read.
 *
 * @throws StepProblem
 */
export function prepareReader(given: DetectionOptions, types: ColumnTypes): Reader {
  return given.predictions === undefined
    ? prepareSeparate(given, types)
    : prepareYolo(given, types, given.predictions);
}

function prepareYolo(given: DetectionOptions, types: ColumnTypes, predictions: string): Reader {
  const { format, coordinates = "cxcywh", names } = given;
  for (const option of ["boxes", "scores", "labels"] as const)
    if (given[option] !== undefined)
      throw new StepProblem("`predictions` holds boxes and scores: give one or the other", option);
  if (format === undefined) throw new StepProblem("say how `predictions` is laid out", "format");
  const shape = requireNumbers(types, predictions, "predictions", [3]);
  const parts = shape[format === "yolov8" ? 0 : 1]!;
  const others = format === "yolov8" ? 4 : 5;
  if (typeof parts === "number" && parts <= others)
    throw new StepProblem(`axis of ${parts} numbers a box leaves no classes`, "format");
  if (typeof parts === "number") requireNames(names, parts - others);
  return {
    columns: [predictions],
    coordinates,
    read(frame) {
      const { tensor } = columnOf(frame, predictions, "tensor");
      const values = numbersOfTensor(tensor);
      return (row) => readYolo(values, tensor.shape, row, format);
    },
  };
}

function prepareSeparate(given: DetectionOptions, types: ColumnTypes): Reader {
  const { boxes, scores, labels, coordinates = "xyxy", names } = given;
  if (boxes === undefined || scores === undefined)
    throw new StepProblem("name the model's outputs: `predictions`, or `boxes` and `scores`");
  if (given.format !== undefined)
    throw new StepProblem("is about `predictions`, and there is none", "format");
  const shape = requireNumbers(types, boxes, "boxes", [3]);
  if (typeof shape[1] === "number" && shape[1] !== 4)
    throw new StepProblem(`column "${boxes}" has ${shape[1]} numbers a box, not 4`, "boxes");
  const of = requireNumbers(types, scores, "scores", labels === undefined ? [3] : [2]);
  if (labels !== undefined) requireNumbers(types, labels, "labels", [2]);
  else if (typeof of[1] === "number") requireNames(names, of[1]);
  const columns = [boxes, scores, ...(labels === undefined ? [] : [labels])];
  return {
    columns,
    coordinates,
    read(frame) {
      const tensorOf = (name: string): Tensor => columnOf(frame, name, "tensor").tensor;
      const of = { values: numbersOfTensor(tensorOf(boxes)), shape: tensorOf(boxes).shape };
      const likely = numbersOfTensor(tensorOf(scores));
      const classes = labels === undefined ? undefined : numbersOfTensor(tensorOf(labels));
      return (row) => readSeparate(of, likely, classes, row);
    },
  };
}

/** The shape of a row of a tensor of numbers. @throws StepProblem */
function requireNumbers(
  types: ColumnTypes,
  name: string,
  option: string,
  axes: readonly number[],
): readonly (number | string)[] {
  const { datatype, shape } = requireType(types, name, "tensor", option);
  if (!["FP32", "FP16", "INT64", "INT32"].includes(datatype))
    throw new StepProblem(`column "${name}" is ${datatype}, not numbers`, option);
  if (!axes.includes(shape.length + 1))
    throw new StepProblem(
      `column "${name}" has ${shape.length + 1} axes, expected ${axes.join(" or ")}`,
      option,
    );
  return shape;
}

function requireNames(names: readonly string[] | undefined, classes: number): void {
  if (names !== undefined && names.length !== classes)
    throw new StepProblem(`${names.length} names for ${classes} classes`, "names");
}
