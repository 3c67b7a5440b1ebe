/** A recording, mixed down to one channel. */
export interface Recording {
  /** -1 to 1, unless the file holds floats beyond. */
  readonly samples: Float32Array;
  /** Samples a second. */
  readonly rate: number;
}

/** What is wrong with a WAV file, in words for whoever sent it. */
export class WavProblem extends Error {
  override readonly name = "WavProblem";
}

/** Format tags of a WAV file's samples. */
const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;

/** What a writer that cannot go back puts where a length belongs. */
const UNKNOWN_LENGTH = 0xffffffff;

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, floats of 32 or 64, A-law and µ-law, plain or
 * extensible, any number of channels, whose mean it takes.
 *
 * @param maxSeconds longer ones are refused before anything is computed.
 * @throws WavProblem
 */
export function decodeWav(bytes: Uint8Array, maxSeconds: number): Recording {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { format, data } = findChunks(view);
  const { channels, rate, width, read } = readFormat(format);
  const block = channels * width;
  const count = Math.floor(data.byteLength / block);
  const seconds = count / rate;
  if (seconds > maxSeconds)
    throw new WavProblem(
      `the recording is ${seconds.toFixed(1)} s long; the limit is ${maxSeconds} s`,
    );
  const samples = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += read(data, index * block + channel * width);
    samples[index] = sum / channels;
    // A double may be too large for a float.
    if (!Number.isFinite(samples[index]))
      throw new WavProblem(`sample ${index} is not a finite number`);
  }
  return { samples, rate };
}

/** Microsoft and IBM (1991), Multimedia Programming Interface: RIFF files are chunks. */
function findChunks(view: DataView): { format: DataView; data: DataView } {
  if (view.byteLength < 12 || name(view, 0) !== "RIFF" || name(view, 8) !== "WAVE")
    throw new WavProblem(`it is not a WAV file${otherFormat(view)}`);
  let format: DataView | undefined;
  for (let at = 12; at + 8 <= view.byteLength;) {
    const chunk = name(view, at);
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    const there = view.byteLength - start;
    if (chunk === "data") {
      if (format === undefined) throw new WavProblem("its samples come before their format");
      if (length !== UNKNOWN_LENGTH && length > there)
        throw new WavProblem(`it is truncated: it announces ${length} bytes and has ${there}`);
      return { format, data: part(view, start, Math.min(length, there)) };
    }
    if (length > there) throw new WavProblem(`it is truncated in its chunk "${chunk}"`);
    if (chunk === "fmt ") format = part(view, start, length);
    // Chunks begin at even places.
    at = start + length + (length % 2);
  }
  throw new WavProblem(`it has no ${format === undefined ? "format" : "samples"}`);
}

interface SampleFormat {
  readonly channels: number;
  readonly rate: number;
  /** Bytes of a sample of one channel. */
  readonly width: number;
  readonly read: (view: DataView, at: number) => number;
}

function readFormat(view: DataView): SampleFormat {
  if (view.byteLength < 16) throw new WavProblem("its format is too short");
  const channels = view.getUint16(2, true);
  const rate = view.getUint32(4, true);
  const block = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  let tag = view.getUint16(0, true);
  if (tag === EXTENSIBLE) {
    if (view.byteLength < 26) throw new WavProblem("its extensible format is too short");
    tag = view.getUint16(24, true);
  }
  const read = READERS.get(`${tag}/${bits}`);
  if (read === undefined)
    throw new WavProblem(
      `its samples are of format ${tag} with ${bits} bits; PCM of 8, 16, 24 or 32 bits, floats of ` +
        "32 or 64, A-law and µ-law are read",
    );
  const width = bits / 8;
  if (channels === 0 || rate === 0 || block !== channels * width)
    throw new WavProblem(
      `its format is not valid: ${channels} channels of ${bits} bits in blocks of ${block} bytes, ` +
        `${rate} a second`,
    );
  return { channels, rate, width, read };
}

/** By format tag and bits a sample. Whole numbers are divided so that -1 is the lowest. */
const READERS: ReadonlyMap<string, SampleFormat["read"]> = new Map([
  [`${PCM}/8`, (view, at) => (view.getUint8(at) - 128) / 128],
  [`${PCM}/16`, (view, at) => view.getInt16(at, true) / 2 ** 15],
  [
    `${PCM}/24`,
    (view, at) => (view.getInt8(at + 2) * 2 ** 16 + view.getUint16(at, true)) / 2 ** 23,
  ],
  [`${PCM}/32`, (view, at) => view.getInt32(at, true) / 2 ** 31],
  [`${FLOAT}/32`, (view, at) => view.getFloat32(at, true)],
  [`${FLOAT}/64`, (view, at) => view.getFloat64(at, true)],
  [`${A_LAW}/8`, (view, at) => fromALaw(view.getUint8(at))],
  [`${MU_LAW}/8`, (view, at) => fromMuLaw(view.getUint8(at))],
]);

/** ITU-T G.711, µ-law: sign, 3 bits of exponent, 4 of mantissa, all inverted. */
function fromMuLaw(code: number): number {
  const bits = ~code & 0xff;
  const size = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -size : size) / 2 ** 15;
}

/** ITU-T G.711, A-law: sign, 3 bits of exponent, 4 of mantissa, every other bit inverted. */
function fromALaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return (bits & 0x80 ? size : -size) / 2 ** 15;
}

function name(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
}

function part(view: DataView, start: number, length: number): DataView {
  return new DataView(view.buffer, view.byteOffset + start, length);
}

/** What people send for a WAV file. */
function otherFormat(view: DataView): string {
  if (view.byteLength < 4) return "";
  const start = name(view, 0);
  const names: Readonly<Record<string, string>> = {
    OggS: "Ogg",
    fLaC: "FLAC",
    RIFX: "a big-endian WAV (RIFX)",
    RF64: "a 64-bit WAV (RF64)",
    FORM: "AIFF",
  };
  const isMp3 =
    start.startsWith("ID3") || (view.getUint8(0) === 0xff && (view.getUint8(1) & 0xe0) === 0xe0);
  const found = isMp3 ? "MP3" : names[start];
  return found === undefined ? "" : ` but ${found}; convert it to WAV`;
}
