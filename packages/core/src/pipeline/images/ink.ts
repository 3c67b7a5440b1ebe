import type { Pixels } from "./resize.ts";

/**
 * Which pixels of a drawing are ink: 1, else 0. Paper and ink are parted by Otsu's threshold; paper
 * is what most of the image's border is, so that dark ink on light paper and light on dark are the
 * same. Specks, parts of less than a hundredth of the largest part, are paper.
 *
 * @param grey one channel.
 * @returns undefined where there is nothing but paper.
 */
export function findInk({ width, height, data }: Pixels): Uint8Array | undefined {
  const threshold = otsuThreshold(data);
  if (threshold === undefined) return undefined;
  const dark = data.map((level) => (level <= threshold ? 1 : 0));
  const ink = mostlyDark(dark, width, height) ? dark.map((value) => 1 - value) : dark;
  return withoutSpecks(ink, width, height);
}

/**
 * Otsu's method: the level that parts an image's levels into two classes of the largest variance
 * between them; the darker class is up to and with it. The lowest such level of several.
 *
 * N. Otsu (1979), A Threshold Selection Method from Gray-Level Histograms.
 *
 * @returns undefined for an image of one level.
 */
export function otsuThreshold(levels: Uint8Array): number | undefined {
  const counts = new Float64Array(256);
  for (const level of levels) counts[level]!++;
  const total = levels.length;
  const sum = counts.reduce((all, count, level) => all + count * level, 0);
  let best: number | undefined;
  let largest = 0;
  let below = 0;
  let sumBelow = 0;
  for (let level = 0; level < 255; level++) {
    below += counts[level]!;
    sumBelow += counts[level]! * level;
    if (below === 0 || below === total) continue;
    const apart = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * apart * apart;
    if (variance > largest) [best, largest] = [level, variance];
  }
  return best;
}

function mostlyDark(dark: Uint8Array, width: number, height: number): boolean {
  let count = 0;
  let border = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x += y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1)) {
      count += dark[y * width + x]!;
      border++;
    }
  return count * 2 > border;
}

/** Leaves out parts (of touching pixels, corners too) that are under a hundredth of the largest. */
function withoutSpecks(ink: Uint8Array, width: number, height: number): Uint8Array {
  const { labels, sizes } = labelParts(ink, width, height);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return ink.map((_, pixel) => (sizes[labels[pixel]!]! * 100 >= largest && ink[pixel] ? 1 : 0));
}

/** The part that each pixel of ink belongs to, from 1 on, and how many pixels each part has. */
function labelParts(
  ink: Uint8Array,
  width: number,
  height: number,
): { labels: Int32Array; sizes: number[] } {
  const labels = new Int32Array(ink.length);
  const sizes = [0];
  const open: number[] = [];
  for (let start = 0; start < ink.length; start++) {
    if (ink[start] === 0 || labels[start] !== 0) continue;
    const label = sizes.length;
    let size = 0;
    labels[start] = label;
    open.push(start);
    while (open.length > 0) {
      const pixel = open.pop()!;
      size++;
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      for (let nextY = Math.max(0, y - 1); nextY <= Math.min(height - 1, y + 1); nextY++)
        for (let nextX = Math.max(0, x - 1); nextX <= Math.min(width - 1, x + 1); nextX++) {
          const next = nextY * width + nextX;
          if (ink[next] === 0 || labels[next] !== 0) continue;
          labels[next] = label;
          open.push(next);
        }
    }
    sizes.push(size);
  }
  return { labels, sizes };
}
