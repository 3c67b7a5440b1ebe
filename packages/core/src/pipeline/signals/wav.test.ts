import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { runStep } from "../exampleFrame.test.ts";
import { columnOf } from "../columns.ts";
import { decodeAudio } from "./decodeAudio.ts";
import { decodeWav, WavProblem } from "./wav.ts";
import { assertClose, readVectors } from "./vectors.test.ts";

interface Reading {
  name: string;
  file: string;
  rate: number;
  samples: number[];
}
const readings = readVectors<Reading>("wav");

describe("equals libsndfile", () => {
  for (const { name, file, rate, samples } of readings) {
    test(name, () => {
      const got = decodeWav(Buffer.from(file, "base64"), 600);
      assert.equal(got.rate, rate);
      assertClose(got.samples, samples, 6e-8);
    });
  }
});

/** A plain WAV of 16 bits, one channel, 8 kHz. */
function wav(samples: Int16Array, chunks: Uint8Array = new Uint8Array()): Buffer {
  const header = Buffer.alloc(20);
  header.write("fmt ");
  header.writeUInt32LE(16, 4);
  header.writeUInt16LE(1, 8);
  header.writeUInt16LE(1, 10);
  header.writeUInt32LE(8000, 12);
  header.writeUInt32LE(16_000, 16);
  const rest = Buffer.from([2, 0, 16, 0]);
  const data = Buffer.alloc(8);
  data.write("data");
  data.writeUInt32LE(samples.byteLength, 4);
  const body = [Buffer.from("WAVE"), header, rest, chunks, data, Buffer.from(samples.buffer)];
  const riff = Buffer.alloc(8);
  riff.write("RIFF");
  riff.writeUInt32LE(
    body.reduce((sum, { length }) => sum + length, 0),
    4,
  );
  return Buffer.concat([riff, ...body]);
}

test("what was written is read, at any place in memory and beside other chunks", () => {
  fc.assert(
    fc.property(fc.int16Array(), fc.nat(9), fc.boolean(), (samples, offset, listed) => {
      // An odd length: the next chunk begins at an even place.
      const list = Buffer.from("LIST\x03\x00\x00\x00abc\x00", "latin1");
      const file = wav(samples, listed ? list : undefined);
      const memory = Buffer.concat([Buffer.alloc(offset), file]);
      const got = decodeWav(memory.subarray(offset), 600);
      assert.deepEqual(
        [...got.samples],
        [...samples].map((sample) => sample / 32_768),
      );
    }),
  );
});

test("any bytes give a recording or a WavProblem", () => {
  const files = readings.map(({ file }) => Buffer.from(file, "base64"));
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
      fc.nat(300),
      (file, changes, cut) => {
        const bytes = Uint8Array.from(file.subarray(0, cut));
        for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
        try {
          const { samples, rate } = decodeWav(bytes, 600);
          assert.ok(rate > 0 && samples.length <= bytes.length && samples.every(Number.isFinite));
        } catch (error) {
          assert.ok(error instanceof WavProblem, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

describe("says what is wrong", () => {
  const good = wav(Int16Array.from([1, 2, 3]));
  const patched = (place: number, ...values: number[]): Buffer => {
    const bytes = Buffer.from(good);
    bytes.set(values, place);
    return bytes;
  };
  const files: [string, Uint8Array, RegExp][] = [
    ["nothing", new Uint8Array(), /not a WAV file$/],
    ["an MP3", Buffer.from("ID3\x04 and more of it"), /not a WAV file but MP3; convert it to WAV/],
    ["an Ogg", Buffer.from("OggS and more of it"), /not a WAV file but Ogg/],
    ["half a file", good.subarray(0, -2), /truncated: it announces 6 bytes and has 4/],
    ["no samples", good.subarray(0, 36), /has no samples/],
    ["no format", good.subarray(0, 12), /has no format/],
    ["ADPCM", patched(20, 2), /format 2 with 16 bits/],
    ["PCM of 12 bits", patched(34, 12), /format 1 with 12 bits/],
    ["no channels", patched(22, 0), /0 channels/],
    ["a rate of 0", patched(24, 0, 0), /0 a second/],
    ["blocks of a wrong size", patched(32, 3), /blocks of 3 bytes/],
    ["a chunk beyond the end", patched(16, 255), /truncated in its chunk "fmt "/],
  ];
  for (const [name, file, message] of files)
    test(name, () => assert.throws(() => decodeWav(file, 600), { name: "WavProblem", message }));

  test("NaN among floats", () => {
    const { file } = readings.find(({ name }) => name === "WAV FLOAT 1")!;
    const bytes = Buffer.from(file, "base64");
    bytes.writeFloatLE(Number.NaN, bytes.length - 4);
    assert.throws(() => decodeWav(bytes, 600), /sample 22 is not a finite number/);
  });
});

test("a stream's file, whose length was not known when it began", () => {
  const file = wav(Int16Array.from([16_384, -8192]));
  file.writeUInt32LE(0xffffffff, 40);
  assert.deepEqual([...decodeWav(file, 600).samples], [0.5, -0.25]);
});

test("the step names field and row, and keeps to the field's limit", async () => {
  const given = {
    call: {
      base64: [wav(new Int16Array(8000)), wav(new Int16Array(8001))].map((file) =>
        file.toString("base64"),
      ),
    },
  };
  const run = (maxSeconds: number) =>
    runStep(decodeAudio, {
      options: { column: "call" },
      given,
      inputs: { call: { type: "audio", maxSeconds } },
    });
  const { frame } = await run(2);
  assert.deepEqual(
    columnOf(frame, "call", "series").values.map(({ length }) => length),
    [8000, 8001],
  );
  await assert.rejects(run(1), {
    code: "FIELD_INVALID",
    message: 'field "call" in row 1: the recording is 1.0 s long; the limit is 1 s',
  });
});
