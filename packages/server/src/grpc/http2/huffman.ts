/**
 * Bits of each byte's code, less five, in base 36; the last is the end of a string. The code is
 * canonical: of the same length, codes follow one another in the order of their bytes.
 *
 * Source: RFC 7541, appendix B.
 */
const LENGTHS =
  "8innnnnnnjpnnpnnnnnnnnpnnnnnnnnn1557813655363111000111111123a175" +
  "8122222222222222222222223238e891a01010111022111012100122222a698n" +
  "fhffhhhihiiiiijijjhijiiiighihiijhgfhhiigihhjghiigghgihiifhhhihhi" +
  "llfehihklllmmljkeglmmlmjggllnmmmfjfghggihhkkjjlilmllmmmmmnmmmmml" +
  "p";
const SHORTEST = 5;
const LONGEST = 30;
const END = 256;

/** Of each length: its first code, and where the bytes of its codes begin in {@link SYMBOLS}. */
const FIRST_CODES = new Int32Array(LONGEST + 2);
const FIRST_SYMBOLS = new Int32Array(LONGEST + 2);
const SYMBOLS = new Uint16Array(END + 1);

{
  let code = 0;
  let count = 0;
  for (let length = SHORTEST; length <= LONGEST; length++) {
    FIRST_CODES[length] = code;
    FIRST_SYMBOLS[length] = count;
    for (let symbol = 0; symbol <= END; symbol++) {
      if (Number.parseInt(LENGTHS[symbol]!, 36) + SHORTEST === length) SYMBOLS[count++] = symbol;
    }
    code = (code + count - FIRST_SYMBOLS[length]!) << 1;
  }
  FIRST_SYMBOLS[LONGEST + 1] = count;
}

/**
 * Decodes a string of HPACK, one character a byte.
 *
 * @returns undefined where it is none: it holds the code of its end, or does not end in fewer than
 *   eight ones.
 */
export function decodeHuffman(bytes: Uint8Array): string | undefined {
  // The shortest code has five bits.
  const text = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / SHORTEST));
  let count = 0;
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      if (++length < SHORTEST) continue;
      const index = FIRST_SYMBOLS[length]! + code - FIRST_CODES[length]!;
      if (index >= FIRST_SYMBOLS[length + 1]!) continue;
      const symbol = SYMBOLS[index]!;
      if (symbol === END) return undefined;
      text[count++] = symbol;
      code = 0;
      length = 0;
    }
  }
  if (length > 7 || code !== (1 << length) - 1) return undefined;
  return text.toString("latin1", 0, count);
}
