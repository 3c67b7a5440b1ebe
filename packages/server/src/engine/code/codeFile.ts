import { extname } from "node:path";
import type { Manifest } from "@longshore/core/manifest";

/** Modules that Node runs as they are. */
export const CODE_EXTENSIONS: readonly string[] = [".ts", ".js", ".mjs"];

/** Whether a model's file is a module and not a graph. */
export function isCodeFile(path: string): boolean {
  return CODE_EXTENSIONS.includes(extname(path));
}

/** What a bundle's code may take. */
export interface CodeLimits {
  /** Milliseconds of one call. */
  readonly maxRunMs: number;
  readonly maxMemoryMib: number;
}

/** The limits of a bundle's code, with the defaults that the manifest's reference names. */
export function codeLimitsOf({ code = {} }: Pick<Manifest, "code">): CodeLimits {
  return { maxRunMs: code.maxRunMs ?? 10_000, maxMemoryMib: code.maxMemoryMib ?? 256 };
}
