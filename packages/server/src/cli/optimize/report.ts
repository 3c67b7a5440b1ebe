import { formatTimes } from "../../optimize/choose.ts";
import type { SearchRecord } from "../../optimize/record.ts";
import { formatBytes, formatCount } from "../table.ts";
import { columnsOf, reasonOf } from "./columns.ts";
import { escapeHtml as text } from "./html.ts";
import { toPlot, type Cost } from "./plot.ts";
import { STYLE } from "./style.ts";
import { formatDrop, splitLines, verdictOf, type Line } from "./words.ts";

/**
 * The search as one HTML page that needs nothing else: what is recommended, a plot of loss against
 * time, all candidates, and everything that it takes to judge the figures.
 *
 * @param format a value of the metric, in words.
 */
export function toReport(record: SearchRecord, format: (value: number) => string): string {
  const { model, made, rules } = record;
  const costs: Cost[] = rules.goal === "speed" ? ["time", "size"] : ["size", "time"];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(model.name)}: optimised</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Longshore optimize · ${text(made.slice(0, 10))}</p>
<h1>${text(model.name)}, version ${text(model.version)}</h1>
${summary(record, format)}
</header>
<section>
<h2>What each loses, and what it costs</h2>
<figure><div class="plots">${costs.map((cost) => toPlot(record, cost, format)).join("")}</div>
<figcaption>Up and to the left is better. Numbers are those of the table. Bars are 95 % confidence intervals; joined are those that no other beats in both (the Pareto front).</figcaption></figure>
</section>
<section>
<h2>Everything that was tried</h2>
${table(record, format)}
${others(record, format)}
</section>
${sensitivities(record)}
<section>
<h2>How it was measured</h2>
${facts(record)}
</section>
<section>
<h2>What the passes did</h2>
${record.candidates.map(details).join("\n")}
</section>
</main>
</body>
</html>
`;
}

function summary(record: SearchRecord, format: (value: number) => string): string {
  const { candidates, chosen, rules } = record;
  const original = candidates[0]!;
  const best = candidates.find(({ name }) => name === chosen.name)!;
  const lead = `<p class="lead"><strong>${text(chosen.name)}</strong>: ${text(chosen.reason)}.</p>`;
  if (best === original || best.speed === undefined || best.quality === undefined) return lead;
  const smaller = (original.bytes ?? 0) / (best.bytes ?? 1);
  const cards: [string, string, string][] = [
    [
      formatTimes(best.speed.speedup.median),
      "as fast",
      `${formatTimes(best.speed.speedup.low)} to ${formatTimes(best.speed.speedup.high)}`,
    ],
    [
      formatTimes(smaller),
      "smaller",
      `${formatBytes(original.bytes ?? 0)} to ${formatBytes(best.bytes ?? 0)}`,
    ],
    [
      format(best.quality.value),
      rules.metric,
      `${formatDrop(best.quality.drop)}; allowed ${formatDrop(rules.maxDrop)}`,
    ],
  ];
  const items = cards.map(
    ([figure, what, more]) =>
      `<li><span class="figure">${text(figure)}</span><span>${text(what)}</span><small>${text(more)}</small></li>`,
  );
  return `${lead}<ul class="cards">${items.join("")}</ul>`;
}

function table(record: SearchRecord, format: (value: number) => string): string {
  const columns = columnsOf(record, format);
  const rows = splitLines(record).measured.map((line, index) => {
    const cells = columns.map((column) => {
      const content = text(column.cell(line));
      return column.isText
        ? textCell(content, column.title === "candidate")
        : `<td>${content}</td>`;
    });
    const chosen = line.name === record.chosen.name ? ' class="chosen"' : "";
    return `<tr${chosen}><td>${index + 1}</td>${cells.join("")}</tr>`;
  });
  const head = columns.map(({ title, isText }) => headCell(title, isText ?? false));
  return toTable([headCell("#", false), ...head], rows);
}

function others(record: SearchRecord, format: (value: number) => string): string {
  const lines = splitLines(record).others;
  if (lines.length === 0) return "";
  const rows = lines.map((line) =>
    row([line.name, verdictOf(line, record), reasonOf(line, format)]),
  );
  return toTable(
    ["not timed", "verdict", "reason"].map((title) => headCell(title, true)),
    rows,
  );
}

function row(cells: readonly string[]): string {
  return `<tr>${cells.map((cell, index) => textCell(text(cell), index === 0)).join("")}</tr>`;
}

function textCell(content: string, isName: boolean): string {
  return `<td class="${isName ? "name" : "words"}">${content}</td>`;
}

function headCell(title: string, isText: boolean): string {
  return `<th scope="col"${isText ? ' class="words"' : ""}>${text(title)}</th>`;
}

function toTable(head: readonly string[], rows: readonly string[]): string {
  return `<div class="wide"><table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** The most sensitive layers; beyond these, differences hardly matter. */
