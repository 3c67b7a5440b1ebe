import { fail } from "../errors.ts";
import { decodeText } from "../v2/byteElements.ts";

/**
 * The elements of a string tensor from `tensor_content`: the lengths of all as varints, then their
 * bytes one after the other.
 *
 * Source: tensorflow `core/platform/tensor_coding.cc`, `DecodeStringList`.
 *
 * @param count how many there are.
 * @throws LongshoreError INPUT_DATA
 */
export function decodeStringContent(input: string, content: Uint8Array, count: number): string[] {
  const lengths: number[] = [];
  let position = 0;
  // A length takes a byte at least, so that a short content ends this before much is made of it.
  while (lengths.length < count) {
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = content[position++];
      if (byte === undefined || scale > 2 ** 28) throw wrongContent(input, count);
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    lengths.push(length);
  }
  const texts = lengths.map((length, index) => {
    const end = position + length;
    if (end > content.length) throw wrongContent(input, count);
    const text = decodeText(input, index, content.subarray(position, end));
    position = end;
    return text;
  });
  if (position < content.length) throw wrongContent(input, count);
  return texts;
}

function wrongContent(input: string, count: number): Error {
  const problem = `tensor_content does not hold ${count} strings: first the lengths of all as varints, then their bytes`;
  return fail("INPUT_DATA", { input, problem });
}
