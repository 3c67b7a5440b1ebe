import type { Placement } from "../notes.ts";
import { ImageProblem, type ImageForm } from "../platform.ts";
import type { Size } from "./resize.ts";

/** Where the pixels of an image go: it is resized, then laid on a canvas, which may cut it. */
export interface ImagePlan {
  readonly resized: Size;
  readonly canvas: Size;
  /** Left upper corner of the resized image on the canvas; negative where it is cut. */
  readonly left: number;
  readonly top: number;
  readonly placement: Placement;
}

/**
 * Plans a form for an image of a size, rounding as the libraries do that models are trained with:
 * `shorter` and `crop` as torchvision's Resize and CenterCrop, `contain` as the letterbox of
 * detectors (any odd pixel of the border right and below).
 *
 * @throws ImageProblem if the image has too many pixels, or would have: a strip of a few pixels'
 *   width becomes very long where its shorter side is enlarged.
 */
export function planImage(
  image: Size,
  { resize, crop, maxPixels }: Pick<ImageForm, "resize" | "crop" | "maxPixels">,
): ImagePlan {
  if (image.width * image.height > maxPixels)
    throw new ImageProblem(
      `is ${sizeText(image)} pixels, over the limit of ${maxPixels}; send a smaller image`,
    );
  const resized = resize === undefined ? image : resizedTo(image, resize);
  const grown = Math.max(resized.width / image.width, resized.height / image.height) > 1;
  const keepsProportions = resize !== undefined && ("shorter" in resize || resize.fit === "cover");
  if (grown && keepsProportions && resized.width * resized.height > maxPixels)
    throw new ImageProblem(
      `is ${sizeText(image)} pixels and would become ${sizeText(resized)}, over the limit of ` +
        `${maxPixels}; cut it, so that its sides are more alike`,
    );
  let canvas = resized;
  let [left, top] = [0, 0];
  const layOn = (next: Size): void => {
    left += marginOf(canvas.width, next.width);
    top += marginOf(canvas.height, next.height);
    canvas = next;
  };
  if (resize !== undefined && "fit" in resize)
    layOn({ width: resize.width, height: resize.height });
  if (crop !== undefined) layOn(crop);
  const placement: Placement = {
    width: image.width,
    height: image.height,
    scaleX: resized.width / image.width,
    scaleY: resized.height / image.height,
    offsetX: left,
    offsetY: top,
    intoWidth: canvas.width,
    intoHeight: canvas.height,
  };
  return { resized, canvas, left, top, placement };
}

function resizedTo({ width, height }: Size, resize: NonNullable<ImageForm["resize"]>): Size {
  if ("shorter" in resize) {
    const { shorter } = resize;
    // torchvision cuts the fraction off.
    return width <= height
      ? { width: shorter, height: Math.trunc((shorter * height) / width) }
      : { width: Math.trunc((shorter * width) / height), height: shorter };
  }
  if (resize.fit === "stretch") return { width: resize.width, height: resize.height };
  const [x, y] = [resize.width / width, resize.height / height];
  const scale = resize.fit === "contain" ? Math.min(x, y) : Math.max(x, y);
  const scaled = (length: number): number => Math.max(1, Math.round(length * scale));
  return scale === x
    ? { width: resize.width, height: scaled(height) }
    : { width: scaled(width), height: resize.height };
}

/** What is left on the near side when a length lies in the middle of another; negative if cut. */
function marginOf(length: number, within: number): number {
  if (length <= within) return Math.floor((within - length) / 2);
  // Python's `round`: halves to the even number.
  const half = (length - within) / 2;
  return -(Number.isInteger(half) ? half : 2 * Math.round(half / 2));
}

function sizeText({ width, height }: Size): string {
  return `${width}×${height}`;
}
