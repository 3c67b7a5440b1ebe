import { makeFft } from "./fft.ts";

/** What a spectrogram is made with; lengths in samples. */
export interface SpectrogramOptions {
  /** Length of the transform. */
  readonly size: number;
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** Length of the Hann window, in the middle of the transform. */
  readonly window: number;
  /**
   * What stands before and after the recording, so that frame t is centred on sample t * hop;
   * `none`: it starts there.
   */
  readonly pad: "zero" | "reflect" | "none";
}

/** Makes spectrograms; keeps its tables from one to the next. */
export interface Spectrograms {
  /** `size / 2 + 1` frequencies, from 0 to half the sample rate. */
  readonly bins: number;
  /** Number of frames that so many samples give. */
  frames(samples: number): number;
  /**
   * Calls back with each frame's power |X|², one after another: `[bins]`, overwritten by the next.
   */
  eachFrame(samples: Float32Array, take: (power: Float64Array, frame: number) => void): void;
}

/**
 * Short-time Fourier transforms, as librosa's `stft` frames them, with a periodic Hann window.
 * Frames are real, so two of them make one complex transform.
 */
export function makeSpectrograms({ size, hop, window, pad }: SpectrogramOptions): Spectrograms {
  const fft = makeFft(size);
  const bins = Math.floor(size / 2) + 1;
  const margin = pad === "none" ? 0 : Math.floor(size / 2);
  const weights = hannWindow(window);
  const lead = Math.floor((size - window) / 2);
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  const power = new Float64Array(bins);

  const frames = (samples: number): number =>
    samples + 2 * margin < size ? 0 : 1 + Math.floor((samples + 2 * margin - size) / hop);

  const fill = (into: Float64Array, samples: Float32Array, frame: number): void => {
    into.fill(0);
    const start = frame * hop - margin + lead;
    for (let index = 0; index < window; index++) {
      let at = start + index;
      if (at < 0 || at >= samples.length) {
        if (pad !== "reflect") continue;
        at = reflect(at, samples.length);
      }
      into[lead + index] = samples[at]! * weights[index]!;
    }
  };

  return {
    bins,
    frames,
    eachFrame(samples, take) {
      const count = frames(samples.length);
      for (let frame = 0; frame < count; frame += 2) {
        const two = frame + 1 < count;
        fill(real, samples, frame);
        if (two) fill(imaginary, samples, frame + 1);
        else imaginary.fill(0);
        fft.transform(real, imaginary);
        // With z = a + ib for real a and b: 2A[k] = Z[k] + Z*[-k] and 2iB[k] = Z[k] - Z*[-k].
        for (const second of two ? [false, true] : [false]) {
          const sign = second ? -1 : 1;
          for (let k = 0; k < bins; k++) {
            const mirrored = k === 0 ? 0 : size - k;
            const x = (real[k]! + sign * real[mirrored]!) / 2;
            const y = (imaginary[k]! - sign * imaginary[mirrored]!) / 2;
            power[k] = x * x + y * y;
          }
          take(power, second ? frame + 1 : frame);
        }
      }
    },
  };
}

/** A place outside, mirrored about the first or last sample, which itself is not repeated. */
function reflect(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((at % period) + period) % period;
  return within < length ? within : period - within;
}

/** `scipy.signal.get_window("hann", length)`: periodic, for spectra. */
function hannWindow(length: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length),
  );
}
