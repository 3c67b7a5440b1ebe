/** How a resized pixel weighs the pixels that it comes from. */
export type Filter = "nearest" | "bilinear" | "bicubic" | "lanczos";

/** A filter's curve: weight by distance, in pixels of the coarser image; 0 from `support` on. */
interface Kernel {
  readonly support: number;
  readonly weight: (distance: number) => number;
}

/** The curves of PIL's `Resampling`; `nearest` has none. */
export const KERNELS: Readonly<Record<Exclude<Filter, "nearest">, Kernel>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: cubic },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Keys' cubic convolution with a = -1/2, which is also the Catmull-Rom spline. */
function cubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}
