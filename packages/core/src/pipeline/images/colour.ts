import type { Pixels } from "./resize.ts";

/**
 * The luma of ITU-R BT.601, in the fixed point of PIL's `convert("L")`.
 *
 * @param image of three channels: red, green, blue.
 */
export function toGrey({ width, height, data }: Pixels): Pixels {
  const grey = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += 3)
    grey[pixel] =
      (data[at]! * 19_595 + data[at + 1]! * 38_470 + data[at + 2]! * 7471 + 0x80_00) >> 16;
  return { width, height, channels: 1, data: grey };
}

/** Red, green, blue in the opposite order. */
export function swapRedAndBlue(image: Pixels): Pixels {
  const data = image.data.slice();
  for (let at = 0; at < data.length; at += 3) {
    data[at] = image.data[at + 2]!;
    data[at + 2] = image.data[at]!;
  }
  return { ...image, data };
}
