import { StepProblem } from "../step.ts";
import type { Normalize } from "./normalize.ts";

/**
 * The table of a SentencePiece model: what stands for what, such as NFKC with exceptions. First a
 * trie over UTF-8 as a double array, which gives places in the texts that follow, each ended by a 0.
 *
 * A run of characters that looks like one (a grapheme) of fewer than 6 bytes is replaced as a whole
 * where the table knows how it begins; else each of its characters is.
 *
 * Source: `spm_precompiled`, which Rust's crate `tokenizers` uses; S. Yata, Darts-clone.
 *
 * @param base64 `precompiled_charsmap`.
 * @throws StepProblem if it is damaged.
 */
export function precompiled(base64: string): Normalize {
  const { trie, texts } = parse(base64);
  const replacementOf = (part: string): string | undefined => {
    const place = findShortest(trie, encoder.encode(part));
    if (place === undefined) return undefined;
    const end = texts.indexOf(0, place);
    return decoder.decode(texts.subarray(place, end === -1 ? texts.length : end));
  };
  // Characters come again and again.
  const known = new Map<string, string>();
  const replace = (grapheme: string): string => {
    const whole = encoder.encode(grapheme).length < 6 ? replacementOf(grapheme) : undefined;
    return whole ?? [...grapheme].map((part) => replacementOf(part) ?? part).join("");
  };
  return (text) => {
    let normalized = "";
    for (const { segment } of graphemes.segment(text)) {
      let replaced = known.get(segment);
      if (replaced === undefined) {
        replaced = replace(segment);
        if (known.size === KEPT_GRAPHEMES) known.clear();
        known.set(segment, replaced);
      }
      normalized += replaced;
    }
    return normalized;
  };
}

const KEPT_GRAPHEMES = 10_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

function parse(base64: string): { trie: Uint32Array; texts: Uint8Array } {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const length = new DataView(bytes.buffer).getUint32(0, true);
    // Copied, as a view must begin at a multiple of 4.
    const trie = new Uint32Array(bytes.slice(4, 4 + length).buffer);
    if (trie.byteLength !== length || length === 0) throw new RangeError("too short");
    return { trie, texts: bytes.subarray(4 + length) };
  } catch {
    throw new StepProblem("its precompiled_charsmap is damaged", "file");
  }
}

/** The value of the shortest key that the bytes begin with. */
function findShortest(trie: Uint32Array, bytes: Uint8Array): number | undefined {
  let place = childrenOf(trie[0]!);
  for (const byte of bytes) {
    if (byte === 0) return undefined;
    place ^= byte;
    const unit = trie[place];
    if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    place ^= childrenOf(unit);
    const hasValue = ((unit >>> 8) & 1) === 1;
    if (hasValue) return trie[place]! & 0x7fffffff;
  }
  return undefined;
}

/** Offset of a unit's children: 21 bits, or 13 bits and then 8 of zeros. */
function childrenOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
