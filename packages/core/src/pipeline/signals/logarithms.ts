/** What a spectrogram's powers become, in place. */
export interface Logarithm {
  apply(powers: Float64Array): void;
  /** Frames left out at the end. */
  readonly dropped?: number;
}

/** Below `floor`, powers count as that much; decibels end `range` below the loudest. */
interface Limits {
  readonly floor: number;
  readonly range: number;
}

/** The logarithms that models are trained on, each over one recording. */
export const LOGARITHMS: Readonly<
  Record<"db" | "db-max" | "ln" | "log10" | "whisper" | "none", (limits: Limits) => Logarithm>
> = {
  /** `librosa.power_to_db(ref=1.0)` */
  db: ({ floor, range }) => ({ apply: (powers) => decibels(powers, floor, range, () => 1) }),
  /** `librosa.power_to_db(ref=np.max)` */
  "db-max": ({ floor, range }) => ({ apply: (powers) => decibels(powers, floor, range, largest) }),
  ln: ({ floor }) => ({ apply: (powers) => replace(powers, (x) => Math.log(Math.max(floor, x))) }),
  log10: ({ floor }) => ({
    apply: (powers) => replace(powers, (x) => Math.log10(Math.max(floor, x))),
  }),
  /** A. Radford et al. (2022), Robust Speech Recognition: `log_mel_spectrogram` of its code. */
  whisper: ({ floor }) => ({
    dropped: 1,
    apply(powers) {
      replace(powers, (x) => Math.log10(Math.max(floor, x)));
      const least = largest(powers) - 8;
      replace(powers, (x) => (Math.max(least, x) + 4) / 4);
    },
  }),
  none: () => ({ apply: () => {} }),
};

function decibels(
  powers: Float64Array,
  floor: number,
  range: number,
  referenceOf: (powers: Float64Array) => number,
): void {
  const reference = 10 * Math.log10(Math.max(floor, referenceOf(powers)));
  replace(powers, (x) => 10 * Math.log10(Math.max(floor, x)) - reference);
  const least = largest(powers) - range;
  replace(powers, (x) => Math.max(least, x));
}

function replace(values: Float64Array, change: (value: number) => number): void {
  for (let index = 0; index < values.length; index++) values[index] = change(values[index]!);
}

function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
