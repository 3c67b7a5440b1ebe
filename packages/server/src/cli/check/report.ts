import { join, relative } from "node:path";
import { printable } from "../table.ts";
import type { BundleReport } from "./checkBundle.ts";
import type { Finding } from "./finding.ts";

/** Whether anything keeps the bundle from being served as it says. */
export function hasErrors({ findings }: BundleReport): boolean {
  return findings.some(({ severity }) => severity === "error");
}

/** The findings, a line each, and a line that sums up. */
export function describe(report: BundleReport): string {
  return [
    ...report.findings.map((finding) => describeFinding(report.folder, finding)),
    sumUp(report),
  ]
    .map(printable)
    .join("\n");
}

/** `digits/bundle.yaml:12:7: error: pipeline.before[2].columns[0]: …` */
function describeFinding(folder: string, finding: Finding): string {
  const { file, line, column, severity, message } = finding;
  const place = [relative("", join(folder, file)), line, column].filter(
    (part) => part !== undefined,
  );
  return `${place.join(":")}: ${severity}: ${message}`;
}

function sumUp(report: BundleReport): string {
  const { findings, signature, pipeline, goldenExamples } = report;
  const count = (severity: Finding["severity"], words: string): string[] => {
    const found = findings.filter((finding) => finding.severity === severity).length;
    return found === 0 ? [] : [`${found} ${words}${found === 1 ? "" : "s"}`];
  };
  const steps = pipeline && pipeline.steps.before.length + pipeline.steps.after.length;
  const good = [
    ...(signature ? [`${signature.inputs.length} → ${signature.outputs.length} tensors`] : []),
    ...(steps ? [`${steps} steps`] : []),
    ...(goldenExamples > 0 ? [`${goldenExamples} golden examples`] : []),
  ];
  const verdict = hasErrors(report) ? count("error", "error") : ["ok", ...good];
  return `${report.name}: ${[...verdict, ...count("warning", "warning"), ...count("note", "note")].join(", ")}`;
}
