import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fail, toFloat16, type Tensor, type TensorSpec, type TypedArray } from "@longshore/core";
import { ImageProblem } from "@longshore/core/pipeline";
import { decodeImage } from "./decodeImage.ts";

/** An image file in a folder. */
export interface ImageFile {
  readonly path: string;
  /** The sub-folder that it lies in; undefined directly in the folder. */
  readonly label: string | undefined;
}

const EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/**
 * Lists the images (JPEG, PNG, WebP) of a folder, by name. Those of a sub-folder, however deep, bear
 * its name as their label, as torchvision's `ImageFolder` has it. Other files are passed over.
 *
 * @throws LongshoreError DATA_INVALID if there are none, or some with a label and some without.
 */
export async function listImages(folder: string): Promise<ImageFile[]> {
  const images: ImageFile[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isFile() && isImage(path)) images.push({ path, label: undefined });
    if (!entry.isDirectory()) continue;
    const inside = await readdir(path, { recursive: true });
    const found = inside.filter(isImage).toSorted();
    images.push(...found.map((name) => ({ path: join(path, name), label: entry.name })));
  }
  const invalid = (problem: string): Error => fail("DATA_INVALID", { file: folder, problem });
  if (images.length === 0) throw invalid("holds no images (JPEG, PNG, WebP)");
  const unlabelled = images.find(({ label }) => label === undefined);
  if (unlabelled !== undefined && images.some(({ label }) => label !== undefined))
    throw invalid(`"${unlabelled.path}" is in no sub-folder, but others are; label all or none`);
  return images;
}

function isImage(path: string): boolean {
  return EXTENSIONS.has(extname(path).toLowerCase());
}

/** How a model takes images. */
export interface ImageForm {
  readonly datatype: "FP32" | "FP16" | "UINT8";
  readonly channelsFirst: boolean;
  /** 3 for red, green, blue; 1 for grey. */
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/**
 * How an input takes images: `[N,C,H,W]` or `[N,H,W,C]` with one channel or three and a fixed size;
 * undefined for any other input.
 */
export function toImageForm({ datatype, shape }: TensorSpec): ImageForm | undefined {
  if (shape.length !== 4) return undefined;
  if (datatype !== "FP32" && datatype !== "FP16" && datatype !== "UINT8") return undefined;
  const [, a, b, c] = shape;
  if (isChannels(a) && typeof b === "number" && typeof c === "number")
    return { datatype, channelsFirst: true, channels: a, height: b, width: c };
  if (isChannels(c) && typeof a === "number" && typeof b === "number")
    return { datatype, channelsFirst: false, channels: c, height: a, width: b };
  return undefined;
}

function isChannels(dimension: unknown): dimension is 1 | 3 {
  return dimension === 1 || dimension === 3;
}

/** What makes a model's numbers of a pixel's: `(value / 255 - mean) / std` for each channel. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Reads an image as one row of an input: upright, cut to the input's proportions around the
 * middle, and resized. Floats are from 0 to 1, then normalised; UINT8 is as it is. Transparency
 * is dropped; grey is the luma of ITU-R BT.601.
 *
 * @throws LongshoreError DATA_INVALID if the file is no image.
 */
export async function readImage(
  path: string,
  form: ImageForm,
  normalization?: Normalization,
): Promise<Tensor> {
  const { datatype, channels, channelsFirst, height, width } = form;
  const pixels = await decode(path, form);
  const arranged = channelsFirst ? toPlanes(pixels, channels) : pixels;
  const shape = channelsFirst ? [1, channels, height, width] : [1, height, width, channels];
  if (datatype === "UINT8") return { datatype, shape, data: arranged };
  const plane = channelsFirst ? height * width : 1;
  const floats = new Float32Array(arranged.length);
  for (const [index, value] of arranged.entries()) {
    const channel = Math.floor(index / plane) % channels;
    const { mean, std } = normalization ?? UNCHANGED;
    floats[index] = (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  }
  const data: TypedArray = datatype === "FP16" ? Uint16Array.from(floats, toFloat16) : floats;
  return { datatype, shape, data };
}

const UNCHANGED: Normalization = { mean: [], std: [] };

async function decode(path: string, { channels, width, height }: ImageForm): Promise<Uint8Array> {
  try {
    const { pixels } = await decodeImage(await readFile(path), {
      channels: channels === 3 ? "rgb" : "grey",
      resize: { width, height, fit: "cover" },
      filter: "lanczos",
      fill: [],
      maxPixels: MAX_PIXELS,
    });
    return pixels;
  } catch (error) {
    const { message } = error as Error;
    const problem = error instanceof ImageProblem ? message : `cannot be read: ${message}`;
    throw fail("DATA_INVALID", { file: path, problem });
  }
}

/** Of an image that one trains with; more is a mistake. */
const MAX_PIXELS = 250_000_000;

/** Interleaved channels one after the other: `[H,W,C]` to `[C,H,W]`. */
function toPlanes(pixels: Uint8Array, channels: number): Uint8Array {
  const plane = pixels.length / channels;
  const planes = new Uint8Array(pixels.length);
  for (let pixel = 0; pixel < plane; pixel++)
    for (let channel = 0; channel < channels; channel++)
      planes[channel * plane + pixel] = pixels[pixel * channels + channel]!;
  return planes;
}
