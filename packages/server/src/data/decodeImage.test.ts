import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { crc32 } from "node:zlib";
import {
  formImage,
  ImageProblem,
  resizeImage,
  type Filter,
  type ImageForm,
  type Pixels,
} from "@longshore/core/pipeline";
import sharp from "sharp";
import { decodeImage } from "./decodeImage.ts";

const FORM: ImageForm = { channels: "rgb", fill: [0, 0, 0], filter: "bilinear", maxPixels: 4e6 };
const FILTERS: readonly Filter[] = ["nearest", "bilinear", "bicubic", "lanczos"];

describe("files are decoded as PIL decodes them, bit by bit", () => {
  const path = join(import.meta.dirname, "../../../core/src/pipeline/images/vectors/pil.json");
  const { files } = JSON.parse(readFileSync(path, "utf8")) as {
    files: Record<string, { file: string; size: [number, number]; pixels: string }>;
  };
  for (const [name, { file, size, pixels }] of Object.entries(files)) {
    test(name, async () => {
      const read = await decodeImage(Buffer.from(file, "base64"), FORM);
      assert.deepEqual([read.width, read.height], size);
      assert.deepEqual(Buffer.from(read.pixels), Buffer.from(pixels, "base64"));
    });
  }
});

/** A large picture of discs over a slope with noise, always the same; as photographs, it has every frequency. */
function paint(width: number, height: number): Pixels {
  const random = lehmer();
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < 3; channel++)
      data[pixel * 3 + channel] = 60 + (pixel % width) / 20 + channel * 20 + random() * 16;
  for (let disc = 0; disc < 300; disc++) {
    const [x, y, radius] = [random() * width, random() * height, 3 + random() ** 3 * 200];
    const colour = [random() * 255, random() * 255, random() * 255];
    for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row++) {
      const half = Math.sqrt(radius ** 2 - (row - y) ** 2);
      for (let at = Math.max(0, Math.ceil(x - half)); at < Math.min(width, x + half); at++)
        for (let channel = 0; channel < 3; channel++) {
          const place = (row * width + at) * 3 + channel;
          data[place] = data[place]! * 0.3 + colour[channel]! * 0.7;
        }
    }
  }
  return { width, height, channels: 3, data };
}

/** Numbers from 0 to 1, always the same. */
function lehmer(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 0x7f_ff_ff_ff) / 0x7f_ff_ff_ff;
}

/** How far apart two lists of levels are, of 255. */
function differenceOf(got: Uint8Array, expected: Uint8Array): { mean: number; max: number } {
  assert.equal(got.length, expected.length);
  let [sum, max] = [0, 0];
  for (const [index, value] of got.entries()) {
    const apart = Math.abs(value - expected[index]!);
    sum += apart;
    max = Math.max(max, apart);
  }
  return { mean: sum / got.length, max };
}

describe("shrinking is close to PIL's", async () => {
  const picture = paint(1920, 1080);
  const raw = { raw: { width: 1920, height: 1080, channels: 3 } } as const;
  const jpeg = await sharp(picture.data, raw).jpeg({ quality: 90 }).toBuffer();
  const png = await sharp(picture.data, raw).png({ compressionLevel: 1 }).toBuffer();
  const decoded = await sharp(jpeg).raw().toBuffer();
  const fromJpeg: Pixels = { ...picture, data: new Uint8Array(decoded) };
  for (const [name, file, pixels, sizes] of [
    [
      "JPEG",
      jpeg,
      fromJpeg,
      [
        [224, 224],
        [640, 360],
        [1281, 960],
        [100, 1080],
      ],
    ],
    [
      "PNG",
      png,
      picture,
      [
        [224, 224],
        [384, 216],
      ],
    ],
  ] as const) {
    for (const filter of ["bilinear", "bicubic", "lanczos"] as const) {
      for (const [width, height] of sizes) {
        test(`${name} 1920×1080 to ${width}×${height}, ${filter}`, async () => {
          const resize = { width, height, fit: "stretch" as const };
          const read = await decodeImage(file, { ...FORM, filter, resize });
          const expected = resizeImage(pixels, { width, height }, filter);
          const { mean, max } = differenceOf(read.pixels, expected.data);
          // Measured on these: on average 0.07 to 0.36 levels of 255, at most 18.
          assert.ok(mean < 0.45, `on average ${mean} levels`);
          assert.ok(max <= 24, `at most ${max} levels`);
        });
      }
    }
  }
});

