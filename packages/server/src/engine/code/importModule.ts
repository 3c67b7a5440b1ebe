import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { fail } from "@longshore/core";
import { messageOf } from "../messageOf.ts";

/** What modules of bundles import, wherever they lie. */
const OWN = new Map([["longshore/model", import.meta.resolve("longshore/model")]]);

let hooked = false;

/**
 * Imports a module of a bundle, in a thread of its own for that bundle: a module can be imported
 * once. It may import `longshore/model` though it lies outside of any `node_modules`, and others of
 * the bundle by relative names. Types are stripped by Node.
 *
 * @param file as the bundle names it, to be told in errors.
 * @throws LongshoreError CODE_FAILED
 */
export async function importModule(
  path: string,
  file: string,
): Promise<Readonly<Record<string, unknown>>> {
  hook();
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw fail("CODE_FAILED", { file, problem: importProblem(error) });
  }
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      const own = OWN.get(specifier);
      if (own !== undefined) return { url: own, shortCircuit: true };
      const resolved = next(specifier, context);
      const format = formatOf(resolved.url);
      return format === undefined ? resolved : { ...resolved, format };
    },
  });
}

/**
 * Bundles hold ES modules, whatever a package.json above them says of CommonJS; packages that they
 * bring are what their own one says.
 */
function formatOf(url: string): string | undefined {
  if (!url.startsWith("file:") || url.includes("/node_modules/")) return undefined;
  if (url.endsWith(".ts")) return "module-typescript";
  return url.endsWith(".js") ? "module" : undefined;
}

/** Node's own words, without the paths of its internals. */
function importProblem(error: unknown): string {
  const message = messageOf(error);
  return error instanceof SyntaxError ? `syntax error: ${message}` : message;
}
