/** A discrete Fourier transform of one length, with its tables. */
export interface Fft {
  readonly size: number;
  /**
   * `X[k] = Σ x[n] exp(-2πi k n / size)`, in place, not scaled.
   *
   * @param real `[size]`
   * @param imaginary `[size]`
   */
  transform(real: Float64Array, imaginary: Float64Array): void;
}

/**
 * Fast for every length whose prime factors are small: 400 and 480 as well as powers of two. A
 * prime factor p costs p operations an element, so it is right for any length.
 *
 * Source: the self-sorting algorithm of T. G. Stockham (1966), with a butterfly for any radix.
 */
export function makeFft(size: number): Fft {
  const factors = factorsOf(size);
  const cosines = Float64Array.from({ length: size }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size }, (_, k) => -Math.sin((2 * Math.PI * k) / size));
  const spareReal = new Float64Array(size);
  const spareImaginary = new Float64Array(size);
  const tables = { size, cosines, sines };
  return {
    size,
    transform(real, imaginary) {
      let from: Complex = { real, imaginary };
      let to: Complex = { real: spareReal, imaginary: spareImaginary };
      let stride = 1;
      for (const radix of factors) {
        butterflies(from, to, radix, stride, tables);
        [from, to] = [to, from];
        stride *= radix;
      }
      if (from.real !== real) {
        real.set(from.real);
        imaginary.set(from.imaginary);
      }
    },
  };
}

interface Complex {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Roots of unity, `exp(-2πi k / size)`. */
interface Tables {
  readonly size: number;
  readonly cosines: Float64Array;
  readonly sines: Float64Array;
}

/**
 * One stage: `stride` interleaved transforms of `size / stride` become `stride * radix` of a length
 * that is shorter by the radix.
 */
function butterflies(from: Complex, to: Complex, radix: number, stride: number, t: Tables): void {
  const { size, cosines, sines } = t;
  const parts = size / stride / radix;
  const step = size / radix;
  for (let part = 0; part < parts; part++) {
    for (let place = 0; place < radix; place++) {
      const turn = part * place * stride; // at most size: part < parts and place < radix
      const out = stride * (part * radix + place);
      for (let lane = 0; lane < stride; lane++) {
        let real = 0;
        let imaginary = 0;
        // The twiddle factor is part of the angle: exp(-2πi (turn + leg * place * step) / size).
        let angle = turn;
        let at = lane + stride * part;
        for (let leg = 0; leg < radix; leg++) {
          const x = from.real[at]!;
          const y = from.imaginary[at]!;
          const c = cosines[angle]!;
          const s = sines[angle]!;
          real += x * c - y * s;
          imaginary += x * s + y * c;
          at += stride * parts;
          angle += place * step;
          if (angle >= size) angle -= size;
        }
        to.real[out + lane] = real;
        to.imaginary[out + lane] = imaginary;
      }
    }
  }
}

/** Fours first, as they cost less than two twos; then primes, in order. */
function factorsOf(size: number): number[] {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`no transform has length ${size}`);
  const factors: number[] = [];
  let rest = size;
  for (let factor = 4; rest > 1;) {
    if (rest % factor === 0) {
      factors.push(factor);
      rest /= factor;
    } else if (factor === 4) factor = 2;
    else factor = factor === 2 ? 3 : factor + 2;
  }
  return factors;
}
