import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldDecoder } from "./fieldDecoder.ts";
import { ConnectionError, ErrorCode } from "./wire.ts";

function decode(decoder: FieldDecoder, hex: string): string[] {
  const lines: string[] = [];
  const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
  decoder.decode(block, ({ name, value }) => lines.push(`${name}: ${value}`));
  return lines;
}

const REQUEST = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const SECOND = [...REQUEST, "cache-control: no-cache"];
const THIRD = [
  ":method: GET",
  ":scheme: https",
  ":path: /index.html",
  ":authority: www.example.com",
  "custom-key: custom-value",
];

test("requests on one connection, plain and in the Huffman code (RFC 7541, C.3 and C.4)", () => {
  const plain = new FieldDecoder();
  assert.deepEqual(decode(plain, "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"), REQUEST);
  assert.deepEqual(decode(plain, "8286 84be 5808 6e6f 2d63 6163 6865"), SECOND);
  const custom = "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65";
  assert.deepEqual(decode(plain, custom), THIRD);
  const coded = new FieldDecoder();
  assert.deepEqual(decode(coded, "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), REQUEST);
  assert.deepEqual(decode(coded, "8286 84be 5886 a8eb 1064 9cbf"), SECOND);
  const codedCustom = "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf";
  assert.deepEqual(decode(coded, codedCustom), THIRD);
});

test("a table of 256 bytes, from which fields fall (RFC 7541, C.5)", () => {
  const decoder = new FieldDecoder();
  const date = "Mon, 21 Oct 2013 20:13:21 GMT";
  const rest = ["cache-control: private", `date: ${date}`, "location: https://www.example.com"];
  const first =
    "3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d";
  assert.deepEqual(decode(decoder, first), [":status: 302", ...rest]);
  assert.deepEqual(decode(decoder, "4803 3330 37c1 c0bf"), [":status: 307", ...rest]);
  assert.throws(() => decode(decoder, "c2"), ConnectionError, "the oldest field is gone");
});

test("a field that is larger than the table empties it", () => {
  const decoder = new FieldDecoder();
  assert.deepEqual(decode(decoder, "4001 61 01 62 be"), ["a: b", "a: b"]);
  assert.deepEqual(decode(decoder, "21"), []);
  assert.throws(() => decode(decoder, "be"), ConnectionError);
  assert.deepEqual(decode(decoder, "4001 61 01 62"), ["a: b"]);
  assert.throws(() => decode(decoder, "be"), ConnectionError);
});

test("what cannot be read ends the connection", () => {
  const bad: Readonly<Record<string, string>> = {
    "index 0": "80",
    "an index beyond an empty table": "be",
    "a number cut off": "ff",
    "a number without an end": "ff ffff ffff ffff ffff",
    "a length beyond the block": "00 05 61",
    "a field without a value": "00 01 61",
    "a table over the limit": "3fe21f",
    "a size of the table after a field": "82 20",
    "the end of a string within it": "00 84 ffffffff 00",
    "padding of zeros": "00 81 18 00",
  };
  for (const [name, hex] of Object.entries(bad)) {
    assert.throws(
      () => decode(new FieldDecoder(), hex),
      (error) => error instanceof ConnectionError && error.code === ErrorCode.COMPRESSION_ERROR,
      name,
    );
  }
  assert.deepEqual(decode(new FieldDecoder(), "3fe11f 82"), [":method: GET"], "4096 is allowed");
});
