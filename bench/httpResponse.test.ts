import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ResponseReader } from "./httpResponse.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A response as written by hand, with what a reader must find in it. */
interface Case {
  readonly wire: string;
  readonly status: number;
  readonly bodyBytes: number;
}

const CASES: readonly Case[] = [
  {
    wire: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: x\r\n\r\nhello",
    status: 200,
    bodyBytes: 5,
  },
  { wire: "HTTP/1.1 503 Busy\r\ncontent-length:0\r\n\r\n", status: 503, bodyBytes: 0 },
  {
    wire: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    status: 200,
    bodyBytes: 15,
  },
  {
    wire: "HTTP/1.1 404 No\r\nTRANSFER-ENCODING: chunked\r\n\r\n1\r\n\n\r\n0\r\nTrailer: 1\r\n\r\n",
    status: 404,
    bodyBytes: 1,
  },
];

test("responses are read alike however the network cuts them", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...CASES), { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      (responses, lengths) => {
        const reader = new ResponseReader();
        for (const { wire, status, bodyBytes } of responses) {
          const all = bytes(wire);
          for (let at = 0, done = false; at < all.length;) {
            assert.equal(done, false);
            const piece = all.slice(at, at + Number(lengths.next().value));
            at += piece.length;
            done = reader.read(piece);
            piece.fill(0); // The socket's buffer is reused.
            assert.equal(done, at === all.length);
          }
          assert.deepEqual([reader.status, reader.bodyBytes], [status, bodyBytes]);
        }
      },
    ),
  );
});

for (const [what, wire, message] of [
  ["another protocol", "SSH-2.0-OpenSSH_9 200\r\n\r\n", /number|HTTP/],
  ["a body without a length", "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n", /Content-Length/],
  ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", /number/],
  ["bytes nobody asked for", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", /after the end/],
  [
    "a chunk size that is no number",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n",
    /chunk/,
  ],
  ["a head without an end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`, /without an end/],
] as const) {
  test(`${what} is an error`, () => {
    assert.throws(() => new ResponseReader().read(bytes(wire)), message);
  });
}
