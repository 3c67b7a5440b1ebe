import { mkdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { LongshoreError } from "@longshore/core";
import type { SignatureOverride, Variant } from "@longshore/core/manifest";
import { overrideSignature } from "@longshore/onnx";
import { parse } from "yaml";
import { loadModelFile } from "../engine/loadModelFile.ts";
import { readModelFile } from "../engine/modelFile.ts";
import { hashModelFile } from "../engine/modelHash.ts";
import { messageOf } from "../engine/messageOf.ts";
import { writeModelFile } from "../engine/writeModelFile.ts";
import { addVariant } from "./bundle.ts";
import { toFileName } from "./recipe.ts";
import type { FileFacts, SearchRecord } from "./record.ts";
import type { Found } from "./search.ts";
import { inverseOf } from "./servedNames.ts";
import { writeWhole } from "./writeWhole.ts";

/** How far a variant's answers may be from the golden ones. */
export type Grant = Pick<Variant, "tolerance" | "agreement">;

/** Where the outcome of a search goes. */
export type Destination =
  | {
      readonly kind: "bundle";
      /** The folder of `bundle.yaml`. */
      readonly folder: string;
      /** The original. */
      readonly model: string;
      /** Other names and shapes of its inputs and outputs, which hold for the variant too. */
      readonly signature?: SignatureOverride | undefined;
      /** What the manifest must grant a variant; asked once its file is in its place. */
      readonly grant?: ((file: string) => Promise<Grant>) | undefined;
    }
  | { readonly kind: "file"; readonly file: string };

/** What was written, by path; undefined where there is none. */
export interface Placed {
  /** The model; none if the original was kept. */
  readonly model: string | undefined;
  readonly record: string;
  readonly report: string;
  /** The manifest that names the model now. */
  readonly manifest: string | undefined;
  /** What that grants it beyond what it grants the original. */
  readonly granted: Grant | undefined;
}

/**
 * Writes what a search found: the model (unless the original was kept), its record as JSON and its
 * report. In a bundle they go into `variants/` beside the original, and the manifest names the
 * variant, in front of others and in the place of those for the same target. Each file is written
 * beside its place and renamed, the manifest last: a server that watches sees all or nothing.
 *
 * @param toReport makes the HTML of a record.
 * @throws PlaceError if the files cannot be written.
 */
export async function place(
  found: Pick<Found, "record" | "chosen">,
  destination: Destination,
  toReport: (record: SearchRecord) => string,
): Promise<Placed> {
  try {
    return await placeAt(found, destination, toReport);
  } catch (error) {
    if (error instanceof LongshoreError) throw error;
    throw new PlaceError(destination, error);
  }
}

/** What was found cannot be written. */
export class PlaceError extends Error {
  override readonly name: string = "PlaceError";

  constructor(destination: Destination, cause: unknown) {
    const folder = destination.kind === "bundle" ? destination.folder : dirname(destination.file);
    super(
      `${folder}: the outcome cannot be written: ${messageOf(cause)}; name another place with --out`,
      { cause },
    );
  }
}

async function placeAt(
  { record, chosen }: Pick<Found, "record" | "chosen">,
  destination: Destination,
  toReport: (record: SearchRecord) => string,
): Promise<Placed> {
  const isOriginal = chosen.name === record.candidates[0]!.name;
  const name = toFileName(chosen.name);
  const folder =
    destination.kind === "bundle"
      ? join(dirname(destination.model), "variants")
      : dirname(destination.file);
  await mkdir(folder, { recursive: true });
  const base =
    destination.kind === "bundle"
      ? join(folder, name)
      : join(folder, basename(destination.file, ".onnx"));
  const root = destination.kind === "bundle" ? dirname(destination.model) : ".";

  const model = destination.kind === "bundle" ? `${base}.onnx` : destination.file;
  const variant: FileFacts | undefined = isOriginal
    ? undefined
    : { file: relative(root, model), ...(await writeFound(chosen.file!, model, destination)) };
  const whole: SearchRecord = { ...record, variant };
  const [recordFile, report] = [`${base}.json`, `${base}.html`];
  await writeWhole(recordFile, `${JSON.stringify(whole, null, 2)}\n`);
  await writeWhole(report, toReport(whole));
  if (variant === undefined)
    return {
      model: undefined,
      record: recordFile,
      report,
      manifest: undefined,
      granted: undefined,
    };
  if (destination.kind === "file")
    return { model, record: recordFile, report, manifest: undefined, granted: undefined };
  const granted = await destination.grant?.(model);
  const manifest = await listInManifest(destination, {
    name,
    target: record.rules.target,
    model: variant.file,
    original: record.model.sha256,
    record: relative(root, recordFile),
    ...granted,
  });
  return { model, record: recordFile, report, manifest, granted };
}

async function writeFound(
  from: string,
  to: string,
  destination: Destination,
): Promise<Omit<FileFacts, "file">> {
  let model = await loadModelFile(from);
  if (destination.kind === "bundle" && destination.signature !== undefined) {
    const { model: original } = await readModelFile(destination.model);
    model = overrideSignature(model, inverseOf(original, destination.signature), from);
  }
  const { bytes } = await writeModelFile(to, model);
  return { sha256: await hashModelFile(to), bytes };
}

async function listInManifest(
  { folder, model }: Extract<Destination, { kind: "bundle" }>,
  variant: Variant,
): Promise<string> {
  const file = join(folder, "bundle.yaml");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const root = dirname(model);
  const goes = ({ name, target }: Variant): boolean =>
    name === variant.name || target === variant.target;
  await writeWhole(file, addVariant(text, variant, goes));
  const before = parse(text) as { readonly variants?: readonly Variant[] | null } | null;
  for (const { model: old, record } of (before?.variants ?? []).filter(goes))
    if (old !== variant.model && isOurs(old)) await removeOld(root, old, record);
  return file;
}

/** Only what this command wrote is removed by it. */
function isOurs(file: string): boolean {
  return dirname(file) === "variants";
}

async function removeOld(root: string, model: string, record: string | undefined): Promise<void> {
  const path = join(root, model);
  // Damaged or gone, it has no external data that are known.
  const { externalFiles } = await readModelFile(path).catch(() => ({ externalFiles: [] }));
  const files = [path, ...externalFiles, path.replace(/\.onnx$/, ".html")];
  if (record !== undefined && isOurs(record)) files.push(join(root, record));
  for (const file of files) await rm(file, { force: true });
}
