import { paretoFront } from "../../optimize/pareto.ts";
import type { SearchRecord } from "../../optimize/record.ts";
import { escapeHtml } from "./html.ts";
import { formatDrop, splitLines, type Line } from "./words.ts";

/** What candidates are compared by, each relative to the original. */
export type Cost = "time" | "size";

const WIDTH = 600;
const HEIGHT = 380;
const LEFT = 84;
const RIGHT = WIDTH - 16;
const TOP = 28;
const BOTTOM = HEIGHT - 56;
/** Half of a label's width and of its height, with the space around it. */
const LABEL = { width: 11, height: 9 };

interface Point {
  /** What it costs, relative to the original. */
  readonly cost: number;
  /** Bounds of that with 95 % confidence. */
  readonly low: number;
  readonly high: number;
  readonly loss: number;
  /** Of its line in the table. */
  readonly number: number;
  readonly line: Line;
}

/**
 * What candidates lose against what they cost, as SVG; costs on a logarithmic scale. Up and to the
 * left is better. Numbers are those of the table's lines; those that no other beats in both are
 * joined; the dashed line is the allowed loss.
 */
export function toPlot(
  record: SearchRecord,
  cost: Cost,
  format: (value: number) => string,
): string {
  const points = pointsOf(record, cost);
  const scale = scalesOf(points, record.rules.maxDrop);
  const front = paretoFront(points, (point) => [point.cost, point.loss]).toSorted(
    (a, b) => a.cost - b.cost || b.loss - a.loss,
  );
  const { maxDrop, batch } = record.rules;
  const title =
    cost === "time"
      ? `time a row takes, relative to the original (batch 1 and ${batch})`
      : "size of the file, relative to the original";
  const limit = at(scale.y(maxDrop));
  const parts = [
    ...scale.costs.map((value) => {
      const x = at(scale.x(value));
      return (
        line("grid", x, TOP, x, BOTTOM) +
        label("tick", x, BOTTOM + 20, "middle", `${Number((value * 100).toPrecision(2))} %`)
      );
    }),
    ...scale.losses.map((value) => {
      const y = at(scale.y(value));
      return (
        line("grid", LEFT, y, RIGHT, y) + label("tick", LEFT - 10, y + 4, "end", formatDrop(value))
      );
    }),
    line("limit", LEFT, limit, RIGHT, limit),
    label("limit-text", RIGHT, limit - 6, "end", "allowed loss"),
    label("axis", (LEFT + RIGHT) / 2, HEIGHT - 10, "middle", title),
    `<text class="axis" transform="translate(12 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">loss</text>`,
    `<polyline class="front" points="${front.map((point) => `${at(scale.x(point.cost))},${at(scale.y(point.loss))}`).join(" ")}"/>`,
    ...placeLabels(points, scale).map(({ point, labelY }) => {
      const kind =
        point.line.name === record.chosen.name
          ? "chosen"
          : front.includes(point)
            ? "on-front"
            : "other";
      return drawPoint(point, kind, labelY, scale, format);
    }),
  ];
  const name = `Loss against ${cost} of all candidates that were measured; the table has the figures`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${name}">${parts.join("")}</svg>`;
}

function pointsOf(record: SearchRecord, cost: Cost): Point[] {
  const original = record.candidates[0]!;
  return splitLines(record).measured.flatMap((line, index): Point[] => {
    const { quality, speed, bytes } = line;
    if (quality === undefined || speed === undefined || !Number.isFinite(quality.drop)) return [];
    const { median, low, high } = speed.speedup;
    const size = (bytes ?? 0) / (original.bytes ?? 1);
    const costs =
      cost === "time"
        ? { cost: 1 / median, low: 1 / high, high: 1 / low }
        : { cost: size, low: size, high: size };
    return [{ ...costs, loss: quality.drop, number: index + 1, line }];
  });
}

