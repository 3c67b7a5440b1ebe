/** What mel filters are made with; frequencies in Hz. */
export interface MelOptions {
  /** Samples a second. */
  readonly rate: number;
  /** Length of the transform. */
  readonly size: number;
  readonly mels: number;
  readonly lowest: number;
  readonly highest: number;
  /** `slaney`: linear up to 1 kHz, then logarithmic; `htk`: logarithmic throughout. */
  readonly scale: "slaney" | "htk";
  /** `slaney`: each triangle has the same area; `none`: the same height, 1. */
  readonly norm: "slaney" | "none";
}

/** A triangle over the frequencies of a transform. Elsewhere it is 0. */
export interface MelFilter {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Triangles that overlap by half, evenly spaced in mel: `librosa.filters.mel`.
 *
 * @returns one a mel, from low to high. A triangle between two frequencies of the transform is empty.
 */
export function melFilters(options: MelOptions): MelFilter[] {
  const { rate, size, mels, lowest, highest, scale, norm } = options;
  const { toMel, toHertz } = SCALES[scale];
  const [low, high] = [toMel(lowest), toMel(highest)];
  const corners = Array.from({ length: mels + 2 }, (_, index) =>
    toHertz(low + ((high - low) * index) / (mels + 1)),
  );
  const bins = Math.floor(size / 2) + 1;
  return Array.from({ length: mels }, (_, mel) => {
    const [left, middle, right] = [corners[mel]!, corners[mel + 1]!, corners[mel + 2]!];
    const height = norm === "slaney" ? 2 / (right - left) : 1;
    const weightAt = (bin: number): number => {
      const frequency = (bin * rate) / size;
      const rising = (frequency - left) / (middle - left);
      const falling = (right - frequency) / (right - middle);
      return height * Math.max(0, Math.min(rising, falling));
    };
    const first = Math.min(bins, Math.max(0, Math.ceil((left * size) / rate)));
    const last = Math.min(bins - 1, Math.floor((right * size) / rate));
    const length = Math.max(0, last - first + 1);
    return { first, weights: Float64Array.from({ length }, (_, k) => weightAt(first + k)) };
  });
}

interface MelScale {
  toMel(hertz: number): number;
  toHertz(mel: number): number;
}

/** Where Slaney's scale turns logarithmic, and how steep it is there. */
const SLANEY = { hertz: 1000, mel: 15, perMel: 200 / 3, logStep: Math.log(6.4) / 27 };

const SCALES: Readonly<Record<MelOptions["scale"], MelScale>> = {
  /** M. Slaney (1998), Auditory Toolbox. */
  slaney: {
    toMel: (hertz) =>
      hertz < SLANEY.hertz
        ? hertz / SLANEY.perMel
        : SLANEY.mel + Math.log(hertz / SLANEY.hertz) / SLANEY.logStep,
    toHertz: (mel) =>
      mel < SLANEY.mel
        ? mel * SLANEY.perMel
        : SLANEY.hertz * Math.exp(SLANEY.logStep * (mel - SLANEY.mel)),
  },
  /** S. Young et al. (2006), The HTK Book. */
  htk: {
    toMel: (hertz) => 2595 * Math.log10(1 + hertz / 700),
    toHertz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
};
