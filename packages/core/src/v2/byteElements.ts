import { fail } from "../errors.ts";
import { encodeUtf8, tryDecodeUtf8 } from "../json/utf8.ts";

/**
 * The elements of a BYTES tensor from their binary form: for each a length as uint32, little
 * endian, then as many bytes. Elements are text (ONNX's string tensors are), so that bytes which
 * are not UTF-8 are refused rather than changed.
 *
 * @param count how many elements there may be at most. That there are fewer is left to the caller to judge (`checkInputs` does).
 *
 * @throws LongshoreError INPUT_DATA
 */
export function decodeByteElements(
  input: string,
  bytes: Uint8Array,
  count: number = Infinity,
): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: string[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const index = elements.length;
    // Judged here rather than at the end, so that no more than announced is made of hostile bytes.
    if (index === count) {
      throw fail("INPUT_DATA", { input, problem: `more bytes follow its ${count} elements` });
    }
    if (offset + 4 > bytes.length) {
      throw fail("INPUT_DATA", { input, problem: `the length of element ${index} is cut off` });
    }
    const length = view.getUint32(offset, true);
    offset += 4;
    if (length > bytes.length - offset) {
      throw fail("INPUT_DATA", {
        input,
        problem: `element ${index} announces ${length} bytes, but ${bytes.length - offset} are left`,
      });
    }
    elements.push(decodeText(input, index, bytes.subarray(offset, offset + length)));
    offset += length;
  }
  return elements;
}

/**
 * One element of a BYTES tensor.
 *
 * @throws LongshoreError INPUT_DATA where it is not UTF-8.
 */
export function decodeText(input: string, index: number, bytes: Uint8Array): string {
  const text = tryDecodeUtf8(bytes);
  if (text === undefined) {
    throw fail("INPUT_DATA", {
      input,
      problem: `element ${index} is not UTF-8 text; send other bytes in base64, as the model expects them`,
    });
  }
  return text;
}

/** The binary form of a BYTES tensor: the reverse of {@link decodeByteElements}. */
export function encodeByteElements(elements: readonly string[]): Uint8Array {
  const encoded = elements.map(encodeUtf8);
  let size = 0;
  for (const bytes of encoded) size += 4 + bytes.length;
  const result = new Uint8Array(size);
  const view = new DataView(result.buffer);
  let offset = 0;
  for (const bytes of encoded) {
    view.setUint32(offset, bytes.length, true);
    result.set(bytes, offset + 4);
    offset += 4 + bytes.length;
  }
  return result;
}
