import { formatShare, type GoldenLimits, type GoldenResult } from "../../registry/golden.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { formatTable, printable, type Cell } from "../table.ts";
import type { VerifiedForm } from "./verifyBundle.ts";

/** Forms in a table, and the worst differences of each. */
export function describeForms(
  { name, manifest }: ModelSource,
  examples: number,
  forms: readonly VerifiedForm[],
  limit: number,
): string {
  const header = ["form", "misses", "worst", "allowed", "verdict"];
  const parts = [
    `${printable(name)}: ${examples} golden examples of ${printable(manifest.golden!.file)}`,
    formatTable(forms.map(toLine), header),
  ];
  for (const { name: form, outcome } of forms) {
    if (outcome.kind === "failed") parts.push(`${printable(form)}: ${printable(outcome.problem)}`);
    if (outcome.kind !== "asked") continue;
    const worst = outcome.results.filter(({ distance }) => distance > 0).slice(0, limit);
    if (worst.length === 0) continue;
    const lines = worst.map(({ line, worst: text }) => `  line ${line}: ${printable(text)}`);
    parts.push([`${printable(form)}, worst differences:`, ...lines].join("\n"));
  }
  return parts.join("\n\n");
}

function toLine({ name, outcome }: VerifiedForm): Cell[] {
  switch (outcome.kind) {
    case "otherCpu":
      return [name, "", "", "", `not asked: made for ${outcome.target}, not for this CPU`];
    case "failed":
      return [name, "", "", "", "cannot be loaded"];
    case "asked": {
      const { misses, distance, limits, passed } = outcome.report;
      const granted =
        limits.agreement < 1 ? ` (${formatShare(limits.agreement)} must be right)` : "";
      const verdict = `${passed ? "right" : "wrong"}${granted}`;
      return [name, misses.length, show(distance), show(toleranceOf(limits)), verdict];
    }
  }
}

function toleranceOf({ tolerance, variantTolerance }: GoldenLimits): number {
  return Math.max(tolerance, variantTolerance);
}

function show(distance: number): string {
  if (distance === 0) return "0";
  return Number.isFinite(distance) ? distance.toExponential(1) : "infinite";
}

/** As {@link describeForms}, for programs. */
export function toJson(
  { name, version, manifest }: ModelSource,
  forms: readonly VerifiedForm[],
  limit: number,
): object {
  return {
    model: name,
    version,
    golden: manifest.golden!.file,
    forms: forms.map(({ name: form, outcome }) => {
      if (outcome.kind !== "asked") return { form, ...outcome };
      const { examples, misses, distance, limits, passed } = outcome.report;
      return {
        form,
        kind: outcome.kind,
        examples,
        misses: misses.length,
        distance: toNumber(distance),
        tolerance: toleranceOf(limits),
        agreement: limits.agreement,
        passed,
        worst: outcome.results
          .filter((each) => each.distance > 0)
          .slice(0, limit)
          .map(toEntry),
      };
    }),
  };
}

function toEntry({ line, distance, tolerance, worst }: GoldenResult): object {
  return { line, distance: toNumber(distance), tolerance, difference: worst };
}

/** JSON has no infinity. */
function toNumber(distance: number): number | null {
  return Number.isFinite(distance) ? distance : null;
}
