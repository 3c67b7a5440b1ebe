import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readCpuFacts } from "../../engine/cpuFeatures.ts";
import { hashModelFile } from "../../engine/modelHash.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { fittingVariants } from "../../registry/variants.ts";
import { formatBytes, formatTable } from "../table.ts";

/** A variant of a bundle, as far as it can be told without loading it. */
export interface VariantFacts {
  readonly name: string;
  readonly target: string;
  /** Relative to the model. */
  readonly file: string;
  /** Of the `.onnx` file; undefined if there is none. */
  readonly bytes: number | undefined;
  /** Whether the server would take it on this machine, or why not. */
  readonly here: string;
}

/** What a bundle's manifest says of variants. */
export async function readVariants({ file, manifest }: ModelSource): Promise<VariantFacts[]> {
  const { variants = [] } = manifest;
  if (variants.length === 0) return [];
  const sha256 = await hashModelFile(file);
  const fitting = fittingVariants(variants, await readCpuFacts());
  const facts = await Promise.all(
    variants.map(async ({ name, target, model, original }) => {
      const found = await stat(join(dirname(file), model)).catch(() => undefined);
      const problem =
        found === undefined
          ? "no: there is no such file"
          : original === sha256
            ? undefined
            : "no: it was made from another model";
      return { name, target, file: model, bytes: found?.size, problem };
    }),
  );
  const usable = (name: string): boolean =>
    facts.some((fact) => fact.name === name && fact.problem === undefined);
  const served = fitting.find(({ name }) => usable(name))?.name;
  return facts.map(({ problem, ...fact }) => {
    const fits = fitting.some(({ name }) => name === fact.name);
    const here =
      problem ??
      (fact.name === served
        ? "yes"
        : fits
          ? "no: another goes before it"
          : "no: this CPU is another");
    return { ...fact, here };
  });
}

/** A table of the variants; none where there are none. */
export function variantTable(variants: readonly VariantFacts[]): string[] {
  if (variants.length === 0) return [];
  const rows = variants.map(({ name, target, file, bytes, here }) => [
    name,
    target,
    file,
    bytes === undefined ? "" : formatBytes(bytes),
    here,
  ]);
  return [formatTable(rows, ["variant", "for", "file", "size", "served here"])];
}
