/**
 * Headers of a tar archive (POSIX.1-1988 ustar) in one canonical form: regular files only, mode
 * 0644, no owner, no times. So an archive follows from its files' names and contents alone.
 */
import { MAX_NAME_BYTES } from "./names.ts";

/** Headers, contents and the end are filled up to blocks of so many bytes. */
export const BLOCK = 512;
/** What eleven octal digits hold. */
export const MAX_FILE_BYTES: number = 8 ** 11 - 1;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const CHECKSUM = { start: 148, end: 156 } as const;

/** A file in an archive. */
export interface Entry {
  readonly name: string;
  readonly bytes: number;
}

/** What is wrong with an archive, in words; whoever reads it adds which one it is. */
export class ArchiveProblem extends Error {
  override readonly name = "ArchiveProblem";
}

/**
 * The header of a file.
 *
 * @throws ArchiveProblem if the name or the size is too long for it.
 */
export function writeHeader({ name, bytes }: Entry): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  const { prefix, rest } = splitName(name);
  if (bytes > MAX_FILE_BYTES)
    throw new ArchiveProblem(`"${name}" is larger than the 8 GiB that an archive takes`);
  header.write(rest, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  header.write(prefix, 345);
  header.write(`${checksumOf(header).toString(8).padStart(6, "0")}\0 `, CHECKSUM.start);
  return header;
}

/** A long name is split at the first `/` that leaves a short enough rest. */
function splitName(name: string): { prefix: string; rest: string } {
  if (Buffer.byteLength(name) <= NAME_BYTES) return { prefix: "", rest: name };
  for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (Buffer.byteLength(prefix) > PREFIX_BYTES) break;
    if (Buffer.byteLength(rest) <= NAME_BYTES) return { prefix, rest };
  }
  throw new ArchiveProblem(
    `the name "${name}" is too long for an archive, which takes ${NAME_BYTES} bytes for a file and ${MAX_NAME_BYTES} for a path`,
  );
}

/**
 * Reads a header.
 *
 * @param offset where it stands in the archive, for messages.
 * @throws ArchiveProblem unless it is, to the byte, what {@link writeHeader} writes.
 */
export function readHeader(header: Uint8Array, offset: number): Entry {
  const block = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (block.toString("latin1", 257, 262) !== "ustar")
    throw new ArchiveProblem(`there is no tar header at byte ${offset}`);
  const field = block.toString("latin1", CHECKSUM.start, CHECKSUM.end);
  if (Number.parseInt(field, 8) !== checksumOf(block))
    throw new ArchiveProblem(`the header at byte ${offset} is damaged: its checksum differs`);
  const name = nameOf(block, offset);
  const kind = block.toString("latin1", 156, 157);
  if (kind !== "0")
    throw new ArchiveProblem(
      `${JSON.stringify(name)} is ${describeKind(kind)}; only files are taken`,
    );
  const size = block.toString("latin1", 124, 136);
  if (!/^[0-7]{11}\0$/.test(size))
    throw new ArchiveProblem(`the size of ${JSON.stringify(name)} is not written as it should be`);
  const entry = { name, bytes: Number.parseInt(size, 8) };
  if (!block.equals(writeHeader(entry)))
    throw new ArchiveProblem(
      `the header of ${JSON.stringify(name)} is not as \`longshore pack\` writes it; pack the bundle with it`,
    );
  return entry;
}

function nameOf(block: Buffer, offset: number): string {
  const text = (start: number, length: number): string => {
    const bytes = block.subarray(start, start + length);
    const end = bytes.indexOf(0);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        end < 0 ? bytes : bytes.subarray(0, end),
      );
    } catch {
      throw new ArchiveProblem(`the name in the header at byte ${offset} is no UTF-8`);
    }
  };
  const prefix = text(345, PREFIX_BYTES);
  const rest = text(0, NAME_BYTES);
  return prefix === "" ? rest : `${prefix}/${rest}`;
}

const KINDS: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a device",
  "4": "a device",
  "5": "a folder of its own",
  "6": "a named pipe",
  g: "a header that speaks about others",
  x: "a header that speaks about others",
  L: "a header that speaks about others",
  K: "a header that speaks about others",
  S: "a file with holes",
};

function describeKind(kind: string): string {
  return KINDS[kind] ?? `of the unknown kind ${JSON.stringify(kind)}`;
}

/** Sum of the header's bytes, its checksum counted as blanks. */
function checksumOf(header: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < BLOCK; index++)
    sum += index >= CHECKSUM.start && index < CHECKSUM.end ? 0x20 : header[index]!;
  return sum;
}