describe("what is not shrinking is PIL's, bit by bit", () => {
  const picture = paint(60, 40);
  const file = sharp(picture.data, { raw: { width: 60, height: 40, channels: 3 } })
    .png()
    .toBuffer();
  for (const filter of FILTERS) {
    test(`enlarging, ${filter}`, async () => {
      const form: ImageForm = {
        ...FORM,
        filter,
        channels: "bgr",
        resize: { width: 100, height: 90, fit: "contain" },
        fill: [1, 2, 3],
      };
      const { pixels, ...rest } = await decodeImage(await file, form);
      const { pixels: expected, ...others } = formImage(picture, form);
      assert.deepEqual(rest, others);
      assert.deepEqual(Buffer.from(pixels), Buffer.from(expected));
    });
  }
  test("nearest, whatever the size", async () => {
    for (const [width, height] of [
      [7, 5],
      [61, 13],
    ] as const) {
      const form: ImageForm = {
        ...FORM,
        filter: "nearest",
        channels: "grey",
        resize: { width, height, fit: "cover" },
        fill: [0],
      };
      const { pixels } = await decodeImage(await file, form);
      assert.deepEqual(Buffer.from(pixels), Buffer.from(formImage(picture, form).pixels));
    }
  });
  test("one side longer, the other shorter: only the shrinking is not", async () => {
    const form: ImageForm = { ...FORM, resize: { width: 20, height: 80, fit: "stretch" } };
    const { pixels } = await decodeImage(await file, form);
    assert.ok(differenceOf(pixels, formImage(picture, form).pixels).mean < 1);
  });
});

test("transparency is dropped as by PIL before shrinking, or laid on a background", async () => {
  // Left red and clear, right blue and solid.
  const data = Uint8Array.from({ length: 8 * 8 * 4 }, (_, place) => {
    const left = (place >> 2) % 8 < 4;
    return (left ? [200, 0, 0, 0] : [0, 0, 200, 255])[place % 4]!;
  });
  const file = await sharp(data, { raw: { width: 8, height: 8, channels: 4 } })
    .png()
    .toBuffer();
  const form: ImageForm = { ...FORM, resize: { width: 2, height: 1, fit: "stretch" } };
  const read = async (more: Partial<ImageForm>): Promise<number[]> => [
    ...(await decodeImage(file, { ...form, ...more })).pixels,
  ];
  const { data: rgb } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const dropped = formImage({ width: 8, height: 8, channels: 3, data: Uint8Array.from(rgb) }, form);
  const got = await read({});
  // Weighed by alpha, as sharp does by itself, the left pixel would be nearly all blue.
  assert.ok(differenceOf(Uint8Array.from(got), dropped.pixels).max <= 5, String(got));
  const laid = await read({ background: [10, 220, 30] });
  assert.ok(laid[1]! > 180 && laid[4]! < 40, String(laid));
});

