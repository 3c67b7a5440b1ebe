/**
 * A text's UTF-8 as one visible character a byte, as A. Radford et al. (2019) write it in GPT-2's
 * vocabulary: printable bytes of Latin-1 as themselves, the others from U+0100 on, in order.
 */
export function toByteCharacters(text: string): string {
  let characters = "";
  for (const byte of encoder.encode(text)) characters += CHARACTERS[byte]!;
  return characters;
}

const encoder = new TextEncoder();

const CHARACTERS = makeCharacters();

function makeCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
}
