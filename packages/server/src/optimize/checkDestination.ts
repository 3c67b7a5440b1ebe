import { access, constants, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Destination } from "./place.ts";

/**
 * Finds out whether the outcome of a search can be written, before minutes are spent on it. Nothing
 * is created.
 *
 * @throws Error with what is in the way.
 */
export async function checkDestination(destination: Destination): Promise<void> {
  if (destination.kind === "bundle") {
    await checkFolder(destination.folder);
    await checkFolder(join(dirname(destination.model), "variants"));
    return;
  }
  const found = await stat(destination.file).catch(() => undefined);
  if (found?.isDirectory())
    throw new Error(`${destination.file}: is a folder; name a file with --out`);
  await checkFolder(dirname(destination.file));
}

/** A folder that is there, or can be made where the next one above it is. */
async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(({ code }: NodeJS.ErrnoException) => code);
  if (found === "ENOENT" && dirname(resolve(folder)) !== resolve(folder))
    return checkFolder(dirname(resolve(folder)));
  const problem =
    typeof found === "object"
      ? found.isDirectory()
        ? await access(folder, constants.W_OK | constants.X_OK).then(
            () => undefined,
            ({ code }: NodeJS.ErrnoException) => `cannot be written to (${code})`,
          )
        : "is not a folder"
      : `cannot be written to (${found})`;
  if (problem !== undefined)
    throw new Error(`${folder}: ${problem}; name another place with --out`);
}