interface Scale {
  x(cost: number): number;
  y(loss: number): number;
  /** Where the grid's lines are. */
  readonly costs: readonly number[];
  readonly losses: readonly number[];
}

function scalesOf(points: readonly Point[], maxDrop: number): Scale {
  const costs = points.flatMap(({ low, high }) => [low, high]);
  const [from, to] = [Math.min(...costs) / 1.25, Math.max(...costs) * 1.25];
  const losses = [0, maxDrop, ...points.map(({ loss }) => loss)];
  const [least, most] = [Math.min(...losses), Math.max(...losses)];
  const room = (most - least) * 0.15 || 0.001;
  const [top, bottom] = [least - room, most + room];
  return {
    x: (cost) => LEFT + (Math.log(cost / from) / Math.log(to / from)) * (RIGHT - LEFT),
    y: (loss) => TOP + ((loss - top) / (bottom - top)) * (BOTTOM - TOP),
    costs: decades(from, to),
    losses: ticks(top, bottom, 5),
  };
}

/** …, 0.1, 0.2, 0.5, 1, 2, 5, … between two values. */
function decades(from: number, to: number): number[] {
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++)
    for (const digit of [1, 2, 5]) values.push(digit * 10 ** power);
  return values.filter((value) => value >= from && value <= to);
}

/** Round values between two others, about as many as wanted. */
function ticks(from: number, to: number, count: number): number[] {
  const least = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= least) ?? 10);
  const values: number[] = [];
  for (let index = Math.ceil(from / step); index * step <= to; index++) values.push(index * step);
  return values;
}

/** Each label as near to its point as there is room: clear of other points and labels. */
function placeLabels(
  points: readonly Point[],
  scale: Scale,
): { readonly point: Point; readonly labelY: number }[] {
  const taken = points.map(({ cost, loss }) => ({ x: scale.x(cost), y: scale.y(loss) }));
  return points.map((point) => {
    const x = scale.x(point.cost);
    const y = scale.y(point.loss);
    const isFree = (labelY: number): boolean =>
      labelY > LABEL.height &&
      labelY < BOTTOM &&
      taken.every(
        (other) =>
          Math.abs(other.x - x) >= 2 * LABEL.width ||
          Math.abs(other.y - labelY) >= 2 * LABEL.height,
      );
    const offsets = Array.from({ length: 40 }, (_, index) => {
      const distance = LABEL.height * (2 + (index >> 1));
      return index % 2 === 0 ? y - distance : y + distance;
    });
    const labelY = offsets.find(isFree) ?? y - 2 * LABEL.height;
    taken.push({ x, y: labelY });
    return { point, labelY };
  });
}

function drawPoint(
  { cost, low, high, loss, number, line: candidate }: Point,
  kind: string,
  labelY: number,
  scale: Scale,
  format: (value: number) => string,
): string {
  const [x, y] = [at(scale.x(cost)), at(scale.y(loss))];
  const value = format(candidate.quality?.value ?? Number.NaN);
  const title = `${candidate.name}: ${value} (${formatDrop(loss)}), ${(cost * 100).toPrecision(3)} %`;
  return (
    `<g class="${kind}"><title>${escapeHtml(title)}</title>` +
    line("bar", at(scale.x(low)), y, at(scale.x(high)), y) +
    line("leader", x, y, x, at(labelY)) +
    `<circle cx="${x}" cy="${y}" r="5"/>` +
    `<rect x="${at(x - LABEL.width + 1)}" y="${at(labelY - LABEL.height + 1)}" width="${2 * LABEL.width - 2}" height="${2 * LABEL.height - 2}" rx="5"/>` +
    `${label("number", x, at(labelY + 4), "middle", String(number))}</g>`
  );
}

function line(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;
}

function label(kind: string, x: number, y: number, anchor: string, text: string): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

/** A tenth of a pixel is fine enough. */
function at(value: number): number {
  return Math.round(value * 10) / 10;
}
