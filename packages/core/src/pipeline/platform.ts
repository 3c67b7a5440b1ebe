import type { Filter } from "./images/filters.ts";
import type { Placement } from "./notes.ts";

/** What pipelines need of where they run: a server, a browser, a device. */
export interface Platform {
  /** Reads a file of the bundle. @param name relative to the bundle. */
  readFile(name: string): Promise<Uint8Array>;
  /**
   * Decodes a JPEG, PNG or WebP file and brings it into form; as fast as the platform can. How far
   * it may be from `images/formImage.ts`, the reference, each platform's tests say.
   *
   * @throws ImageProblem in words for whoever sent the file.
   */
  readImage(bytes: Uint8Array, form: ImageForm): Promise<PlacedImage>;
  /**
   * Imports a module of the bundle. @param name relative to the bundle.
   *
   * @throws LongshoreError CODE_NOT_ALLOWED where the operator does not allow code in bundles.
   */
  importModule(name: string): Promise<Readonly<Record<string, unknown>>>;
}

/** What is wrong with an image that a caller sent; the step adds which field and row it is. */
export class ImageProblem extends Error {
  override readonly name = "ImageProblem";
}

/** What is to be made of an image, in this order. Images are turned upright (EXIF) before. */
export interface ImageForm {
  readonly channels: "rgb" | "bgr" | "grey";
  /** Absent: as large as it came. */
  readonly resize?: Resize;
  /** Cut out of the middle after resizing; what lies outside is filled. */
  readonly crop?: { readonly width: number; readonly height: number };
  /** 0 to 255 for each channel of what is filled in, in the order of `channels`. */
  readonly fill: readonly number[];
  readonly filter: Filter;
  /**
   * What transparent images are laid on: red, green, blue. Absent: transparency is dropped and the
   * colours behind it show, as PIL's `convert("RGB")` does.
   */
  readonly background?: readonly number[];
  /** Larger images are refused before they are decoded. */
  readonly maxPixels: number;
}

export type Resize =
  /** `stretch` ignores proportions; `contain` fits all in and fills the rest; `cover` fills all and cuts. */
  | {
      readonly width: number;
      readonly height: number;
      readonly fit: "stretch" | "contain" | "cover";
    }
  /** The shorter side becomes this long, proportions kept. */
  | { readonly shorter: number };

/** An image of 8 bits a channel. */
export interface PlacedImage {
  readonly width: number;
  readonly height: number;
  /** Interleaved, row by row: `[height, width, channels]`. */
  readonly pixels: Uint8Array;
  readonly placement: Placement;
}
