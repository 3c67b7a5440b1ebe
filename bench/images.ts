/** A photograph through the step `image`, in turns with sharp alone doing the same. */
import type { Frame, PreparedStep } from "@longshore/core/pipeline";
import { createRandom } from "./random.ts";
import type { Row, Timing } from "./scenarios.ts";
import { median } from "./statistics.ts";

const [WIDTH, HEIGHT, SIDE] = [1920, 1080, 224];

/** One image at a time; each turn is one image of the one and one of the other. */
export async function images({ warmup, seconds }: Timing): Promise<Row[]> {
  const { default: sharp } = await import("sharp");
  const photo = await sharp(paint(), { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
  const alone = (): Promise<unknown> =>
    sharp(photo).resize(SIDE, SIDE, { fit: "fill" }).raw().toBuffer();
  const step = await prepareStep();
  const through = async (): Promise<void> => {
    const values = [Uint8Array.from(photo)];
    const frame: Frame = { rows: 1, columns: new Map([["photo", { kind: "bytes", values }]]) };
    await step.apply(frame, { flags: [], placements: new Map() });
  };
  const times = { alone: [] as number[], through: [] as number[], ratio: [] as number[] };
  const end = performance.now() + (warmup + seconds) * 1000;
  const measured = end - seconds * 1000;
  while (performance.now() < end) {
    const [a, b] = [await timeOf(alone), await timeOf(through)];
    if (performance.now() < measured) continue;
    times.alone.push(a);
    times.through.push(b);
    times.ratio.push(b / a);
  }
  const raw = median(times.alone);
  const served = median(times.through);
  return [
    {
      what: `JPEG ${WIDTH} × ${HEIGHT} to ${SIDE} × ${SIDE}, step image; raw is sharp alone`,
      against: raw,
      served,
      unit: "ms",
      compared: served / raw,
      comparedUnit: "×",
      target: { atMost: 1.2 },
      detail: `median of ${times.ratio.length} turns; of their ratios ${median(times.ratio).toFixed(3)}; file of ${Math.round(photo.length / 1000)} kB`,
    },
  ];
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** As a bundle with `step: image` has it on a server. */
async function prepareStep(): Promise<PreparedStep> {
  const { STEPS } = await import("@longshore/core/pipeline");
  const { decodeImage } = await import("../packages/server/src/data/decodeImage.ts");
  const step = STEPS.find(({ name }) => name === "image")!;
  const none = (): Promise<never> => Promise.reject(new Error("needs only images"));
  const resize = { width: SIDE, height: SIDE, fit: "stretch" };
  return step.prepare(step.options.parse({ column: "photo", resize }), {
    types: new Map([["photo", { kind: "bytes" }]]),
    phase: "before",
    inputs: { photo: { type: "image" } },
    outputs: {},
    signature: { inputs: [], outputs: [] },
    profile: undefined,
    platform: { readFile: none, readImage: decodeImage, importModule: none },
  });
}

/** Waves of every length and a little noise: as hard to decode as a photograph is. */
function paint(): Uint8Array {
  const random = createRandom(1);
  const waves = Array.from({ length: 24 }, (_, index) => {
    const [length, angle] = [2 ** (index / 3 + 2), random() * Math.PI];
    return { x: Math.cos(angle) / length, y: Math.sin(angle) / length, phase: random() * 6 };
  });
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, place = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (let channel = 0; channel < 3; channel++) {
        let level = 128 + random() * 12;
        for (let index = channel; index < waves.length; index += 3)
          level += 12 * Math.sin(waves[index]!.x * x + waves[index]!.y * y + waves[index]!.phase);
        data[place++] = Math.min(255, Math.max(0, level));
      }
  return data;
}
