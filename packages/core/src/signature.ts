import type { Datatype } from "./datatype.ts";
import type { Tensor } from "./tensor.ts";

/** A fixed length, or the name of a symbolic axis (`"N"`); `"?"` for an axis without a name. */
export type Dimension = number | string;

/** What a model says of one of its inputs or outputs. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly Dimension[];
  /** Class names along the last axis, where the graph tells them (a classifier's ZipMap). */
  readonly labels?: readonly string[];
}

/** What goes into a model and what comes out of it, in the graph's order. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** The shape as the Open Inference Protocol writes it: -1 for every symbolic axis. */
export function toWireShape(shape: readonly Dimension[]): number[] {
  return shape.map((dimension) => (typeof dimension === "number" ? dimension : -1));
}

/** `FP32[-1,3,224,224]`, as error messages and tables show it. */
export function formatSpec(spec: Pick<TensorSpec | Tensor, "datatype" | "shape">): string {
  return `${spec.datatype}[${toWireShape(spec.shape).join(",")}]`;
}

/** `"x", "y"`, as error messages list inputs and outputs. */
export function formatNames(specs: readonly Pick<TensorSpec, "name">[]): string {
  return specs.map(({ name }) => `"${name}"`).join(", ");
}
