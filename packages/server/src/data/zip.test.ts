import assert from "node:assert/strict";
import test from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { LongshoreError } from "@longshore/core";
import fc from "fast-check";
import { isZip, readZip, type ZipEntry } from "./zip.ts";

interface File {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflated?: boolean;
  /** Overrules what the directory says. */
  readonly says?: { bytes?: number; at?: number; packed?: number; crc?: number; method?: number };
  readonly flags?: number;
}

/** An archive, written out by hand; with ZIP64 fields all through if asked for. */
function zip(files: readonly File[], { zip64 = false, comment = "" } = {}): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, deflated = false, says = {}, flags = 0 } of files) {
    const packed = deflated ? deflateRawSync(data) : Buffer.from(data);
    const {
      bytes = data.byteLength,
      at = offset,
      packed: packedBytes = packed.byteLength,
      crc = crc32(data),
      method = deflated ? 8 : 0,
    } = says;
    const title = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50);
    head.writeUInt16LE(title.length, 26);
    // Of another length than in the directory, as archives have it.
    head.writeUInt16LE(4, 28);
    const part = Buffer.concat([head, title, Buffer.alloc(4), packed]);
    local.push(part);
    offset += part.length;
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(zip64 ? 0xffffffff : packedBytes, 20);
    entry.writeUInt32LE(zip64 ? 0xffffffff : bytes, 24);
    entry.writeUInt16LE(title.length, 28);
    entry.writeUInt32LE(zip64 ? 0xffffffff : at, 42);
    const extra = zip64 ? longs(0x9999, []) : Buffer.alloc(0);
    const wide = zip64 ? longs(1, [bytes, packedBytes, at]) : Buffer.alloc(0);
    entry.writeUInt16LE(extra.length + wide.length, 30);
    central.push(Buffer.concat([entry, title, extra, wide]));
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(zip64 ? 0xffff : files.length, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : directory.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  const end64 = Buffer.alloc(zip64 ? 56 : 0);
  const locator = Buffer.alloc(zip64 ? 20 : 0);
  if (zip64) {
    end64.writeUInt32LE(0x06064b50);
    end64.writeBigUInt64LE(BigInt(files.length), 32);
    end64.writeBigUInt64LE(BigInt(directory.length), 40);
    end64.writeBigUInt64LE(BigInt(offset), 48);
    locator.writeUInt32LE(0x07064b50);
    locator.writeBigUInt64LE(BigInt(offset + directory.length), 8);
  }
  return Buffer.concat([...local, directory, end64, locator, end, Buffer.from(comment)]);
}

/** An extra field of 64-bit numbers. */
function longs(identifier: number, numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + numbers.length * 8);
  field.writeUInt16LE(identifier);
  field.writeUInt16LE(numbers.length * 8, 2);
  for (const [index, number] of numbers.entries())
    field.writeBigUInt64LE(BigInt(number), 4 + index * 8);
  return field;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const contents = (entries: readonly ZipEntry[]): [string, string][] =>
  entries.map((entry) => [entry.name, new TextDecoder().decode(entry.read())]);

test("stored and deflated entries, with ZIP64 fields or without, behind a comment or not", () => {
  const files = [
    { name: "a.txt", data: text("stored") },
    { name: "folder/ü.txt", data: text("deflated ".repeat(1000)), deflated: true },
    { name: "empty", data: text(""), deflated: true },
  ];
  const expected = files.map(({ name, data }) => [name, new TextDecoder().decode(data)]);
  for (const options of [{}, { zip64: true }, { comment: "PK\u0005\u0006 not the end" }]) {
    const bytes = zip(files, options);
    assert.ok(isZip(bytes));
    assert.deepEqual(contents(readZip(bytes, "data.zip")), expected);
  }
  assert.deepEqual(readZip(zip([]), "data.zip"), []);
});

test("a stored entry is a view", () => {
  const bytes = zip([{ name: "a", data: text("stored") }]);
  assert.equal(readZip(bytes, "data.zip")[0]!.read().buffer, bytes.buffer);
});

const data = text("some data that is long enough");
const WRONG: readonly (readonly [what: string, file: File, message: RegExp])[] = [
  ["a wrong checksum", { name: "a", data, says: { crc: 1 } }, /"a" is damaged/],
  ["too long a result", { name: "a", data, deflated: true, says: { bytes: 5 } }, /unpacked/],
  ["too short a result", { name: "a", data, deflated: true, says: { bytes: 99 } }, /29 bytes, not/],
  ["data outside", { name: "a", data, says: { packed: 5000, bytes: 5000 } }, /out of the archive/],
  ["a header outside", { name: "a", data, says: { at: 1_000_000 } }, /not where the directory/],
  ["a header elsewhere", { name: "a", data, says: { at: 3 } }, /not where the directory/],
  ["an unknown method", { name: "a", data, says: { method: 14 } }, /compressed by method 14/],
  ["encryption", { name: "a", data, flags: 1 }, /"a" is encrypted/],
  ["a bomb", { name: "a", data, says: { bytes: 2 ** 31 + 1 } }, /more than 2 GiB/],
];

for (const [what, file, message] of WRONG) {
  test(`an archive with ${what} is refused`, () => {
    assert.throws(
      () => contents(readZip(zip([file]), "data.zip")),
      (error) => error instanceof LongshoreError && message.test(error.message),
    );
  });
}

test("entries that share their data cannot add up to more than the limit", () => {
  const half = { data, says: { bytes: 2 ** 30, at: 0 } };
  const names = ["a", "b", "c"];
  const bytes = zip(names.map((name) => ({ name, ...half })));
  assert.throws(() => readZip(bytes, "data.zip"), /more than 2 GiB/);
});

test("two entries of one name are refused", () => {
  assert.throws(
    () =>
      readZip(
        zip([
          { name: "a", data },
          { name: "a", data },
        ]),
        "f",
      ),
    /"a" twice/,
  );
});

test("whatever is cut off or changed, the error is one of the catalogue", () => {
  const files = [
    { name: "a", data, deflated: true },
    { name: "b", data },
  ];
  for (const whole of [zip(files), zip(files, { zip64: true })]) {
    fc.assert(
      fc.property(
        fc.nat({ max: whole.length }),
        fc.nat({ max: whole.length - 1 }),
        fc.nat({ max: 255 }),
        (length, at, byte) => {
          const bytes = whole.slice(0, length);
          if (at < length) bytes[at] = byte;
          try {
            contents(readZip(bytes, "data.zip"));
          } catch (error) {
            assert.ok(error instanceof LongshoreError, String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  }
});
