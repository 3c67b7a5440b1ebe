/**
 * A model inside your own program: no server, no HTTP.
 *
 *     npm exec --no -- node --conditions=longshore-source examples/library/inProcess.ts
 */
import { readFile } from "node:fs/promises";
import { openModel } from "longshore";

await using digits = await openModel(new URL("../digits", import.meta.url).pathname);

// An 8×8 image of a seven, from 0 (paper) to 16 (ink).
const image = [
  [0, 0, 7, 16, 16, 16, 9, 0],
  [0, 0, 4, 8, 8, 13, 12, 0],
  [0, 0, 0, 0, 2, 15, 5, 0],
  [0, 0, 3, 8, 11, 15, 7, 0],
  [0, 0, 13, 16, 16, 12, 3, 0],
  [0, 0, 1, 10, 11, 0, 0, 0],
  [0, 0, 5, 16, 3, 0, 0, 0],
  [0, 0, 11, 11, 0, 0, 0, 0],
];
const pixels = Float32Array.from(image.flat());

// Tensors in, tensors out. Calls made at the same time share a run of the model.
const { label, probabilities } = await digits.infer({ pixels });
console.log(label, probabilities);

// Or in the bundle's own terms, as over HTTP: a picture drawn by hand.
const drawing = await readFile(new URL("../digits/drawn/5.png", import.meta.url), "base64");
console.log(await digits.predict({ inputs: { image: drawing } }));
