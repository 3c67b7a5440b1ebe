import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import { fail, LongshoreError } from "../errors.ts";
import {
  blob,
  blobs,
  bool,
  choice,
  defineMessage,
  double,
  float,
  int,
  int32,
  int64,
  map,
  message,
  messages,
  packedBools,
  packedDoubles,
  packedFloats,
  packedInt32s,
  packedInt64s,
  packedInts,
  packedUint32s,
  packedUint64s,
  Reader,
  required,
  string,
  strings,
  uint32,
  uint64,
  Writer,
  type Message,
  type MessageType,
} from "./index.ts";

/** Every kind of field at once. */
interface Everything extends Message {
  text?: string;
  flag?: boolean;
  small?: number;
  unsigned?: number;
  count?: number;
  signed?: bigint;
  large?: bigint;
  single?: number;
  fraction?: number;
  bytes?: Uint8Array;
  colour?: "RED" | "BLUE";
  texts?: string[];
  pieces?: Uint8Array[];
  shape?: number[];
  flags?: Uint8Array;
  smalls?: Int32Array;
  signeds?: BigInt64Array;
  unsigneds?: Uint32Array;
  larges?: BigUint64Array;
  singles?: Float32Array;
  fractions?: Float64Array;
  child?: Everything;
  children?: Everything[];
  named?: Record<string, Everything>;
}

const EVERYTHING: MessageType<Everything> = defineMessage<Everything>({
  text: string(1),
  flag: bool(2),
  small: int32(3),
  unsigned: uint32(4),
  count: int(5),
  signed: int64(6),
  large: uint64(7),
  single: float(8),
  fraction: double(9),
  bytes: blob(10),
  colour: choice(11, { RED: 0, BLUE: 7 }),
  texts: strings(12),
  pieces: blobs(13),
  shape: packedInts(14),
  flags: packedBools(15),
  smalls: packedInt32s(16),
  signeds: packedInt64s(17),
  unsigneds: packedUint32s(18),
  larges: packedUint64s(19),
  singles: packedFloats(20),
  fractions: packedDoubles(2000),
  child: message(22, () => EVERYTHING),
  children: messages(23, () => EVERYTHING),
  named: map(
    24,
    required(
      message(2, () => EVERYTHING),
      () => ({}),
    ),
  ),
});

/** The same to the oracle. */
const ORACLE = protobuf
  .parse(
    `syntax = "proto3";
    enum Colour { RED = 0; BLUE = 7; }
    message Everything {
      optional string text = 1; optional bool flag = 2; optional int32 small = 3;
      optional uint32 unsigned = 4; optional int64 count = 5; optional int64 signed = 6;
      optional uint64 large = 7; optional float single = 8; optional double fraction = 9;
      optional bytes bytes = 10; optional Colour colour = 11; repeated string texts = 12;
      repeated bytes pieces = 13; repeated int64 shape = 14; repeated bool flags = 15;
      repeated int32 smalls = 16; repeated int64 signeds = 17; repeated uint32 unsigneds = 18;
      repeated uint64 larges = 19; repeated float singles = 20; repeated double fractions = 2000;
      optional Everything child = 22; repeated Everything children = 23;
      map<string, Everything> named = 24;
    }`,
    { keepCase: true },
  )
  .root.lookupType("Everything");

const number = fc.maxSafeInteger();
const i32 = fc.integer();
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 2000 });
const text = fc.string({ unit: "grapheme" });

const fields = {
  text,
  flag: fc.boolean(),
  small: i32,
  unsigned: u32,
  count: number,
  signed: i64,
  large: u64,
  single: fc.float(),
  fraction: fc.double(),
  bytes,
  colour: fc.constantFrom("RED" as const, "BLUE" as const),
  texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  pieces: fc.array(bytes, { minLength: 1, maxLength: 3 }),
  shape: fc.array(number, { minLength: 1 }),
  flags: fc.array(fc.nat(1), { minLength: 1 }).map((values) => Uint8Array.from(values)),
  smalls: fc.array(i32, { minLength: 1 }).map((values) => Int32Array.from(values)),
  signeds: fc.array(i64, { minLength: 1 }).map((values) => BigInt64Array.from(values)),
  unsigneds: fc.array(u32, { minLength: 1 }).map((values) => Uint32Array.from(values)),
  larges: fc.array(u64, { minLength: 1 }).map((values) => BigUint64Array.from(values)),
  singles: fc.float32Array({ minLength: 1 }),
  fractions: fc.float64Array({ minLength: 1 }),
};
const leaf = fc.record(fields, { requiredKeys: [] });
const everything: fc.Arbitrary<Everything> = fc.record(
  {
    ...fields,
    child: leaf,
    children: fc.array(leaf, { minLength: 1, maxLength: 2 }),
    named: fc.dictionary(text, leaf, { minKeys: 1, maxKeys: 2 }),
  },
  { requiredKeys: [] },
);

function write(value: Everything): Uint8Array {
  const writer = new Writer();
  EVERYTHING.write(writer, value);
  return Uint8Array.from(Buffer.concat(writer.finish()));
}

function read(encoded: Uint8Array): Everything {
  const value = EVERYTHING.create();
  EVERYTHING.read(new Reader(encoded, (problem) => fail("MESSAGE_INVALID", { problem })), value);
  return value;
}

/** As values that compare: maps without a prototype become plain, views become arrays. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

test("what is written is read again", () => {
  fc.assert(
    fc.property(everything, (value) => assert.deepEqual(plain(read(write(value))), plain(value))),
  );
});

test("another implementation reads what is written, and what it writes is read", () => {
  fc.assert(
    fc.property(everything, (value) => {
      const theirs = ORACLE.decode(write(value));
      const again = ORACLE.encode(theirs).finish();
      assert.deepEqual(plain(read(again)), plain(value));
    }),
  );
});

test("bytes come as views, and large ones are written as they are", () => {
  const large = new Uint8Array(5000).fill(3);
  const writer = new Writer();
  EVERYTHING.write(writer, { text: "x", bytes: large });
  const chunks = writer.finish();
  assert.ok(chunks.includes(large), "not copied");
  const encoded = Uint8Array.from(Buffer.concat(chunks));
  assert.equal(read(encoded).bytes!.buffer, encoded.buffer);
});

test("repeated numbers are read whether packed or not", () => {
  // Field 14 (shape): 1 and 2 one by one, then 3 and 4 packed.
  const encoded = Uint8Array.of(14 << 3, 1, 14 << 3, 2, (14 << 3) | 2, 2, 3, 4);
  assert.deepEqual(read(encoded).shape, [1, 2, 3, 4]);
});

test("a key of a map means nothing of its own", () => {
  const value = read(write({ named: Object.fromEntries([["__proto__", { text: "x" }]]) }));
  assert.deepEqual(Object.keys(value.named!), ["__proto__"]);
  assert.equal(({} as Everything).text, undefined);
});

test("any bytes give a message or an error that says where", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (encoded) => {
      try {
        read(encoded);
      } catch (error) {
        assert.ok(error instanceof LongshoreError);
        assert.match(error.message, /at byte \d+ of \d+/);
      }
    }),
    { numRuns: 2000 },
  );
});

test("an enum's value that is not known is refused", () => {
  assert.throws(() => read(Uint8Array.of(11 << 3, 3)), /field 11 has the unknown value 3/);
});
