import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { fail } from "@longshore/core";
import { listFiles, type BundleFiles } from "./listFiles.ts";
import { ArchiveProblem, BLOCK, writeHeader, type Entry } from "./tarHeader.ts";

/** A bundle in one file. */
export interface Packed extends BundleFiles {
  /** Size of the archive. */
  readonly bytes: number;
  /** SHA-256 of the archive, in hexadecimal: the same for the same names and contents, anywhere. */
  readonly digest: string;
}

const CHUNK = 2 ** 20;

/**
 * Packs a bundle's folder into a tar archive in its canonical form: files only, in the order of
 * their names' bytes, without owners and times; two empty blocks at the end.
 *
 * @param out the archive; what was there is replaced once all of it is written.
 * @param needed files that the bundle names, which must not be among those left out.
 * @throws LongshoreError DATA_INVALID
 */
export async function packBundle(
  folder: string,
  out: string,
  needed: readonly string[] = [],
): Promise<Packed> {
  const way = relative(resolve(folder), resolve(out));
  if (!way.startsWith(`..${sep}`) && !isAbsolute(way))
    throw fail("DATA_INVALID", {
      file: out,
      problem: "lies in the bundle, of which it would become a part; choose another place",
    });
  const unfinished = join(dirname(out), `.${basename(out)}.${randomUUID()}`);
  try {
    const found = await listFiles(folder);
    const packed = new Set(found.files.map(({ name }) => name));
    const missing = needed.map((name) => posix.normalize(name)).find((name) => !packed.has(name));
    if (missing !== undefined)
      throw new ArchiveProblem(
        `bundle.yaml names "${missing}", which is no file to be packed; give it another name`,
      );
    const archive = await open(unfinished, "wx");
    try {
      const written = await writeArchive(archive, folder, found.files);
      await archive.sync();
      await archive.close();
      await rename(unfinished, out);
      return { ...found, ...written };
    } finally {
      await archive.close();
    }
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof ArchiveProblem)
      throw fail("DATA_INVALID", { file: folder, problem: error.message });
    throw error;
  }
}

async function writeArchive(
  archive: FileHandle,
  folder: string,
  files: readonly Entry[],
): Promise<{ bytes: number; digest: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const write = async (part: Uint8Array): Promise<void> => {
    hash.update(part);
    bytes += part.byteLength;
    await archive.writeFile(part);
  };
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  for (const entry of files) {
    await write(writeHeader(entry));
    await copyFile(join(folder, entry.name), entry, buffer, write);
    await write(new Uint8Array(paddingOf(entry.bytes)));
  }
  await write(new Uint8Array(2 * BLOCK));
  return { bytes, digest: hash.digest("hex") };
}

/** How many zeros fill the last block of a file. */
export function paddingOf(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

async function copyFile(
  path: string,
  { name, bytes }: Entry,
  buffer: Buffer,
  write: (part: Uint8Array) => Promise<void>,
): Promise<void> {
  // It was no link when it was listed; if it is one now, somebody means harm.
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    let left = bytes;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK);
      if (bytesRead === 0) break;
      left -= bytesRead;
      if (left < 0) break;
      await write(buffer.subarray(0, bytesRead));
    }
    if (left !== 0) throw new ArchiveProblem(`"${name}" changed while it was packed; try again`);
  } finally {
    await file.close();
  }
}
