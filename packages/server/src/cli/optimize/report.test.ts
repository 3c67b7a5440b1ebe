import assert from "node:assert/strict";
import { test } from "node:test";
import { nothingOf } from "../../optimize/attempt.ts";
import type { Candidate } from "../../optimize/candidate.ts";
import { RECORD_FORMAT, type SearchRecord } from "../../optimize/record.ts";
import { toReport } from "./report.ts";
import { toScreen } from "./screen.ts";

function measured(name: string, drop: number, speedup: number, bytes: number): Candidate {
  const latency = { batch: 1, p50: 1 / speedup, p99: 2 / speedup, runs: 100 };
  return {
    ...nothingOf({ name, steps: [] }, "measured", ""),
    bytes,
    memoryBytes: 5e6,
    quality: { value: 0.9 - drop, drop },
    speed: {
      one: latency,
      serving: { ...latency, batch: 8 },
      rowsPerSecond: 8000 * speedup,
      speedup: { median: speedup, low: speedup * 0.9, high: speedup * 1.1 },
      rounds: 12,
    },
  };
}

function recordOf(candidates: readonly Candidate[], chosen: string): SearchRecord {
  const file = { file: "<model>.onnx", sha256: "00", bytes: 4e6 };
  return {
    format: RECORD_FORMAT,
    made: "2026-01-02T03:04:05.000Z",
    versions: { longshore: "0.1.0", onnxruntime: "1.30.0", node: "26" },
    machine: { cpu: "a CPU", arch: "x64", features: ["VNNI"], cores: 2, memoryBytes: 8e9 },
    model: { ...file, name: "<script>alert(1)</script>", version: "1" },
    data: {
      file: "rows.csv",
      sha256: "11",
      rows: 100,
      calibrationRows: 20,
      evaluationRows: 80,
      apart: true,
      labels: "y",
    },
    rules: {
      target: "x64-vnni",
      goal: "speed",
      metric: 'accuracy of "y"',
      maxDrop: 0.01,
      batch: 8,
      threads: 1,
    },
    candidates,
    sensitivity: [
      {
        recipe: "static int8",
        groups: [
          { layers: ["conv1"], sqnr: 7.25 },
          { layers: ["conv2"], sqnr: "equal" },
          { layers: ["conv3"], sqnr: "failed" },
        ],
      },
    ],
    front: ["int8"],
    chosen: { name: chosen, reason: "because" },
    variant: undefined,
  };
}

const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;

/** The numbers in the attributes of an SVG's elements of a kind. */
function attributes(html: string, element: string, names: readonly string[]): number[][] {
  const found = html.matchAll(new RegExp(`<${element} ([^>]*)>`, "g"));
  return [...found].map(([, text]) =>
    names.map((name) => Number(new RegExp(`\\b${name}="([^"]*)"`).exec(text!)?.[1])),
  );
}

test("the report shows every candidate, escapes what comes from files, and loads nothing", () => {
  const record = recordOf(
    [
      measured("original", 0, 1, 4e6),
      measured("int8", 0.002, 3, 1e6),
      { ...nothingOf({ name: "fp16", steps: [] }, "notApplicable", "few <kernels>") },
      {
        ...nothingOf({ name: "int4", steps: [] }, "rejected", "it loses"),
        quality: { value: 0.1, drop: 0.8 },
      },
    ],
    "int8",
  );
  const html = toReport(record, percent);
  assert.doesNotMatch(html, /<script|https?:|(?:src|href)=/);
  for (const text of [
    "89.80 %",
    "+0.0020",
    "3.0×",
    "few &#60;kernels&#62;",
    "it loses: 10.00 % (+0.8000)",
    "7.3 dB",
    "conv3",
    "recommended",
    "x64-vnni",
    "a CPU",
  ])
    assert.ok(html.includes(text), text);
  assert.ok(!html.includes("conv2"));
  const screen = toScreen(record, percent);
  assert.match(screen, /^int8 +89\.80 % +\+0\.0020 +.* 3\.0× +\S+ \S+ +\S+ \S+ +recommended$/m);
  assert.match(screen, /^int4 +loses too much +it loses: 10\.00 % \(\+0\.8000\)$/m);
});

test("points and labels stay inside of the plot, and labels are apart, however close the points are", () => {
  const crowd = Array.from({ length: 12 }, (_, index) =>
    measured(
      `crowd ${index}`,
      index % 3 === 0 ? 0 : 0.0001 * (index % 2),
      1 + index / 100,
      4e6 - index,
    ),
  );
  const html = toReport(recordOf([measured("original", 0, 1, 4e6), ...crowd], "original"), percent);
  const [first] = html.split("</svg>");
  for (const [x, y] of attributes(first!, "circle", ["cx", "cy"])) {
    assert.ok(x! >= 84 && x! <= 600 && y! >= 0 && y! <= 380, `${x}, ${y}`);
  }
  const labels = attributes(first!, "rect", ["x", "y"]);
  assert.equal(labels.length, 13);
  for (const [index, [x, y]] of labels.entries()) {
    assert.ok(y! >= 0 && y! <= 380);
    for (const [otherX, otherY] of labels.slice(index + 1))
      assert.ok(Math.abs(x! - otherX!) >= 20 || Math.abs(y! - otherY!) >= 16, `${x}, ${y}`);
  }
});

test("a candidate whose answers are no numbers is in the table, not in the plot", () => {
  const quality = { value: 0, drop: Number.POSITIVE_INFINITY };
  const broken = { ...measured("broken", 0, 2, 1e6), quality };
  const html = toReport(recordOf([measured("original", 0, 1, 4e6), broken], "original"), percent);
  assert.ok(html.includes("+∞"));
  assert.doesNotMatch(html, /NaN|Infinity/);
});
