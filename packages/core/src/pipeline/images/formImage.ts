import type { ImageForm, PlacedImage } from "../platform.ts";
import { swapRedAndBlue, toGrey } from "./colour.ts";
import { planImage, type ImagePlan } from "./geometry.ts";
import { resizeImage, type Pixels } from "./resize.ts";

/**
 * Brings decoded pixels into form: the reference of {@link Platform.readImage}, and all that a
 * platform needs whose decoder gives the pixels as they are.
 *
 * @param image red, green, blue; upright; transparency dealt with.
 */
export function formImage(image: Pixels, form: ImageForm): PlacedImage {
  return finishImage(image, planImage(image, form), form);
}

/**
 * What is left to do of a plan, for a platform that has resized the image in part: the rest of the
 * resizing, the channels, the canvas.
 */
export function finishImage(image: Pixels, plan: ImagePlan, form: ImageForm): PlacedImage {
  const resized = resizeImage(toChannels(image, form.channels), plan.resized, form.filter);
  return {
    ...plan.canvas,
    pixels: layOnCanvas(resized, plan, form.fill),
    placement: plan.placement,
  };
}

function toChannels(image: Pixels, channels: ImageForm["channels"]): Pixels {
  if (channels === "grey") return toGrey(image);
  return channels === "bgr" ? swapRedAndBlue(image) : image;
}

function layOnCanvas(
  { width, height, channels, data }: Pixels,
  { canvas, left, top }: ImagePlan,
  fill: readonly number[],
): Uint8Array {
  const covers = left === 0 && top === 0 && canvas.width === width && canvas.height === height;
  if (covers) return data;
  const pixels = new Uint8Array(canvas.width * canvas.height * channels);
  if (fill.some((value) => value !== 0))
    for (let place = 0; place < pixels.length; place++) pixels[place] = fill[place % channels]!;
  const [firstX, lastX] = [Math.max(0, left), Math.min(canvas.width, left + width)];
  const [firstY, lastY] = [Math.max(0, top), Math.min(canvas.height, top + height)];
  for (let y = firstY; y < lastY; y++) {
    const from = ((y - top) * width + firstX - left) * channels;
    const row = data.subarray(from, from + (lastX - firstX) * channels);
    pixels.set(row, (y * canvas.width + firstX) * channels);
  }
  return pixels;
}
