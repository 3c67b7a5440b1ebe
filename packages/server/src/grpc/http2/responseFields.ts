/**
 * Header blocks of answers: `:status` from the static table, everything else as literals that no
 * table keeps. So a block is the same bytes whatever was sent before on its connection.
 *
 * Source: RFC 7541, section 6.2.2.
 */
export function toBlock(fields: Readonly<Record<string, string | number>>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (name === ":status" && value === 200) parts.push(Uint8Array.of(0x88));
    else parts.push(Uint8Array.of(0), toString(name), toString(`${value}`));
  }
  return Buffer.concat(parts);
}

/** Makes blocks that differ in the value of their last field alone, which is ASCII. */
export function blockMaker(
  fields: Readonly<Record<string, string | number>>,
  last: string,
): (value: string) => Buffer {
  // Without the length of an empty value.
  const start = toBlock({ ...fields, [last]: "" }).subarray(0, -1);
  return (value) => {
    const { length } = value;
    if (length >= LONG_STRING) return Buffer.concat([start, toString(value)]);
    const block = Buffer.allocUnsafe(start.length + 1 + length);
    block.set(start);
    block[start.length] = length;
    block.write(value, start.length + 1, "latin1");
    return block;
  };
}

/** From so many bytes on, a length takes more than one byte itself. */
const LONG_STRING = 127;

/** Not in Huffman's code: what it saves on the wire is not worth its time here. */
function toString(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  return Buffer.concat([toInteger(bytes.length, 7), bytes]);
}

function toInteger(value: number, prefixBits: number): Uint8Array {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return Uint8Array.of(value);
  const bytes = [mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}
