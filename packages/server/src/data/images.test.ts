import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import {
  fromFloat16,
  toTypedArray,
  type Datatype,
  type Dimension,
  type Tensor,
} from "@longshore/core";
import sharp from "sharp";
import { temporaryFolder } from "../../../../test/support/models.ts";
import { listImages, readImage, toImageForm, type ImageForm } from "./images.ts";

const form = (datatype: Datatype, shape: Dimension[]): ImageForm | undefined =>
  toImageForm({ name: "image", datatype, shape });
const values = ({ datatype, data }: Tensor): number[] =>
  Array.from(toTypedArray(datatype, data), Number);

/** Two rows of two pixels: pure red, and a half-transparent blue. */
const RED_BLUE = Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 128, 255, 0, 0, 255, 0, 0, 255, 128]);
const raw = { width: 2, height: 2, channels: 4 } as const;

test("images are inputs of four axes with one or three channels and a fixed size", () => {
  const nchw = { channelsFirst: true, channels: 3, height: 2, width: 4 };
  assert.deepEqual(form("FP32", ["N", 3, 2, 4]), { datatype: "FP32", ...nchw });
  const nhwc = { channelsFirst: false, channels: 1, height: 2, width: 4 };
  assert.deepEqual(form("UINT8", [1, 2, 4, 1]), { datatype: "UINT8", ...nhwc });
  assert.deepEqual(form("FP16", ["N", 3, 5, 3])?.channelsFirst, true);
  for (const [datatype, shape] of [
    ["FP32", ["N", 2, 4]],
    ["FP32", ["N", 3, "H", "W"]],
    ["FP32", ["N", 4, 8, 8]],
    ["INT64", ["N", 3, 8, 8]],
  ] as const)
    assert.equal(form(datatype, [...shape]), undefined);
});

test("pixels by layout and data type, without transparency", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "image.png");
  await sharp(RED_BLUE, { raw }).png().toFile(path);
  const read = async (datatype: Datatype, shape: Dimension[]): Promise<number[]> =>
    values(await readImage(path, form(datatype, shape)!));
  assert.deepEqual(
    await read("UINT8", ["N", 2, 2, 3]),
    [255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255],
  );
  const planes = [1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1];
  assert.deepEqual(await read("FP32", ["N", 3, 2, 2]), planes);
  assert.deepEqual((await read("FP16", ["N", 3, 2, 2])).map(fromFloat16), planes);
  // 0.299 · 255 and 0.114 · 255.
  assert.deepEqual(await read("UINT8", ["N", 1, 2, 2]), [76, 29, 76, 29]);
});

test("floats are normalised by channel", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "image.png");
  await sharp(RED_BLUE, { raw }).png().toFile(path);
  const normalization = { mean: [0.5, 0.25, 0], std: [0.5, 0.5, 2] };
  const chw = await readImage(path, form("FP32", ["N", 3, 2, 2])!, normalization);
  assert.deepEqual(values(chw), [1, -1, 1, -1, -0.5, -0.5, -0.5, -0.5, 0, 0.5, 0, 0.5]);
  const hwc = await readImage(path, form("FP32", ["N", 2, 2, 3])!, normalization);
  assert.deepEqual(values(hwc).slice(0, 6), [1, -0.5, 0, -1, -0.5, 0.5]);
});

test("an image is turned upright, and cut around the middle to the input's proportions", async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "image.webp");
  // Black, white, black: three squares of 8×8 beside each other.
  const band = Uint8Array.from({ length: 24 * 8 * 3 }, (_, index) => {
    const column = Math.floor(index / 3) % 24;
    return column >= 8 && column < 16 ? 255 : 0;
  });
  // Orientation 6: the file lies on its side.
  await sharp(band, { raw: { width: 24, height: 8, channels: 3 } })
    .webp({ lossless: true })
    .withMetadata({ orientation: 6 })
    .toFile(path);
  const middle = await readImage(path, form("UINT8", ["N", 8, 8, 3])!);
  assert.ok(values(middle).every((value) => value === 255));
  const upright = await readImage(path, form("UINT8", ["N", 24, 8, 3])!);
  const firstOfRow = values(upright).filter((_, index) => index % 24 === 0);
  const white = firstOfRow.flatMap((value, row) => (value > 128 ? [row] : []));
  assert.deepEqual(white, [8, 9, 10, 11, 12, 13, 14, 15]);
});

test("images are listed by name, with the sub-folder as label", async () => {
  using folder = temporaryFolder();
  for (const name of ["b/2.png", "b/deep/1.JPG", "a/3.jpeg", "a/notes.txt"]) {
    mkdirSync(join(folder.path, name, ".."), { recursive: true });
    writeFileSync(join(folder.path, name), "");
  }
  const found = await listImages(folder.path);
  assert.deepEqual(
    found.map(({ path, label }) => [path.slice(folder.path.length + 1), label]),
    [
      ["a/3.jpeg", "a"],
      ["b/2.png", "b"],
      ["b/deep/1.JPG", "b"],
    ],
  );
  writeFileSync(join(folder.path, "loose.png"), "");
  await assert.rejects(listImages(folder.path), /loose\.png" is in no sub-folder, but others are/);
});

test("what is no image, or no folder of them, is refused by name", async () => {
  using folder = temporaryFolder();
  await assert.rejects(listImages(folder.path), /holds no images/);
  const path = join(folder.path, "broken.png");
  writeFileSync(path, "no image");
  await assert.rejects(
    readImage(path, form("FP32", ["N", 3, 2, 2])!),
    /broken\.png: is no JPEG, PNG or WebP file/,
  );
});
