/** Data that a model is calibrated and measured on. */
import { stat } from "node:fs/promises";
import { fail, type Signature, type Tensors } from "@longshore/core";
import type { Normalization } from "../data/images.ts";
import { readDataFile } from "../data/file.ts";
import { fromArrayFile } from "./samples/arrays.ts";
import { fromCsvFile } from "./samples/csv.ts";
import { fromImageFolder } from "./samples/images.ts";
import { fromJsonLinesFile } from "./samples/jsonl.ts";

export { splitRows, type RowSplit } from "./samples/split.ts";

/** Rows for a model, in whatever file they are, that can be gone through any number of times. */
export interface Samples {
  /** The file or folder, as messages call it. */
  readonly file: string;
  /** Rows; each is one input of the model, whose label is the one of the same number. */
  readonly count: number;
  /** The true answer of each row, as text: a class's name or number, or the value to predict. */
  readonly labels?: readonly string[];
  /** Classes in their order, where the data say it: the sub-folders of images by name. */
  readonly classes?: readonly string[];
  /** What was decided about the data without being asked, for the user to check. */
  readonly notes: readonly string[];
  /** Rows that the model takes at a time, where its inputs have a fixed first axis. */
  readonly fixedRows?: number;
  /**
   * Inputs for some rows, in their order.
   *
   * @param rows numbers of rows, from 0.
   * @param size rows of a batch at most. Rows of different shapes do not share one. Where
   *   {@link fixedRows} is set, each batch has exactly as many, and a rest that is too small is left.
   */
  batches(rows: readonly number[], size: number): AsyncIterable<Batch>;
}

/** Some rows together, stacked along the first axis. */
export interface Batch {
  readonly rows: readonly number[];
  readonly tensors: Tensors;
}

export interface SampleOptions {
  /** Where the labels are: a CSV column, a field of JSON Lines, an array of an NPZ file. */
  readonly labels?: string | undefined;
  /** For images. */
  readonly normalization?: Normalization | undefined;
}

/**
 * Opens samples of a CSV, JSON Lines, NPY or NPZ file, or of a folder of images (JPEG, PNG, WebP).
 * Files are read and checked whole; images are read when they are wanted.
 *
 * @throws LongshoreError DATA_INVALID with the row and the column, INPUT_* with the input.
 */
export async function openSamples(
  path: string,
  signature: Signature,
  options: SampleOptions = {},
): Promise<Samples> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return fromImageFolder(path, signature, options);
  if (options.normalization !== undefined) {
    const problem = "mean and standard deviation are for images; normalise the data themselves";
    throw fail("DATA_INVALID", { file: path, problem });
  }
  const file = await readDataFile(path);
  switch (file.format) {
    case "csv":
      return fromCsvFile(file, signature, options.labels);
    case "jsonl":
      return fromJsonLinesFile(file, signature, options.labels);
    case "npy":
    case "npz":
      return fromArrayFile(file, signature, options.labels);
    case "json": {
      const problem = "a JSON document is one request; give samples as JSON Lines, a row a line";
      throw fail("DATA_INVALID", { file: file.name, problem });
    }
  }
}
