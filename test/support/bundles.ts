/** Bundles with terms of their own, small enough to see through. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { model, node, writeModel, type Model } from "@longshore/onnx";
import { affineModel, echoModel } from "./models.ts";

/** Writes a bundle into `folder/name`. @param yaml its `bundle.yaml`. */
export function writeBundle(folder: string, name: string, content: Model, yaml: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "model.onnx"), Buffer.concat(writeModel(content)));
  writeFileSync(join(path, "bundle.yaml"), yaml);
  return path;
}

/** Fields of every type that a table has; `y` is `2 * [age, member, height] + 1`. */
export const PEOPLE = `
description: Doubles what it is told of people.
task: tabular-regression
inputs:
  age: { type: number, unit: years, range: [0, 120], integer: true, example: 41 }
  member: { type: boolean, example: true }
  height: { type: number, unit: cm, optional: true, description: Without shoes. }
  city: { type: category, values: [Ulm, Kiel], optional: true }
  joined: { type: date, optional: true }
outputs:
  y: { type: tensor, description: Twice what came in and one. }
pipeline:
  before:
    - step: outliers
      rules:
        - { rule: range, fields: [age], action: reject }
        - { rule: category, action: flag }
    - { step: combine, columns: [age, member, height], into: x }
limits: { maxRows: 1000 }
`;

/** One text field, which comes back. */
export const REVIEW = `
inputs:
  x: { type: text, maxLength: 200 }
outputs:
  y: { type: text }
`;

/** A field of the model's own form. */
export const MATRIX = `
inputs:
  x: { type: tensor, datatype: FP32, shape: [2] }
`;

/** An image becomes one pixel, which comes back. */
export const PICTURE = `
inputs:
  photo: { type: image, maxPixels: 10000 }
pipeline:
  before:
    - { step: image, column: photo, into: x, resize: { width: 1, height: 1, fit: stretch } }
`;

/** The first four samples of a recording, doubled, and one. */
export const SOUND = `
inputs:
  sound: { type: audio, maxSeconds: 1 }
  gain: { type: number, optional: true }
pipeline:
  before:
    - { step: decode-audio, column: sound }
    - { step: window, column: sound, length: 4, into: x }
`;

/** A pixel that comes out as it went in: UINT8[N,1,1,3]. */
function pixelModel(): Model {
  const shape = ["N", 1, 1, 3];
  return model({
    inputs: [{ name: "x", datatype: "UINT8", shape }],
    outputs: [{ name: "y", datatype: "UINT8", shape }],
    nodes: [node("Identity", ["x"], ["y"])],
  });
}

/** A PNG of one colour, and a WAV file of 16-bit samples, as bodies. */
export function png(width: number, height: number, colour: readonly number[]): Promise<Buffer> {
  const pixels = Buffer.from(Array.from({ length: width * height }, () => colour).flat());
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** @param samples from -1 to 1, at 8 kHz. */
export function wav(samples: readonly number[]): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.length * 2, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.length * 2, 40);
  return Buffer.concat([head, Buffer.from(Int16Array.from(samples, (v) => v * 32_768).buffer)]);
}

/** Writes the bundles `people`, `review`, `matrix`, `picture` and `sound`. */
export function writeBundles(folder: string): void {
  writeBundle(folder, "people", affineModel(), PEOPLE);
  writeBundle(folder, "review", echoModel(), REVIEW);
  writeBundle(folder, "matrix", affineModel(), MATRIX);
  writeBundle(folder, "picture", pixelModel(), PICTURE);
  writeBundle(folder, "sound", affineModel(), SOUND);
}
