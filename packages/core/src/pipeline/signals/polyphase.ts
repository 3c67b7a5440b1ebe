/** A change of rate by `up / down`, with its filter. */
export interface Resampler {
  /** Number of samples that so many give: `ceil(samples * up / down)`. */
  length(samples: number): number;
  resample(samples: Float32Array): Float32Array;
}

/** A whole-number ratio in lowest terms. */
export interface Ratio {
  readonly up: number;
  readonly down: number;
}

/** Longest filter: 20 times the larger of `up` and `down`, so memory is bounded by this. */
const MAX_FACTOR = 65_536;

/**
 * The ratio of two rates. Rates that are no whole numbers are taken to a millionth.
 *
 * @returns undefined if its terms are so large that the filter would be, too.
 */
export function ratioOf(from: number, to: number): Ratio | undefined {
  const scale = Number.isInteger(from) && Number.isInteger(to) ? 1 : 1e6;
  const [down, up] = [Math.round(from * scale), Math.round(to * scale)];
  const divisor = greatestDivisor(up, down);
  const ratio = { up: up / divisor, down: down / divisor };
  return divisor > 0 && Math.max(ratio.up, ratio.down) <= MAX_FACTOR ? ratio : undefined;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/**
 * `scipy.signal.resample_poly(x, up, down)`: upsampled with zeros, filtered with a sinc under a
 * Kaiser window (β = 5), and downsampled; only what is kept is computed. The recording is silent
 * before its start and after its end.
 */
export function makeResampler({ up, down }: Ratio): Resampler {
  const length = (samples: number): number => Math.ceil((samples * up) / down);
  if (up === 1 && down === 1) return { length, resample: (samples) => samples };
  const half = 10 * Math.max(up, down);
  const filter = lowPass(half, 1 / Math.max(up, down), up);
  // Outputs at the same distance from their inputs share a phase: every up-th tap of the filter.
  const phases = Array.from({ length: up }, (_, phase) =>
    Float64Array.from(
      { length: Math.ceil((filter.length - phase) / up) },
      (_none, index) => filter[phase + index * up]!,
    ),
  );
  return {
    length,
    resample(samples) {
      const out = new Float32Array(length(samples.length));
      for (let index = 0; index < out.length; index++) {
        const place = half + index * down;
        const newest = Math.floor(place / up);
        const taps = phases[place % up]!;
        const end = Math.min(taps.length, newest + 1);
        let sum = 0;
        for (let tap = Math.max(0, newest - samples.length + 1); tap < end; tap++)
          sum += taps[tap]! * samples[newest - tap]!;
        out[index] = sum;
      }
      return out;
    },
  };
}

/**
 * `scipy.signal.firwin(2 * half + 1, cutoff, window=("kaiser", 5.0)) * gain`.
 *
 * @param cutoff as a share of half the sample rate.
 */
function lowPass(half: number, cutoff: number, gain: number): Float64Array {
  const taps = Float64Array.from({ length: 2 * half + 1 }, (_, index) => {
    const at = Math.PI * cutoff * (index - half);
    const sinc = at === 0 ? 1 : Math.sin(at) / at;
    return sinc * bessel(5 * Math.sqrt(1 - ((index - half) / half) ** 2));
  });
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((tap) => (tap * gain) / sum);
}

/** The modified Bessel function I₀ by its power series, to the last bit for what a window asks. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
