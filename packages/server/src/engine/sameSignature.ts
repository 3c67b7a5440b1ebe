import { formatSpec, type Signature, type TensorSpec } from "@longshore/core";

/**
 * How the inputs and outputs of a model differ from those of the one that it stands in for, in the
 * eyes of callers; undefined if they do not. A length that only one of the two states is no
 * difference.
 */
export function differenceOf(original: Signature, other: Signature): string | undefined {
  return (
    differenceAmong("input", original.inputs, other.inputs) ??
    differenceAmong("output", original.outputs, other.outputs)
  );
}

function differenceAmong(
  kind: string,
  originals: readonly TensorSpec[],
  others: readonly TensorSpec[],
): string | undefined {
  const names = (specs: readonly TensorSpec[]): string => specs.map(({ name }) => name).join(", ");
  if (names(originals) !== names(others))
    return `its ${kind}s are ${names(others)} instead of ${names(originals)}`;
  for (const [index, original] of originals.entries()) {
    const other = others[index]!;
    const { name, labels = [] } = original;
    if (!fits(original, other))
      return `its ${kind} "${name}" is ${formatSpec(other)} instead of ${formatSpec(original)}`;
    if (labels.join("\n") !== (other.labels ?? []).join("\n"))
      return `its ${kind} "${name}" has other labels than the original's`;
  }
  return undefined;
}

function fits(original: TensorSpec, other: TensorSpec): boolean {
  return (
    original.datatype === other.datatype &&
    original.shape.length === other.shape.length &&
    original.shape.every((length, axis) => {
      const own = other.shape[axis]!;
      return typeof length === "string" || typeof own === "string" || length === own;
    })
  );
}
