import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { temporaryFolder } from "../../../../test/support/models.ts";
import { findProgram } from "../../../../test/support/require.ts";
import { nameProblem } from "./names.ts";
import { packBundle } from "./pack.ts";
import { writeHeader } from "./tarHeader.ts";
import { unpackBundle } from "./unpack.ts";

type Files = Readonly<Record<string, string | Uint8Array>>;

function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

function readFiles(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1")] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const FILES: Files = {
  "bundle.yaml": "name: a\n",
  "model.onnx": Uint8Array.from({ length: 1300 }, (_, index) => index % 251),
  "1/empty": "",
  "1/block": "x".repeat(512),
  "data/ümläut 漢字.txt": "ü",
  [`${"deep/".repeat(14)}file`]: "deep",
  [`${"a".repeat(99)}/${"b".repeat(100)}`]: "long",
};

test("what is packed is unpacked, and the archive follows from names and contents alone", async () => {
  using temporary = temporaryFolder();
  const at = (name: string): string => join(temporary.path, name);
  writeFiles(at("one"), FILES);
  const one = await packBundle(at("one"), at("one.tar"));
  assert.equal(
    one.digest,
    createHash("sha256")
      .update(readFileSync(at("one.tar")))
      .digest("hex"),
  );
  assert.equal(one.bytes, readFileSync(at("one.tar")).byteLength);
  const unpacked = await unpackBundle(at("one.tar"), at("again"), one.digest);
  assert.deepEqual(unpacked.files, one.files);
  assert.deepEqual(readFiles(at("again")), readFiles(at("one")));

  // Another order of writing, other times and permissions, and junk beside.
  writeFiles(at("two"), Object.fromEntries(Object.entries(FILES).toReversed()));
  for (const name of Object.keys(FILES)) utimesSync(at(`two/${name}`), 1, 1);
  chmodSync(at("two/model.onnx"), 0o755);
  const junk = { ".env": "", ".git/config": "", "bundle.yaml~": "", "1/__pycache__/x.pyc": "" };
  writeFiles(at("two"), junk);
  const two = await packBundle(at("two"), at("two.tar"));
  assert.deepEqual(two.leftOut, [".env", ".git/", "1/__pycache__/", "bundle.yaml~"]);
  assert.equal(two.digest, one.digest);
  // Of one byte more, another one.
  writeFiles(at("two"), { "1/empty": " " });
  assert.notEqual((await packBundle(at("two"), at("two.tar"))).digest, one.digest);
});

/** Python's `tarfile` (USTAR_FORMAT, mode 0644, all else 0) makes the same bytes. */
test("the digest is what it always was", async () => {
  using temporary = temporaryFolder();
  writeFiles(join(temporary.path, "bundle"), { "bundle.yaml": "name: a\n", "model.onnx": "graph" });
  const { digest } = await packBundle(
    join(temporary.path, "bundle"),
    join(temporary.path, "a.tar"),
  );
  assert.equal(digest, "6060e28d8ca3dbf0b2a1f459f0da09ee57e4fbc09bb33c70620420536d40b654");
});

test("tar reads what pack writes", { skip: findProgram("tar").skip }, async () => {
  using temporary = temporaryFolder();
  const at = (name: string): string => join(temporary.path, name);
  writeFiles(at("bundle"), FILES);
  await packBundle(at("bundle"), at("bundle.tar"));
  mkdirSync(at("out"));
  const extracted = spawnSync("tar", ["xf", at("bundle.tar"), "-C", at("out")], {
    encoding: "utf8",
  });
  assert.deepEqual([extracted.status, extracted.stderr], [0, ""]);
  assert.deepEqual(readFiles(at("out")), readFiles(at("bundle")));
});

test("any files come back", async () => {
  const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  const names = fc
    .array(part, { minLength: 1, maxLength: 3 })
    .map((parts) => parts.join("/"))
    .filter((name) => nameProblem(name) === undefined && !/~$|\.(tmp|pyc)|#/.test(name));
  const files = fc.uniqueArray(fc.tuple(names, fc.uint8Array({ maxLength: 1100 })), {
    // None a folder of another, none the same but for case.
    selector: ([name]) => name.split("/")[0]!.toUpperCase().normalize("NFKC"),
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      using temporary = temporaryFolder();
      const at = (name: string): string => join(temporary.path, name);
      writeFiles(at("bundle"), { "bundle.yaml": "", ...Object.fromEntries(entries) });
      const { digest } = await packBundle(at("bundle"), at("a.tar"));
      await unpackBundle(at("a.tar"), at("out"), digest);
      assert.deepEqual(readFiles(at("out")), readFiles(at("bundle")));
      // What was unpacked packs to the same bytes.
      assert.equal((await packBundle(at("out"), at("b.tar"))).digest, digest);
    }),
    { numRuns: 40 },
  );
});