const SHOWN_LAYERS = 12;

function sensitivities({ sensitivity }: SearchRecord): string {
  if (sensitivity.length === 0) return "";
  const parts = sensitivity.map(({ recipe, groups }) => {
    const rows = groups
      .filter(({ sqnr }) => sqnr !== "equal")
      .slice(0, SHOWN_LAYERS)
      .map(({ layers, sqnr }) =>
        row([layers.join(", "), typeof sqnr === "number" ? `${sqnr.toFixed(1)} dB` : sqnr]),
      );
    const head = ["layers", "SQNR of the answers"].map((title) => headCell(title, true));
    return `<h3>${text(recipe)}</h3>${toTable(head, rows)}`;
  });
  return `<section><h2>Which layers lose most</h2><p>Each changed alone; a low ratio of signal to noise means that the answers suffer.</p>${parts.join("")}</section>`;
}

function facts({ model, data, rules, machine, versions, variant }: SearchRecord): string {
  const rows: [string, string][] = [
    ["model", `${model.file}, ${formatBytes(model.bytes)}, SHA-256 ${model.sha256}`],
    ...(variant === undefined
      ? []
      : ([
          ["written", `${variant.file}, ${formatBytes(variant.bytes)}, SHA-256 ${variant.sha256}`],
        ] as [string, string][])),
    [
      "samples",
      `${data.file}, ${formatCount(data.rows)} rows: ${formatCount(data.calibrationRows)} for calibration, ${formatCount(data.evaluationRows)} ${data.apart ? "others " : ""}for the metric; SHA-256 ${data.sha256}`,
    ],
    ["labels", data.labels ?? "none: candidates are compared with the original's answers"],
    ["metric", `${rules.metric}; a loss of ${formatDrop(rules.maxDrop)} is allowed`],
    ["looked for", rules.goal === "speed" ? "the fastest" : "the smallest"],
    ["target", rules.target],
    [
      "machine",
      `${machine.cpu}, ${machine.cores} cores (${machine.features.join(", ")}), ${formatBytes(machine.memoryBytes)}; ${rules.threads === 1 ? "one thread" : `${rules.threads} threads`} a run`,
    ],
    [
      "versions",
      `longshore ${versions.longshore}, ONNX Runtime ${versions.onnxruntime}, Node ${versions.node}`,
    ],
    [
      "speed",
      `time of the original over that of the candidate, the geometric mean of one row and of ${rules.batch}; models take turns in one run, medians over the turns`,
    ],
    ["memory", "what a process grows by that loads the model and runs it"],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join("")}</dl>`;
}

function details({ name, recipe, changes, skipped }: Line): string {
  if (changes.length + skipped.length === 0) return "";
  const items = (lines: readonly string[]): string =>
    `<ul>${lines.map((line) => `<li>${text(line)}</li>`).join("")}</ul>`;
  const kept = skipped.map(({ node, opType, reason }) => `${opType} "${node}": ${reason}`);
  return `<details><summary>${text(name)}: ${changes.length} changes, ${skipped.length} left as they were</summary><pre>${text(JSON.stringify(recipe.steps))}</pre>${changes.length > 0 ? items(changes) : ""}${kept.length > 0 ? `<h4>left as they were</h4>${items(kept)}` : ""}</details>`;
}
