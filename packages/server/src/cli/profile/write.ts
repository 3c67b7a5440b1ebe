import { isDeepStrictEqual } from "node:util";
import type { Profile } from "@longshore/core/profile";
import { parse } from "yaml";

/** A profile as JSON, a column a line, so that a change shows where it is. */
export function formatProfile({ rows, inputs, outputs, covariance }: Profile): string {
  const parts = [
    `"rows": ${rows}`,
    `"inputs": ${formatColumns(inputs)}`,
    `"outputs": ${formatColumns(outputs)}`,
    ...(covariance === undefined ? [] : [`"covariance": ${JSON.stringify(covariance)}`]),
  ];
  return `{\n${parts.join(",\n")}\n}\n`;
}

function formatColumns(columns: Profile["inputs"]): string {
  const lines = Object.entries(columns).map(
    ([name, column]) => `  ${JSON.stringify(name)}: ${JSON.stringify(column)}`,
  );
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n}`;
}

/**
 * The text of a manifest that names a profile, at its end; everything else stays as it is.
 *
 * @param text of a valid `bundle.yaml` that names none.
 * @returns undefined where the text does not end where its document does, as with braces around it.
 */
export function nameProfile(text: string, file: string): string | undefined {
  const named = `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}profile: ${file}\n`;
  const before = (parse(text) ?? {}) as object;
  try {
    return isDeepStrictEqual(parse(named), { ...before, profile: file }) ? named : undefined;
  } catch {
    return undefined;
  }
}
