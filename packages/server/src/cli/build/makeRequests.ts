/** Made-up calls, for a bundle of which nothing but its fields is known. */
import type { InputField } from "@longshore/core/manifest";
import { elementCount } from "@longshore/core";
import { randomNumbers } from "../../engine/madeRows.ts";

const COUNT = 32;
const WORDS = ["the", "invoice", "is", "wrong", "Größe", "42", "please", "send", "it", "again"];

/** Bodies of calls with one row each: the same for the same fields. */
export async function makeRequests(
  fields: Readonly<Record<string, InputField>>,
): Promise<string[]> {
  const bodies: string[] = [];
  for (let row = 0; row < COUNT; row++) {
    const random = randomNumbers(row + 1);
    const inputs: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      const missing = "optional" in field && field.optional === true && random() < 0.2;
      inputs[name] = missing ? null : await makeValue(field, random);
    }
    bodies.push(JSON.stringify({ inputs }));
  }
  return bodies;
}

type Random = () => number;

async function makeValue(field: InputField, random: Random): Promise<unknown> {
  switch (field.type) {
    case "number":
      return makeNumber(field, random);
    case "boolean":
      return random() < 0.5;
    case "category":
      return random() < 0.1 ? "never seen" : choose(field.values ?? WORDS, random);
    case "text":
      return makeText(random).slice(0, field.maxLength);
    case "date":
      return new Date(Math.floor(random() * 2e9) * 1000).toISOString();
    case "series":
      return makeList(field.minLength ?? Math.min(200, field.maxLength ?? 200), random);
    case "tensor":
      return nest(field, random);
    case "image":
      return makeImage(random);
    case "audio":
      return makeAudio(random);
  }
}

/** Within the range of training and a little outside, where there is one. */
function makeNumber(
  { range, integer, example = 0 }: Extract<InputField, { type: "number" }>,
  random: Random,
): number {
  const spread = Math.max(1, Math.abs(example));
  const low = range?.[0] ?? (range?.[1] ?? example + spread) - 2 * spread;
  const high = range?.[1] ?? low + 2 * spread;
  const value = low + (1.2 * random() - 0.1) * (high - low);
  return integer ? Math.round(value) : value;
}

function makeText(random: Random): string {
  return Array.from({ length: 1 + Math.floor(random() * 20) }, () => choose(WORDS, random)).join(
    " ",
  );
}

function makeList(length: number, random: Random): number[] {
  return Array.from({ length }, () => 2 * random() - 1);
}

function nest(
  { datatype, shape, range }: Extract<InputField, { type: "tensor" }>,
  random: Random,
): unknown {
  const [low, high] = [range?.[0] ?? 0, range?.[1] ?? 1];
  const floats = datatype.startsWith("FP") || datatype === "BF16";
  const element = (): unknown => {
    if (datatype === "BYTES") return choose(WORDS, random);
    if (datatype === "BOOL") return random() < 0.5;
    const value = low + random() * (high - low);
    return floats ? value : Math.round(value);
  };
  const build = (axis: number): unknown =>
    axis === shape.length ? element() : Array.from({ length: shape[axis]! }, () => build(axis + 1));
  return elementCount(shape) === 0 ? [] : build(0);
}

/** A PNG of 48 × 64 pixels of noise, in base64. */
async function makeImage(random: Random): Promise<string> {
  const { default: sharp } = await import("sharp");
  const raw = { width: 48, height: 64, channels: 3 } as const;
  const pixels = Uint8Array.from({ length: 48 * 64 * 3 }, () => 256 * random());
  return (await sharp(pixels, { raw }).png().toBuffer()).toString("base64");
}

/** One second of noise as a WAV file of 16 kHz, 16 bits, in base64. */
function makeAudio(random: Random): string {
  const rate = 16_000;
  const file = Buffer.alloc(44 + 2 * rate);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + 2 * rate, 4);
  file.write("WAVEfmt ", 8);
  // A chunk of 16 bytes: PCM, mono, samples and bytes a second, bytes and bits a sample.
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(2 * rate, 40);
  for (let sample = 0; sample < rate; sample++)
    file.writeInt16LE(Math.round(20_000 * (random() - 0.5)), 44 + 2 * sample);
  return file.toString("base64");
}

function choose<Value>(values: readonly Value[], random: Random): Value {
  return values[Math.floor(random() * values.length)]!;
}
