import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest } from "@longshore/core/manifest";

/**
 * Differs when a file changed that a manifest names: golden examples, a profile, labels, data to warm
 * up with, what steps read (their option `file`, such as a tokenizer).
 */
export async function namedFilesFingerprint(folder: string, manifest: Manifest): Promise<string> {
  const prints = namedFiles(manifest).map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => undefined);
    return `${name}:${found?.ino}:${found?.size}:${found?.mtimeMs}`;
  });
  return (await Promise.all(prints)).join(" ");
}

function namedFiles({ golden, profile, pipeline = {}, signature, warmup }: Manifest): string[] {
  const steps = [...(pipeline.before ?? []), ...(pipeline.after ?? [])];
  const labels = Object.values(signature?.outputs ?? {}).map((output) => output.labels);
  const data = (warmup ?? []).flatMap(({ inputs }) => Object.values(inputs));
  const names = [
    golden?.file,
    profile,
    ...labels,
    ...data.map((input) => ("file" in input ? input.file : undefined)),
    ...steps.map((step) => step["file"]),
  ];
  return names.filter((name) => typeof name === "string");
}
