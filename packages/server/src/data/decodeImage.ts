/**
 * Images on a server: sharp (libvips) decodes and shrinks in the thread pool of libuv; what sharp
 * does otherwise than PIL, the reference in `@longshore/core/pipeline` does.
 */
import {
  finishImage,
  ImageProblem,
  planImage,
  type Filter,
  type ImageForm,
  type Pixels,
  type PlacedImage,
  type Size,
} from "@longshore/core/pipeline";
import sharp, { type Sharp } from "sharp";
import { readPngHeader } from "./pngHeader.ts";

/**
 * Reads an image as {@link Platform.readImage} says. Shrinking is sharp's, on average within half a
 * level of 255 of PIL (`decodeImage.test.ts` holds the bounds); enlarging and `nearest` are PIL's, bit by
 * bit. Colour profiles are ignored, as PIL and torchvision ignore them.
 *
 * @throws ImageProblem for what is no JPEG, PNG or WebP file, is broken, or has too many pixels.
 */
export async function decodeImage(bytes: Uint8Array, form: ImageForm): Promise<PlacedImage> {
  const format = formatOf(bytes);
  try {
    const { upright, hasAlpha } = await readHeader(bytes, format);
    const plan = planImage(upright, form);
    const size = form.filter === "nearest" ? upright : smallerOf(upright, plan.resized);
    const shrinks = size.width < upright.width || size.height < upright.height;
    let image = open(bytes).autoOrient();
    if (form.background !== undefined)
      image = image.flatten({ background: toColour(form.background) });
    else if (hasAlpha && shrinks) image = await withoutAlpha(image);
    if (shrinks)
      image = image.resize(size.width, size.height, {
        fit: "fill",
        kernel: KERNELS[form.filter],
        // It rounds sizes, which costs more of the likeness to PIL than it saves time.
        fastShrinkOnLoad: false,
      });
    return finishImage(await toPixels(image), plan, form);
  } catch (error) {
    if (error instanceof ImageProblem) throw error;
    throw new ImageProblem(`cannot be read as ${format}: ${firstLineOf(error)}`);
  }
}

/** Every image is another one: what libvips would keep of them is memory for nothing. */
sharp.cache(false);

/** The plan has checked the limit of pixels, by the header, before any is decoded. */
function open(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: false });
}

/** The size of an image as it is shown, and whether it has transparent pixels. */
async function readHeader(
  bytes: Uint8Array,
  format: ReturnType<typeof formatOf>,
): Promise<{ readonly upright: Size; readonly hasAlpha: boolean }> {
  const plain = format === "a PNG" ? readPngHeader(bytes) : undefined;
  if (plain !== undefined) return { upright: plain, hasAlpha: plain.hasAlpha };
  const { autoOrient, hasAlpha } = await open(bytes).metadata();
  return { upright: autoOrient, hasAlpha };
}

/** What sharp has to make of an image: enlarging is left to the reference. */
function smallerOf(one: Size, other: Size): Size {
  return {
    width: Math.min(one.width, other.width),
    height: Math.min(one.height, other.height),
  };
}

/** sharp weighs colours by their alpha when it shrinks; PIL drops the alpha before. */
async function withoutAlpha(image: Sharp): Promise<Sharp> {
  const { width, height, data } = await toPixels(image);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** sharp's names of PIL's filters. */
const KERNELS = {
  nearest: "nearest",
  bilinear: "linear",
  bicubic: "cubic",
  lanczos: "lanczos3",
} as const satisfies Record<Filter, string>;

/** By its first bytes: no other decoder, such as that of SVG, ever sees what a caller sent. */
function formatOf(bytes: Uint8Array): "a JPEG" | "a PNG" | "a WebP" {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return "a JPEG";
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "a PNG";
  if (
    startsWith(bytes, [0x52, 0x49, 0x46, 0x46]) &&
    startsWith(bytes.subarray(8), [0x57, 0x45, 0x42, 0x50])
  )
    return "a WebP";
  throw new ImageProblem(
    bytes.length === 0 ? "is empty; send a JPEG, PNG or WebP file" : "is no JPEG, PNG or WebP file",
  );
}

function startsWith(bytes: Uint8Array, first: readonly number[]): boolean {
  return first.every((byte, index) => bytes[index] === byte);
}

/** Red, green, blue of 8 bits, whatever the file has. */
async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .removeAlpha()
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return {
    width,
    height,
    channels: 3,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

function toColour([r, g, b]: readonly number[]): { r: number; g: number; b: number } {
  return { r: r!, g: g!, b: b! };
}

/** libvips may add a line a decoder. */
function firstLineOf(error: unknown): string {
  return String((error as Error).message)
    .split("\n")[0]!
    .replace(/[:\s]+$/, "");
}
