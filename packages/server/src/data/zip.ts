import { crc32, inflateRawSync } from "node:zlib";
import { fail, type LongshoreError } from "@longshore/core";

/** A file in a ZIP archive. */
export interface ZipEntry {
  readonly name: string;
  /** Its length when it is unpacked, as the archive states it. */
  readonly bytes: number;
  /**
   * Unpacks it: a view of the archive where it is stored as it is.
   *
   * @throws LongshoreError DATA_INVALID if it is damaged or not of the stated length.
   */
  read(): Uint8Array;
}

/**
 * What all entries may take together when they are unpacked. Deflate makes a thousand bytes of one,
 * and entries may share their data, so a small archive may claim to be of any size.
 */
const MAX_UNPACKED_BYTES = 2 ** 31;
const MAX_ENTRIES = 65_536;

const END = { signature: 0x06054b50, bytes: 22 };
const END_64 = { signature: 0x06064b50, bytes: 56 };
const LOCATOR_64 = { signature: 0x07064b50, bytes: 20 };
const CENTRAL = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
/** What a 16- or 32-bit field holds when the real value is in a ZIP64 one. */
const IN_ZIP64 = { short: 0xffff, long: 0xffffffff };

/** Whether bytes begin as a ZIP archive does. */
export function isZip(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  return a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6));
}

/**
 * Lists the files of a ZIP archive, stored or deflated, also ZIP64. Nothing is unpacked before it
 * is read.
 *
 * Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
 *
 * @param file what error messages call the archive.
 * @throws LongshoreError DATA_INVALID for what is no such archive, is encrypted, lies outside its
 *   bounds, or would unpack to more than 2 GiB.
 */
export function readZip(bytes: Uint8Array, file: string): ZipEntry[] {
  const invalid = (problem: string): LongshoreError => fail("DATA_INVALID", { file, problem });
  const archive: Archive = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    invalid,
  };
  const { at: start, count, end } = findDirectory(archive);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = start;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const header = readCentralHeader(archive, at, end);
    at = header.next;
    if (names.has(header.name)) throw invalid(`has the entry "${header.name}" twice`);
    names.add(header.name);
    total += header.bytes;
    if (total > MAX_UNPACKED_BYTES) throw invalid("would unpack to more than 2 GiB");
    entries.push({
      name: header.name,
      bytes: header.bytes,
      read: () => unpack(archive, header, start),
    });
  }
  return entries;
}

interface Archive {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly invalid: (problem: string) => LongshoreError;
}

interface Directory {
  readonly at: number;
  readonly end: number;
  readonly count: number;
}

/** The central directory: at the end of the archive, where a comment may follow it. */
function findDirectory(archive: Archive): Directory {
  const { view, bytes, invalid } = archive;
  const longestComment = 0xffff;
  const first = Math.max(0, bytes.byteLength - END.bytes - longestComment);
  for (let at = bytes.byteLength - END.bytes; at >= first; at--) {
    if (view.getUint32(at, true) !== END.signature) continue;
    if (at + END.bytes + view.getUint16(at + 20, true) !== bytes.byteLength) continue;
    const directory = readEnd(archive, at);
    if (directory.count > MAX_ENTRIES) throw invalid(`has more than ${MAX_ENTRIES} entries`);
    if (directory.at > directory.end || directory.end > at)
      throw invalid("has a directory outside of its bounds");
    return directory;
  }
  throw invalid("is not a whole ZIP archive: it has no directory at its end");
}

function readEnd(archive: Archive, at: number): Directory {
  const { view } = archive;
  const count = view.getUint16(at + 10, true);
  const length = view.getUint32(at + 12, true);
  const start = view.getUint32(at + 16, true);
  const { short, long } = IN_ZIP64;
  if (count !== short && length !== long && start !== long)
    return { at: start, end: start + length, count };
  return readEnd64(archive, at - LOCATOR_64.bytes);
}

