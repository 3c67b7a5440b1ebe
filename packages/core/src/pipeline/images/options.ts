import { z } from "zod";
import type { ImageForm } from "../platform.ts";

const length = z.int().positive().max(16_384);
const level = z.int().min(0).max(255);

/** Options of `image`, which say what {@link ImageForm} says. */
export const imageOptions = {
  colour: z
    .enum(["rgb", "bgr", "grey"])
    .default("rgb")
    .describe('Channels and their order. Grey is the luma that PIL\'s `convert("L")` gives.'),
  resize: z
    .union([
      z.strictObject({
        width: length,
        height: length,
        fit: z.enum(["stretch", "contain", "cover"]),
      }),
      z.strictObject({ shorter: length }),
    ])
    .optional()
    .describe(
      "`stretch` ignores proportions, `contain` fits all in and fills the rest (letterbox), `cover` " +
        "fills all and cuts the middle out; or the `shorter` side's length, proportions kept. As " +
        "large as it came by default.",
    ),
  crop: z
    .strictObject({ width: length, height: length })
    .optional()
    .describe("Cut out of the middle after resizing; what lies outside is filled."),
  filter: z
    .enum(["nearest", "bilinear", "bicubic", "lanczos"])
    .default("bilinear")
    .describe("Of PIL and torchvision (with antialiasing); bilinear is torchvision's default."),
  fill: z
    .union([level, z.tuple([level, level, level])])
    .default(0)
    .describe("What is filled in, 0 to 255: one value, or one a channel."),
  background: z
    .tuple([level, level, level])
    .optional()
    .describe(
      "Red, green, blue that transparent images are laid on. Transparency is dropped by default, as " +
        'PIL\'s `convert("RGB")` does.',
    ),
};

/** Options as the form that a platform reads images in. */
export function toImageForm(
  options: z.output<z.ZodObject<typeof imageOptions>>,
  maxPixels: number,
): ImageForm {
  const { colour, resize, crop, filter, fill, background } = options;
  const channels = colour === "grey" ? 1 : 3;
  return {
    channels: colour,
    ...(resize && { resize }),
    ...(crop && { crop }),
    fill: typeof fill === "number" ? Array.from({ length: channels }, () => fill) : fill,
    filter,
    ...(background && { background }),
    maxPixels,
  };
}