describe("what is no image, or too much of one, is refused in words", () => {
  const noise = paint(64, 48);
  const raw = { raw: { width: 64, height: 48, channels: 3 } } as const;
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const half = async (file: Promise<Buffer>): Promise<Buffer> => {
    const whole = await file;
    return whole.subarray(0, Math.floor(whole.length / 2));
  };
  const flipped = async (file: Promise<Buffer>, at: number): Promise<Buffer> => {
    const copy = Buffer.from(await file);
    copy.fill(0xff, Math.floor(copy.length * at), Math.floor(copy.length * at) + 8);
    return copy;
  };
  const png = (): Promise<Buffer> => sharp(noise.data, raw).png().toBuffer();
  const jpeg = (): Promise<Buffer> => sharp(noise.data, raw).jpeg().toBuffer();
  const webp = (): Promise<Buffer> => sharp(noise.data, raw).webp().toBuffer();
  /** The header of a PNG that says it is as large as PNGs can be; it has no pixels. */
  const bomb = async (): Promise<Buffer> => {
    const file = await png();
    file.writeUInt32BE(0x7f_ff_ff_ff, 16);
    file.writeUInt32BE(0x7f_ff_ff_ff, 20);
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
    return file;
  };
  const cases: Record<string, [() => Promise<Uint8Array>, RegExp, Partial<ImageForm>?]> = {
    "an empty file": [async () => new Uint8Array(), /^is empty; send a JPEG, PNG or WebP file$/],
    "a text": [async () => bytes("hello, is this an image?"), /^is no JPEG, PNG or WebP file$/],
    "an SVG": [
      async () => bytes('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /^is no JPEG, PNG or WebP file$/,
    ],
    "a GIF": [() => sharp(noise.data, raw).gif().toBuffer(), /^is no JPEG, PNG or WebP file$/],
    "a TIFF": [() => sharp(noise.data, raw).tiff().toBuffer(), /^is no JPEG, PNG or WebP file$/],
    "an AVIF": [() => sharp(noise.data, raw).avif().toBuffer(), /^is no JPEG, PNG or WebP file$/],
    "a sound": [async () => bytes("RIFF\0\0\0\0WAVEfmt "), /^is no JPEG, PNG or WebP file$/],
    "only a PNG's first bytes": [
      async () => (await png()).subarray(0, 8),
      /^cannot be read as a PNG: /,
    ],
    "only a JPEG's first bytes": [
      async () => (await jpeg()).subarray(0, 20),
      /^cannot be read as a JPEG: /,
    ],
    "half a PNG": [() => half(png()), /^cannot be read as a PNG: /],
    "half a JPEG": [() => half(jpeg()), /^cannot be read as a JPEG: /],
    "half a WebP": [() => half(webp()), /^cannot be read as a WebP: /],
    "a damaged PNG": [() => flipped(png(), 0.5), /^cannot be read as a PNG: /],
    "an SVG behind a PNG's first bytes": [
      async () => Buffer.concat([(await png()).subarray(0, 8), bytes("<svg/>")]),
      /^cannot be read as a PNG: /,
    ],
    "a header of 2^62 pixels": [
      bomb,
      /^is 2147483647×2147483647 pixels, over the limit of 4000000|^cannot be read as a PNG: /,
    ],
    "more pixels than the field takes": [
      png,
      /^is 64×48 pixels, over the limit of 3000; send a smaller image$/,
      { maxPixels: 3000 },
    ],
  };
  for (const [name, [make, message, more]] of Object.entries(cases)) {
    test(name, async () => {
      const file = await make();
      await assert.rejects(decodeImage(file, { ...FORM, ...more }), (error) => {
        assert.ok(error instanceof ImageProblem, String(error));
        assert.match(error.message, message);
        return true;
      });
    });
  }
  test("files with random damage are read or refused in words", async () => {
    const files = await Promise.all([png(), jpeg(), webp()]);
    const random = lehmer();
    let refused = 0;
    for (let round = 0; round < 150; round++) {
      const file = Buffer.from(files[round % 3]!);
      for (let damage = 0; damage < 4; damage++)
        file[12 + Math.floor(random() * (file.length - 12))] = Math.floor(random() * 256);
      const read = decodeImage(file, { ...FORM, resize: { width: 9, height: 9, fit: "stretch" } });
      const problem = await read.then(
        ({ pixels }) => void assert.equal(pixels.length, 9 * 9 * 3),
        (error: unknown) => error,
      );
      if (problem !== undefined) {
        refused++;
        assert.ok(problem instanceof ImageProblem, String(problem));
      }
    }
    assert.ok(refused > 20, `${refused} refused`);
  });
});
