import { test } from "node:test";
import fc from "fast-check";
import { makeFft } from "./fft.ts";
import { assertClose } from "./vectors.test.ts";

/** The definition, term by term. */
function slowTransform(real: Float64Array, imaginary: Float64Array): [number[], number[]] {
  const size = real.length;
  const sums = Array.from({ length: size }, (_, k) => {
    let [x, y] = [0, 0];
    for (let n = 0; n < size; n++) {
      const angle = (-2 * Math.PI * ((k * n) % size)) / size;
      x += real[n]! * Math.cos(angle) - imaginary[n]! * Math.sin(angle);
      y += real[n]! * Math.sin(angle) + imaginary[n]! * Math.cos(angle);
    }
    return [x, y] as const;
  });
  return [sums.map(([x]) => x), sums.map(([, y]) => y)];
}

const complexes = fc.integer({ min: 1, max: 130 }).chain((size) => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
    minLength: size,
    maxLength: size,
  });
  return fc.tuple(values, values);
});

test("equals the definition, for every length", () => {
  fc.assert(
    fc.property(complexes, ([x, y]) => {
      const [real, imaginary] = [Float64Array.from(x), Float64Array.from(y)];
      const [expectedReal, expectedImaginary] = slowTransform(real, imaginary);
      makeFft(x.length).transform(real, imaginary);
      assertClose(real, expectedReal, 1e-11);
      assertClose(imaginary, expectedImaginary, 1e-11);
    }),
  );
});

test("the lengths that audio models use", () => {
  for (const size of [200, 256, 400, 480, 512, 1024]) {
    const real = Float64Array.from({ length: size }, (_, n) => Math.sin(n * n));
    const imaginary = Float64Array.from({ length: size }, (_, n) => Math.cos(3 * n));
    const [expectedReal, expectedImaginary] = slowTransform(real, imaginary);
    makeFft(size).transform(real, imaginary);
    assertClose(real, expectedReal, 1e-10);
    assertClose(imaginary, expectedImaginary, 1e-10);
  }
});
