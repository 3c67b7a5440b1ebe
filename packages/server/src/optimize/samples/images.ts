import { fail, type LongshoreError, type Signature } from "@longshore/core";
import { listImages, readImage, toImageForm, type ImageFile } from "../../data/images.ts";
import type { Batch, SampleOptions, Samples } from "../samples.ts";
import { cutRows, findRowAxis, fixedRows, stackRows, usableRows } from "./rows.ts";

/**
 * A row an image, read anew each time. Sub-folders, where there are at least two, are the labels;
 * their names in order are the classes, as torchvision's `ImageFolder` numbers them.
 */
export async function fromImageFolder(
  folder: string,
  signature: Signature,
  { labels, normalization }: SampleOptions,
): Promise<Samples> {
  const invalid = (problem: string): LongshoreError =>
    fail("DATA_INVALID", { file: folder, problem });
  if (labels !== undefined)
    throw invalid("images are labelled by the sub-folders that they are in, not by a name");
  const [input, ...others] = signature.inputs;
  const form = input && toImageForm(input);
  if (input === undefined || form === undefined || others.length > 0) {
    throw invalid(
      "is a folder of images, but the model takes no images: one input [N,C,H,W] or [N,H,W,C] of " +
        "FP32, FP16 or UINT8 with 1 or 3 channels and a fixed size",
    );
  }
  if (normalization !== undefined) {
    const { mean, std } = normalization;
    if (form.datatype === "UINT8")
      throw invalid("the model takes UINT8 images; they are not normalised outside of it");
    if (mean.length !== form.channels || std.length !== form.channels)
      throw invalid(`expected ${form.channels} values of mean and standard deviation`);
    if (![...mean, ...std].every(Number.isFinite) || std.some((value) => value <= 0))
      throw invalid("mean and standard deviation are to be numbers, the latter above 0");
  }
  const images = await listImages(folder);
  const axis = findRowAxis(signature);
  const classes = [...new Set(images.flatMap(({ label }) => label ?? []))];
  return {
    file: folder,
    count: usableRows(images.length, axis, folder),
    notes: [],
    ...(classes.length > 1 && { labels: images.map(({ label }) => label!), classes }),
    ...fixedRows(axis),
    batches,
  };

  async function* batches(rows: readonly number[], size: number): AsyncGenerator<Batch> {
    const read = ({ path }: ImageFile) => readImage(path, form!, normalization);
    for (const batch of cutRows(rows, size, axis)) {
      const tensors = await Promise.all(batch.map((row) => read(images[row]!)));
      yield { rows: batch, tensors: new Map([[input!.name, stackRows(tensors)]]) };
    }
  }
}