describe("what does not belong into a bundle is not packed", () => {
  const cases: Readonly<Record<string, [prepare: (folder: string) => void, says: RegExp]>> = {
    "a link": [(folder) => symlinkSync("/etc/passwd", join(folder, "x")), /"x" is a symbolic link/],
    "a link to a folder": [
      (folder) => symlinkSync("/etc", join(folder, "x")),
      /"x" is a symbolic link/,
    ],
    "a named pipe": [
      (folder) => execFileSync("mkfifo", [join(folder, "x")]),
      /"x" is no regular file/,
    ],
    "a name that Windows does not take": [
      (folder) => writeFiles(folder, { "ab:c": "" }),
      /"ab:c" has one of/,
    ],
    "two names for one file on some systems": [
      (folder) => writeFiles(folder, { "A/x": "", "a/y": "" }),
      /"a" and "A" are the same name on some systems/,
    ],
    "a name that is too long": [
      (folder) => writeFiles(folder, { ["n".repeat(101)]: "" }),
      /is too long for an archive/,
    ],
    "too many files": [
      (folder) => {
        for (let index = 0; index <= 10_000; index++) writeFileSync(join(folder, `${index}`), "");
      },
      /holds more than 10000 files/,
    ],
  };
  for (const [name, [prepare, says]] of Object.entries(cases)) {
    test(name, async () => {
      using temporary = temporaryFolder();
      const folder = join(temporary.path, "bundle");
      writeFiles(folder, { "bundle.yaml": "" });
      prepare(folder);
      await assert.rejects(packBundle(folder, join(temporary.path, "a.tar")), {
        code: "DATA_INVALID",
        message: says,
      });
      assert.deepEqual(readdirSync(temporary.path), ["bundle"]);
    });
  }

  test("the archive itself", async () => {
    using temporary = temporaryFolder();
    writeFiles(temporary.path, { "bundle.yaml": "" });
    await assert.rejects(
      packBundle(temporary.path, join(temporary.path, "a.tar")),
      /lies in the bundle/,
    );
  });
});

