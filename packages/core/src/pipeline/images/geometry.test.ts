import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Resize } from "../platform.ts";
import { formImage } from "./formImage.ts";
import { planImage } from "./geometry.ts";
import type { Pixels } from "./resize.ts";

const size = fc.record({
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 40 }),
});
const resizes: fc.Arbitrary<Resize | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    fit: fc.constantFrom("stretch" as const, "contain" as const, "cover" as const),
  }),
  fc.record({ shorter: fc.integer({ min: 1, max: 40 }) }),
);

test("a canvas is as large as asked, and contained or covered as asked", () => {
  fc.assert(
    fc.property(size, resizes, fc.option(size, { nil: undefined }), (image, resize, crop) => {
      const { resized, canvas, left, top, placement } = planImage(image, {
        ...(resize && { resize }),
        ...(crop && { crop }),
        maxPixels: Number.POSITIVE_INFINITY,
      });
      const asked = crop ?? (resize !== undefined && "fit" in resize ? resize : resized);
      assert.deepEqual([canvas.width, canvas.height], [asked.width, asked.height]);
      assert.deepEqual([placement.intoWidth, placement.intoHeight], [asked.width, asked.height]);
      if (crop !== undefined || resize === undefined || !("fit" in resize)) return;
      if (resize.fit === "contain") {
        assert.ok(left >= 0 && top >= 0 && (left === 0 || top === 0));
        assert.ok(left + resized.width <= canvas.width && top + resized.height <= canvas.height);
      }
      if (resize.fit === "cover") {
        assert.ok(left <= 0 && top <= 0 && (left === 0 || top === 0));
        assert.ok(left + resized.width >= canvas.width && top + resized.height >= canvas.height);
      }
    }),
  );
});

test("torchvision's Resize(256) and CenterCrop(224), a detector's letterbox", () => {
  const placed = ({ resized, left, top }: ReturnType<typeof planImage>): number[] => [
    resized.width,
    resized.height,
    left,
    top,
  ];
  const maxPixels = 1e6;
  const classify = { maxPixels, resize: { shorter: 256 }, crop: { width: 224, height: 224 } };
  // 256 * 640 / 427 = 383.7, cut off; (383 - 224) / 2 = 79.5 rounds to 80, as Python rounds.
  assert.deepEqual(placed(planImage({ width: 640, height: 427 }, classify)), [383, 256, -80, -16]);
  assert.deepEqual(placed(planImage({ width: 427, height: 640 }, classify)), [256, 383, -16, -80]);
  // (381 - 224) / 2 = 78.5 rounds to 78.
  assert.deepEqual(placed(planImage({ width: 640, height: 430 }, classify)), [381, 256, -78, -16]);
  const detect = {
    maxPixels: 1920 * 1080,
    resize: { width: 640, height: 640, fit: "contain" as const },
  };
  assert.deepEqual(placed(planImage({ width: 1920, height: 1080 }, detect)), [640, 360, 0, 140]);
  assert.deepEqual(placed(planImage({ width: 333, height: 500 }, detect)), [426, 640, 107, 0]);
});

/** A picture with one white pixel. */
function dot(width: number, height: number, x: number, y: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  data.fill(255, (y * width + x) * 3, (y * width + x + 1) * 3);
  return { width, height, channels: 3, data };
}

test("a placement says where a pixel went", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("stretch" as const, "contain" as const, "cover" as const),
      fc.nat(11),
      fc.nat(7),
      (fit, x, y) => {
        const { placement, pixels, width, height } = formImage(dot(12, 8, x, y), {
          channels: "grey",
          // Four times as large in one direction at least.
          resize: { width: 48, height: 60, fit },
          fill: [0],
          filter: "bilinear",
          maxPixels: 100_000,
        });
        const brightest = pixels.indexOf(Math.max(...pixels));
        if (pixels[brightest] === 0) return; // It was cut off.
        const { scaleX, scaleY, offsetX, offsetY } = placement;
        const [atX, atY] = [(x + 0.5) * scaleX + offsetX, (y + 0.5) * scaleY + offsetY];
        if (atX < 1 || atY < 1 || atX > width - 1 || atY > height - 1) return;
        assert.ok(Math.abs((brightest % width) + 0.5 - atX) <= scaleX / 2, `x ${x} of ${fit}`);
        assert.ok(
          Math.abs(Math.floor(brightest / width) + 0.5 - atY) <= scaleY / 2,
          `y ${y} of ${fit}`,
        );
      },
    ),
  );
});

test("borders are filled, in the order of the channels", () => {
  const image: Pixels = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) };
  const { pixels } = formImage(image, {
    channels: "bgr",
    crop: { width: 3, height: 1 },
    fill: [7, 8, 9],
    filter: "nearest",
    maxPixels: 1,
  });
  assert.deepEqual([...pixels], [7, 8, 9, 3, 2, 1, 7, 8, 9]);
});

test("an image that is too large, or would become so, is refused before any pixel is made", () => {
  const maxPixels = 1_000_000;
  const shorter = { maxPixels, resize: { shorter: 256 } };
  assert.throws(() => planImage({ width: 1001, height: 1000 }, shorter), {
    name: "ImageProblem",
    message: "is 1001×1000 pixels, over the limit of 1000000; send a smaller image",
  });
  const strip = { width: 3, height: 100_000 };
  assert.throws(() => planImage(strip, shorter), {
    name: "ImageProblem",
    message:
      "is 3×100000 pixels and would become 256×8533333, over the limit of 1000000; " +
      "cut it, so that its sides are more alike",
  });
  const square = (fit: "cover" | "contain" | "stretch"): ReturnType<typeof planImage> =>
    planImage(strip, { maxPixels, resize: { width: 224, height: 224, fit } });
  assert.throws(() => square("cover"), /would become 224×7466667/);
  assert.equal(square("contain").resized.height, 224);
  assert.equal(square("stretch").resized.width, 224);
});
