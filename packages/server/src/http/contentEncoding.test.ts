import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { compress, decompress, readAcceptEncoding, type Encoding } from "./contentEncoding.ts";

const ENCODINGS: readonly Encoding[] = ["gzip", "deflate"];
const PACK = { gzip: gzipSync, deflate: deflateSync };

test("what is compressed comes out again, whoever compressed it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300_000 }),
      fc.constantFrom(...ENCODINGS),
      async (bytes, encoding) => {
        const own = await compress(bytes, encoding);
        assert.deepEqual(new Uint8Array(await decompress(own, encoding, bytes.length)), bytes);
        const other = PACK[encoding](bytes);
        assert.deepEqual(new Uint8Array(await decompress(other, encoding, bytes.length)), bytes);
      },
    ),
    { numRuns: 60 },
  );
});

test("bytes are counted as they come out, and the limit is exact", async () => {
  const bytes = Buffer.alloc(200_001, "ab");
  for (const encoding of ENCODINGS) {
    let counted = 0;
    await decompress(PACK[encoding](bytes), encoding, 200_001, (count) => (counted += count));
    assert.equal(counted, 200_001);
    await assert.rejects(decompress(PACK[encoding](bytes), encoding, 200_000), {
      code: "BODY_TOO_LARGE",
    });
  }
});

test("a bomb is refused long before it has come out, and blocks nobody", async () => {
  const bomb = gzipSync(Buffer.alloc(2 ** 28));
  let counted = 0;
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const limit = 2 ** 26;
  await assert.rejects(
    decompress(bomb, "gzip", limit, (count) => (counted += count)),
    { code: "BODY_TOO_LARGE" },
  );
  clearInterval(timer);
  assert.ok(counted <= limit, `${counted} bytes came out`);
  assert.ok(turns > 1, "the thread did nothing else");
});

test("who counts may end it", async () => {
  const full = new Error("full");
  const counting = decompress(gzipSync(Buffer.alloc(2 ** 20)), "gzip", 2 ** 21, () => {
    throw full;
  });
  await assert.rejects(counting, full);
});

test("what is not one whole stream of the encoding is refused", async () => {
  const bytes = Buffer.from("some text that is compressed");
  const gzipped = gzipSync(bytes);
  const deflated = deflateSync(bytes);
  const flipped = Buffer.from(gzipped);
  flipped[flipped.length - 6]! ^= 1; // The checksum.
  const cases: [name: string, body: Uint8Array, encoding: Encoding, problem: RegExp][] = [
    ["text", bytes, "gzip", /is not valid gzip: incorrect header check/],
    ["cut off", gzipped.subarray(0, -1), "gzip", /is not valid gzip: unexpected end of file/],
    ["cut off early", gzipped.subarray(0, 5), "gzip", /unexpected end of file/],
    ["a wrong checksum", flipped, "gzip", /incorrect data check/],
    ["the other encoding", deflated, "gzip", /incorrect header check/],
    ["the other encoding", gzipped, "deflate", /is not valid deflate: incorrect header check/],
    ["deflate without its header", deflateRawSync(bytes), "deflate", /is not valid deflate/],
    ["cut off", deflated.subarray(0, -1), "deflate", /unexpected end of file/],
    ["bytes after it", Buffer.concat([deflated, bytes]), "deflate", /28 bytes follow its end/],
    ["bytes after it", Buffer.concat([gzipped, bytes]), "gzip", /incorrect header check/],
    ["zeros after it", Buffer.concat([gzipped, Buffer.alloc(9)]), "gzip", /9 bytes follow its end/],
  ];
  for (const [name, body, encoding, problem] of cases) {
    await assert.rejects(
      decompress(body, encoding, 1_000),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "NOT_ACCEPTED", `${name}: ${error.message}`);
        assert.match(error.message, problem, name);
        return true;
      },
      name,
    );
  }
});

test("several members of gzip are one body", async () => {
  const body = Buffer.concat([gzipSync("one "), gzipSync("two")]);
  assert.equal(Buffer.from(await decompress(body, "gzip", 7)).toString(), "one two");
});

test("the caller's liking decides", () => {
  const cases: [header: string, encoding: Encoding | undefined, alone: boolean][] = [
    ["gzip", "gzip", true],
    ["deflate", "deflate", true],
    ["GZIP", "gzip", true],
    ["gzip, deflate", "gzip", false],
    ["deflate, gzip", "gzip", false],
    ["gzip;q=0.5, deflate", "deflate", false],
    ["gzip;q=0.5, deflate;q=0.5, br", "gzip", false],
    ["gzip; q=0, deflate;q=0.1", "deflate", false],
    ["gzip;q=0.8, identity", undefined, false],
    ["gzip, identity;q=0.5", "gzip", true],
    ["identity", undefined, false],
    ["br", undefined, false],
    ["br, zstd", undefined, false],
    ["*", "gzip", true],
    ["*;q=0", undefined, false],
    ["*, gzip;q=0", "deflate", false],
    ["gzip;q=nonsense", undefined, false],
    ["", undefined, false],
    [" ,, ", undefined, false],
  ];
  for (const [header, encoding, alone] of cases) {
    assert.deepEqual(readAcceptEncoding(header), { encoding, alone }, header);
  }
});