/** A header with other bytes at an offset, its checksum right again. */
function header(name: string, bytes = 0, changes: Readonly<Record<number, string>> = {}): Buffer {
  const block = Buffer.from(writeHeader({ name: "placeholder", bytes }));
  block.fill(0, 0, 100);
  block.write(name, 0, "latin1");
  for (const [offset, text] of Object.entries(changes)) block.write(text, Number(offset), "latin1");
  block.fill(" ", 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

const END = Buffer.alloc(1024);
const file = (name: string, text = "", changes = {}): Buffer =>
  Buffer.concat([
    header(name, text.length, changes),
    Buffer.from(text),
    Buffer.alloc((512 - (text.length % 512)) % 512),
  ]);
const archive = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat([...parts, END]);
const good = file("bundle.yaml", "name: a\n");
const kind = (letter: string): Buffer =>
  archive(good, file("x", "", { 156: letter, 157: "/etc/passwd" }));
const damaged = (offset: number): Buffer => {
  const bytes = archive(good);
  bytes[offset]! ^= 1;
  return bytes;
};

/** Archives that somebody means harm with, or that are damaged; and why they are refused. */
const HOSTILE: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  "a symbolic link": [kind("2"), /"x" is a symbolic link/],
  "a hard link": [kind("1"), /"x" is a hard link/],
  "a character device": [kind("3"), /"x" is a device/],
  "a block device": [kind("4"), /"x" is a device/],
  "a folder": [kind("5"), /"x" is a folder of its own/],
  "a named pipe": [kind("6"), /"x" is a named pipe/],
  "a contiguous file": [kind("7"), /unknown kind "7"/],
  "a file of the old format": [kind("\0"), /unknown kind/],
  "a POSIX header about the next file": [kind("x"), /speaks about others/],
  "a POSIX header about all files": [kind("g"), /speaks about others/],
  "a GNU long name": [kind("L"), /speaks about others/],
  "a sparse file": [kind("S"), /a file with holes/],
  "an absolute path": [archive(file("/etc/cron.d/x")), /is an absolute path/],
  "a drive": [archive(file("C:x")), /is an absolute path/],
  "a path out of the folder": [archive(file("../x")), /leads out of the bundle/],
  "a path out and in again": [archive(file("a/../../x")), /leads out of the bundle/],
  "a prefix that leads out": [archive(file("x", "", { 345: ".." })), /"\.\.\/x" is not as/],
  "a prefix that leads out, in full": [
    archive(file("n".repeat(99), "", { 345: ".." })),
    /leads out of the bundle/,
  ],
  "a backslash": [archive(file("..\\x")), /has a backslash/],
  "an empty name": [archive(file("")), /has no name/],
  "the folder itself": [archive(file(".")), /has an empty part/],
  "two slashes": [archive(file("a//b")), /has an empty part/],
  "a slash at the end": [archive(file("a/")), /has an empty part/],
  "a hidden file": [archive(file(".ssh/authorized_keys")), /is hidden/],
  "a hidden file in a folder": [archive(file("a/.npmrc")), /is hidden/],
  "a name with more behind a zero": [archive(file("bundle.yaml\0.exe")), /is not as/],
  "a line break in a name": [archive(file("a\nb")), /control character/],
  "an escape sequence in a name": [archive(file("\u001b[2J")), /control character/],
  "a name that is no UTF-8": [archive(file("\xff\xfe")), /is no UTF-8/],
  "a name that is not normalized": [
    archive(file(Buffer.from("e\u0301").toString("latin1"))),
    /NFC/,
  ],
  "a device of Windows": [archive(file("NUL.txt")), /that of a device/],
  "a stream of Windows": [archive(file("bundle.yaml:x")), /which Windows does not take/],
  "a dot that Windows drops": [archive(file("bundle.yaml.")), /ends in a dot/],
  "a depth without end": [archive(file("a/".repeat(30) + "b")), /folders deep/],
  "a file twice": [archive(good, good), /stands twice/],
  "a name but for case": [archive(file("BUNDLE.YAML"), good), /are the same name/],
  "a folder but for case": [archive(file("A/x"), file("a/y")), /are the same name/],
  "a file that is a folder too": [archive(file("a"), file("a/b")), /are the same name/],
  "names out of order": [archive(file("b"), file("a")), /out of order/],
  "a size of 8 GiB": [archive(header("x", 8 ** 11 - 1)), /ends at byte \d+, in the middle of "x"/],
  "a size in base 256": [
    archive(file("x", "", { 124: "\x80\0\0\0\0\0\0\0\0\0\0\0" })),
    /size of "x"/,
  ],
  "a negative size": [archive(file("x", "", { 124: "-0000000001\0" })), /size of "x"/],
  "a size beyond the end": [archive(header("x", 5000)), /in the middle of "x"/],
  "an owner": [archive(file("x", "", { 265: "root" })), /is not as `longshore pack` writes it/],
  permissions: [archive(file("x", "", { 100: "0004755\0" })), /is not as/],
  "a time": [archive(file("x", "", { 136: "14000000000\0" })), /is not as/],
  "a damaged header": [damaged(3), /its checksum differs/],
  "a damaged checksum": [damaged(150), /its checksum differs/],
  "damaged padding": [damaged(600), /something stands between/],
  "a damaged end": [damaged(1024 + 100), /no tar header/],
  "a second end that is damaged": [damaged(1024 + 600), /after the first empty block/],
  "an end in the middle": [archive(good).subarray(0, 520), /in the middle/],
  "no end": [good, /in the middle/],
  "half an end": [archive(good).subarray(0, -512), /in the middle/],
  "more after the end": [Buffer.concat([archive(good), good]), /goes on after its end/],
  "an archive after the archive": [
    Buffer.concat([archive(good), archive(good)]),
    /goes on after its end/,
  ],
  "no files": [END, /holds no bundle\.yaml/],
  "no manifest": [archive(file("model.onnx")), /holds no bundle\.yaml/],
  nothing: [new Uint8Array(), /in the middle/],
  "a compressed archive": [gzipSync(Buffer.alloc(2 ** 20)), /compressed with gzip/],
  "a ZIP file": [Buffer.concat([Buffer.from("PK\u0003\u0004"), END]), /is a ZIP file/],
  "something else": [Buffer.alloc(4096, "text "), /no tar header at byte 0/],
  "too many files": [
    archive(
      ...Array.from({ length: 10_001 }, (_, index) => header(String(index).padStart(6, "0"))),
    ),
    /more than 10000 files/,
  ],
};

describe("hostile and damaged archives leave nothing", () => {
  for (const [name, [bytes, says]] of Object.entries(HOSTILE)) {
    test(name, async () => {
      using temporary = temporaryFolder();
      const at = (part: string): string => join(temporary.path, part);
      writeFileSync(at("a.tar"), bytes);
      await assert.rejects(unpackBundle(at("a.tar"), at("out")), {
        code: "DATA_INVALID",
        message: says,
      });
      assert.deepEqual(readdirSync(temporary.path), ["a.tar"]);
    });
  }

  test("other bytes than those that were promised", async () => {
    using temporary = temporaryFolder();
    const at = (part: string): string => join(temporary.path, part);
    writeFileSync(at("a.tar"), archive(good));
    const digest = "0".repeat(64);
    await assert.rejects(
      unpackBundle(at("a.tar"), at("out"), digest),
      /has the SHA-256 [0-9a-f]{64}, not 0{64}/,
    );
    assert.deepEqual(readdirSync(temporary.path), ["a.tar"]);
  });

  test("no archive, and a folder that exists", async () => {
    using temporary = temporaryFolder();
    const at = (part: string): string => join(temporary.path, part);
    await assert.rejects(unpackBundle(at("a.tar"), at("out")), /there is no such file/);
    await assert.rejects(unpackBundle(temporary.path, at("out")), /is no file/);
    execFileSync("mkfifo", [at("pipe")]);
    await assert.rejects(unpackBundle(at("pipe"), at("out")), /is no file/);
    writeFileSync(at("a.tar"), archive(good));
    writeFiles(at("out"), { precious: "1" });
    await assert.rejects(unpackBundle(at("a.tar"), at("out")), /exists; choose another folder/);
    symlinkSync(at("nowhere"), at("link"));
    await assert.rejects(unpackBundle(at("a.tar"), at("link")), /exists; choose another folder/);
    assert.deepEqual(readFiles(at("out")), { precious: "1" });
  });
});

test("of mutated archives, those that are taken are canonical; the others leave nothing", async () => {
  const seed = archive(
    file("1/model.onnx", "graph".repeat(300)),
    good,
    file("notes.txt", "some notes"),
  );
  const mutation = fc.oneof(
    fc.record({ at: fc.nat(seed.length - 1), byte: fc.nat(255) }),
    fc.record({ cut: fc.nat(seed.length), length: fc.nat(1024) }),
    fc.record({ from: fc.nat(5), to: fc.nat(5) }),
  );
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { maxLength: 4 }), async (mutations) => {
      using temporary = temporaryFolder();
      const at = (part: string): string => join(temporary.path, part);
      let bytes = Buffer.from(seed);
      for (const change of mutations) {
        if ("byte" in change) bytes[change.at % bytes.length] = change.byte;
        else if ("cut" in change)
          bytes = Buffer.concat([
            bytes.subarray(0, change.cut),
            bytes.subarray(change.cut + change.length),
          ]);
        else bytes.copyWithin(change.to * 512, change.from * 512, change.from * 512 + 512);
        if (bytes.length === 0) break;
      }
      writeFileSync(at("a.tar"), bytes);
      try {
        await unpackBundle(at("a.tar"), at("out"));
      } catch (error) {
        assert.equal((error as { code?: string }).code, "DATA_INVALID");
        assert.deepEqual(readdirSync(temporary.path), ["a.tar"]);
        return;
      }
      taken++;
      assert.deepEqual(readdirSync(temporary.path), ["a.tar", "out"]);
      await packBundle(at("out"), at("b.tar"));
      assert.deepEqual(readFileSync(at("b.tar")), bytes);
      rmSync(at("out"), { recursive: true });
    }),
    { numRuns: 600 },
  );
  assert.ok(taken > 0);
});
