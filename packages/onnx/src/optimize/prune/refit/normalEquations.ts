import type { Tensor } from "@longshore/core";
import { model, node } from "../../../build.ts";
import type { OpenModel, RunnableModel } from "../../runtime.ts";
import { solveCholesky } from "./cholesky.ts";

/** Rows that are multiplied at once: enough for the runtime to be fast, few enough to be small. */
const CHUNK = 512;

/** What to change weights by, and what that does to the sum of squared errors. */
export interface Correction {
  /** By output: [outputs, features]. */
  readonly weights: Float64Array;
  readonly errorBefore: number;
  readonly errorAfter: number;
}

/**
 * Linear least squares over rows that come one after another: the correction Δ of a layer's weights
 * that makes `Σ ‖residual − feature·Δ‖² + ridge·‖Δ‖²` smallest. As Δ = 0 is among the choices, the
 * error never grows. In memory are a chunk of rows and the matrices of the normal equations,
 * `(FᵀF + ridge)·Δ = FᵀR`; the runtime multiplies, in double precision.
 */
export class NormalEquations {
  readonly #features: number;
  readonly #outputs: number;
  readonly #product: RunnableModel;
  readonly #featureRows: Float64Array;
  readonly #residualRows: Float64Array;
  /** `FᵀF`, then `RᵀF`: [features + outputs, features]. */
  readonly #system: Float64Array;
  #filled = 0;
  #squares = 0;

  private constructor(features: number, outputs: number, product: RunnableModel) {
    this.#features = features;
    this.#outputs = outputs;
    this.#product = product;
    this.#featureRows = new Float64Array(CHUNK * features);
    this.#residualRows = new Float64Array(CHUNK * outputs);
    this.#system = new Float64Array((features + outputs) * features);
  }

  /** @param open must see to closing what it opens. */
  static async open(features: number, outputs: number, open: OpenModel): Promise<NormalEquations> {
    return new NormalEquations(features, outputs, await open(PRODUCTS));
  }

  /** Adds a row; `fill` writes its features and its residuals to where they are asked for. */
  async add(fill: (features: Float64Array, residuals: Float64Array) => void): Promise<void> {
    const [f, r] = [this.#features, this.#outputs];
    const row = this.#filled;
    const residuals = this.#residualRows.subarray(row * r, (row + 1) * r);
    fill(this.#featureRows.subarray(row * f, (row + 1) * f), residuals);
    this.#filled += 1;
    if (this.#filled === CHUNK) await this.#flush();
  }

  async #flush(): Promise<void> {
    const rows = this.#filled;
    if (rows === 0) return;
    this.#filled = 0;
    const matrix = (data: Float64Array, columns: number): Tensor => ({
      datatype: "FP64",
      shape: [rows, columns],
      data: data.subarray(0, rows * columns),
    });
    const features = matrix(this.#featureRows, this.#features);
    const residuals = matrix(this.#residualRows, this.#outputs);
    const products = await this.#product.run(
      new Map([
        ["features", features],
        ["residuals", residuals],
      ]),
    );
    addTo(this.#system, products.get("gram")!);
    addTo(this.#system.subarray(this.#features ** 2), products.get("cross")!);
    for (const value of residuals.data as Float64Array) this.#squares += value ** 2;
  }

  /**
   * @param ridge relative to the mean square of a feature.
   * @param free features at the end that the ridge leaves alone, such as a constant one.
   * @returns undefined if the data are not finite, or there are none.
   */
  async solve(ridge: number, free = 0): Promise<Correction | undefined> {
    await this.#flush();
    const system = this.#system;
    const size = this.#features;
    const penalised = size - free;
    let trace = 0;
    for (let at = 0; at < penalised; at++) trace += system[at * (size + 1)]!;
    const penalty = (ridge * trace) / penalised;
    for (let at = 0; at < penalised; at++) system[at * (size + 1)]! += penalty;
    const product = solveCholesky(system, size);
    if (product === undefined) return undefined;
    const weights = system.subarray(size * size);
    let squares = 0;
    for (const [at, weight] of weights.entries()) if (at % size < penalised) squares += weight ** 2;
    // From (FᵀF + ridge)·Δ = FᵀR: the error falls by ΔᵀFᵀR + ridge·‖Δ‖².
    const errorAfter = this.#squares - product - penalty * squares;
    if (!Number.isFinite(errorAfter)) return undefined;
    return { weights, errorBefore: this.#squares, errorAfter };
  }
}

function addTo(sum: Float64Array, { data }: Tensor): void {
  const terms = data as Float64Array;
  for (let at = 0; at < terms.length; at++) sum[at]! += terms[at]!;
}

const matrix = (name: string, ...shape: readonly string[]) =>
  ({ name, datatype: "FP64", shape }) as const;

/** `features` [N, F] and `residuals` [N, R] to `gram` [F, F] and `cross` [R, F]. */
const PRODUCTS = model({
  inputs: [matrix("features", "N", "F"), matrix("residuals", "N", "R")],
  outputs: [matrix("gram", "F", "F"), matrix("cross", "R", "F")],
  nodes: [
    node("Gemm", ["features", "features"], ["gram"], { transA: 1 }),
    node("Gemm", ["residuals", "features"], ["cross"], { transA: 1 }),
  ],
});