function readEnd64(archive: Archive, locator: number): Directory {
  const { view, invalid } = archive;
  const missing = (): LongshoreError => invalid("has no ZIP64 directory where it should be");
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR_64.signature) throw missing();
  const at = readLong(view, locator + 8);
  if (at + END_64.bytes > locator || view.getUint32(at, true) !== END_64.signature) throw missing();
  const start = readLong(view, at + 48);
  return { at: start, end: start + readLong(view, at + 40), count: readLong(view, at + 32) };
}

interface CentralHeader {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its local header is. */
  readonly at: number;
  /** Where the next central header is. */
  readonly next: number;
}

function readCentralHeader(archive: Archive, at: number, end: number): CentralHeader {
  const { view, bytes, invalid } = archive;
  if (at + CENTRAL.bytes > end || view.getUint32(at, true) !== CENTRAL.signature)
    throw invalid("has a damaged directory");
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const extra = at + CENTRAL.bytes + nameBytes;
  const next = extra + extraBytes + view.getUint16(at + 32, true);
  if (next > end) throw invalid("has a damaged directory");
  const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL.bytes, extra));
  if ((view.getUint16(at + 8, true) & 1) !== 0) throw invalid(`entry "${name}" is encrypted`);
  const fields = { bytes: at + 24, packedBytes: at + 20, at: at + 42 };
  // A ZIP64 field holds, in this order, those of the values that do not fit where they belong.
  let wide = findExtra(view, extra, extra + extraBytes, 1);
  const readField = (field: number): number => {
    const value = view.getUint32(field, true);
    if (value !== IN_ZIP64.long) return value;
    if (wide === undefined || wide.at + 8 > wide.end)
      throw invalid(`entry "${name}" has no ZIP64 field`);
    const long = readLong(view, wide.at);
    wide = { at: wide.at + 8, end: wide.end };
    return long;
  };
  return {
    name,
    method: view.getUint16(at + 10, true),
    checksum: view.getUint32(at + 16, true),
    bytes: readField(fields.bytes),
    packedBytes: readField(fields.packedBytes),
    at: readField(fields.at),
    next,
  };
}

/** An extra field's bytes, by its identifier. */
function findExtra(
  view: DataView,
  from: number,
  end: number,
  identifier: number,
): { at: number; end: number } | undefined {
  for (let at = from; at + 4 <= end;) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > end) return undefined;
    if (view.getUint16(at, true) === identifier) return { at: at + 4, end: at + 4 + length };
    at += 4 + length;
  }
  return undefined;
}

/** @param directory where the directory begins: data lie before it. */
function unpack(
  { bytes, view, invalid }: Archive,
  header: CentralHeader,
  directory: number,
): Uint8Array {
  const { name, at } = header;
  const damaged = (what: string): LongshoreError => invalid(`entry "${name}" ${what}`);
  if (at + LOCAL.bytes > directory || view.getUint32(at, true) !== LOCAL.signature)
    throw damaged("is not where the directory says");
  const start = at + LOCAL.bytes + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + header.packedBytes > directory) throw damaged("reaches out of the archive");
  const packed = bytes.subarray(start, start + header.packedBytes);
  const data = decompress(packed, header, damaged);
  if (data.byteLength !== header.bytes)
    throw damaged(`has ${data.byteLength} bytes, not the ${header.bytes} that the directory says`);
  if (crc32(data) !== header.checksum) throw damaged("is damaged: its checksum is wrong");
  return data;
}

function decompress(
  packed: Uint8Array,
  { method, bytes }: CentralHeader,
  damaged: (what: string) => LongshoreError,
): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) throw damaged(`is compressed by method ${method}; save it stored or deflated`);
  try {
    // At least one, as zero would mean no limit; a longer result is found by its length.
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (error) {
    throw damaged(`cannot be unpacked: ${(error as Error).message}`);
  }
}

function readLong(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
