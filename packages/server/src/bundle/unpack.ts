import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "@longshore/core";
import { MAX_BYTES, MAX_FILES } from "./listFiles.ts";
import { nameProblem, watchNames } from "./names.ts";
import { paddingOf } from "./pack.ts";
import { ArchiveProblem, BLOCK, readHeader, type Entry } from "./tarHeader.ts";

/** What was in an archive. */
export interface Unpacked {
  readonly files: readonly Entry[];
  /** SHA-256 of the archive, in hexadecimal. */
  readonly digest: string;
}

const CHUNK = 2 ** 20;
const MANIFEST = "bundle.yaml";

/**
 * Unpacks an archive that `packBundle` wrote. It may come from anybody: all but the canonical form
 * is refused, and nothing is ever written but regular files under names that were found harmless, in
 * a new folder that takes its place only when everything in it is known to be right.
 *
 * @param out the bundle's folder, which must not exist.
 * @param digest SHA-256 that the archive must have, in hexadecimal.
 * @throws LongshoreError DATA_INVALID; nothing is left then.
 */
export async function unpackBundle(file: string, out: string, digest?: string): Promise<Unpacked> {
  const target = resolve(out);
  if (await exists(target))
    throw fail("DATA_INVALID", { file: out, problem: "exists; choose another folder" });
  // Beside the target, so that it can be moved there; hidden, so that no server takes it for a model.
  const unfinished = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  try {
    const archive = await openArchive(file);
    try {
      await mkdir(unfinished);
      const unpacked = await readArchive(archive, unfinished);
      if (digest !== undefined && unpacked.digest !== digest)
        throw new ArchiveProblem(`has the SHA-256 ${unpacked.digest}, not ${digest}`);
      await rename(unfinished, target);
      return unpacked;
    } finally {
      await archive.handle.close();
    }
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (error instanceof ArchiveProblem)
      throw fail("DATA_INVALID", { file, problem: error.message });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

interface Archive {
  readonly handle: FileHandle;
  readonly bytes: number;
}

async function openArchive(path: string): Promise<Archive> {
  // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: NodeJS.ErrnoException) => {
      throw new ArchiveProblem(
        error.code === "ENOENT" ? "there is no such file" : `cannot be opened (${error.code})`,
      );
    },
  );
  const found = await handle.stat();
  if (found.isFile()) return { handle, bytes: found.size };
  await handle.close();
  throw new ArchiveProblem("is no file; `longshore unpack` takes what `longshore pack` wrote");
}

/** Reads an archive from its first byte to its last, each once, so that nobody can change it between. */
async function readArchive({ handle, bytes }: Archive, folder: string): Promise<Unpacked> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let offset = 0;
  /** The next bytes, at most as many as the buffer holds. */
  const take = async (length: number): Promise<Buffer> => {
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0)
        throw new ArchiveProblem(`ends at byte ${offset + filled}, in the middle`);
      filled += bytesRead;
    }
    offset += length;
    const part = buffer.subarray(0, length);
    hash.update(part);
    return part;
  };

  const files: Entry[] = [];
  const watch = watchNames();
  let total = 0;
  for (;;) {
    const start = offset;
    const block = await take(BLOCK);
    if (start === 0) checkBeginning(block);
    if (isZero(block)) break;
    const entry = readHeader(block, start);
    const problem = nameProblem(entry.name) ?? watch(entry.name);
    if (problem !== undefined) throw new ArchiveProblem(problem);
    total += entry.bytes;
    if (files.push(entry) > MAX_FILES)
      throw new ArchiveProblem(`holds more than ${MAX_FILES} files`);
    if (total > MAX_BYTES) throw new ArchiveProblem(`holds more than ${MAX_BYTES / 2 ** 30} GiB`);
    if (offset + entry.bytes > bytes)
      throw new ArchiveProblem(`ends at byte ${bytes}, in the middle of "${entry.name}"`);
    await writeFile(join(folder, entry.name), entry, take);
    if (!isZero(await take(paddingOf(entry.bytes))))
      throw new ArchiveProblem(`something stands between "${entry.name}" and what follows it`);
  }
  if (!isZero(await take(BLOCK)))
    throw new ArchiveProblem("something stands after the first empty block");
  if (offset !== bytes) throw new ArchiveProblem(`goes on after its end, at byte ${offset}`);
  if (!files.some(({ name }) => name === MANIFEST))
    throw new ArchiveProblem(`holds no ${MANIFEST}`);
  return { files, digest: hash.digest("hex") };
}

function checkBeginning(block: Buffer): void {
  if (block[0] === 0x1f && block[1] === 0x8b)
    throw new ArchiveProblem("is compressed with gzip; bundles are packed uncompressed");
  if (block.toString("latin1", 0, 2) === "PK")
    throw new ArchiveProblem("is a ZIP file; bundles are packed as tar");
}

async function writeFile(
  path: string,
  { bytes }: Entry,
  take: (length: number) => Promise<Uint8Array>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "wx", 0o644);
  try {
    for (let left = bytes; left > 0; left -= Math.min(left, CHUNK))
      await file.writeFile(await take(Math.min(left, CHUNK)));
  } finally {
    await file.close();
  }
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}
