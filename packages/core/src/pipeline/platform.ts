import type { Placement } from "./notes.ts";

/** What pipelines need of where they run: a server, a browser, a device. */
export interface Platform {
  /** Reads a file of the bundle. @param name relative to the bundle. */
  readFile(name: string): Promise<Uint8Array>;
  /** Decodes an image and brings it into form; as fast as the platform can. */
  readImage(bytes: Uint8Array, form: ImageForm): Promise<PlacedImage>;
  /**
   * Imports a module of the bundle. @param name relative to the bundle.
   *
   * @throws LongshoreError CODE_NOT_ALLOWED where the operator does not allow code in bundles.
   */
  importModule(name: string): Promise<Readonly<Record<string, unknown>>>;
}

/** What is to be made of an image, in this order. Images are turned upright (EXIF) before. */
export interface ImageForm {
  readonly channels: "rgb" | "bgr" | "grey";
  /** Absent: as large as it came. */
  readonly resize?: Resize;
  /** Cut out of the middle after resizing; what lies outside is filled. */
  readonly crop?: { readonly width: number; readonly height: number };
  /** 0 to 255 for each channel of what is filled in. */
  readonly fill: readonly number[];
  readonly filter: "nearest" | "bilinear" | "bicubic" | "lanczos";
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
