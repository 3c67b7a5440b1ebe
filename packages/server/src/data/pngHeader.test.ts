import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import { readPngHeader } from "./pngHeader.ts";

const size = fc.integer({ min: 1, max: 40 });

test("tells what sharp tells of a PNG file, of every kind of colours", async () => {
  await fc.assert(
    fc.asyncProperty(
      size,
      size,
      fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4),
      fc.boolean(),
      async (width, height, channels, palette) => {
        const data = Buffer.from(
          Array.from({ length: width * height * channels }, (_, i) => i * 7),
        );
        const file = await sharp(data, { raw: { width, height, channels } })
          .png({ palette })
          .toBuffer();
        const { autoOrient, hasAlpha } = await sharp(file).metadata();
        assert.deepEqual(readPngHeader(file), { ...autoOrient, hasAlpha });
      },
    ),
    { numRuns: 40 },
  );
});

test("a file with an orientation is left to the decoder", async () => {
  const create = { width: 3, height: 2, channels: 3, background: "red" } as const;
  const turned = await sharp({ create }).png().withMetadata({ orientation: 6 }).toBuffer();
  assert.deepEqual((await sharp(turned).metadata()).autoOrient, { width: 2, height: 3 });
  assert.equal(readPngHeader(turned), undefined);
});

test("no beginning of a file, and no change of a byte, makes it throw or wait", async () => {
  const create = { width: 3, height: 2, channels: 4, background: "red" } as const;
  const file = await sharp({ create }).png().toBuffer();
  for (let end = 8; end < file.length; end++) {
    const header = readPngHeader(file.subarray(0, end));
    assert.ok(header === undefined || header.width === 3);
  }
  fc.assert(
    fc.property(fc.integer({ min: 8, max: file.length - 1 }), fc.nat(255), (at, value) => {
      const changed = Uint8Array.from(file);
      changed[at] = value;
      const header = readPngHeader(changed);
      assert.ok(header === undefined || (header.width > 0 && header.height > 0));
    }),
  );
});
