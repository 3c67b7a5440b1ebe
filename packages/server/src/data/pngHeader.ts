/** What the beginning of a PNG file tells of its picture. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/** Chunks that may hold metadata with an orientation, and those of animations. */
const TELLS_MORE: ReadonlySet<string> = new Set(["eXIf", "tEXt", "zTXt", "iTXt", "acTL"]);
/** A file with more of them before its pixels is an odd one. */
const MAX_CHUNKS = 32;

/**
 * Reads the header of a plain PNG file: for a small picture, to have a decoder do that takes as long
 * as to decode it.
 *
 * @param bytes of a file that begins as a PNG file does.
 * @returns undefined for a file whose other chunks may tell more, or whose first ones are not in order:
 *   a decoder has to look at it.
 *
 * Source: PNG specification (third edition), sections 5.3 "Chunk layout", 11.2.1 "IHDR".
 */
export function readPngHeader(bytes: Uint8Array): PngHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let isTransparent = false;
  let at = 8;
  for (let chunk = 0; chunk < MAX_CHUNKS && at + 33 <= bytes.length; chunk++) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if ((type === "IHDR") !== (chunk === 0) || TELLS_MORE.has(type)) return undefined;
    if (type === "tRNS") isTransparent = true;
    if (type === "IDAT") {
      const [width, height] = [view.getUint32(16), view.getUint32(20)];
      const colourType = bytes[25]!;
      if (width === 0 || height === 0 || ![0, 2, 3, 4, 6].includes(colourType)) return undefined;
      return { width, height, hasAlpha: (colourType & 4) !== 0 || isTransparent };
    }
    at += 12 + length;
  }
  return undefined;
}
