import { rename, rm, writeFile } from "node:fs/promises";

/** Writes a file so that others see it whole, or as it was: beside its place, then renamed. */
export async function writeWhole(to: string, content: string): Promise<void> {
  const temporary = `${to}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}
