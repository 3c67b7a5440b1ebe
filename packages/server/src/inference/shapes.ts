import { fail, type InferRequest, type Signature } from "@longshore/core";

/** Gives requests that may share a run the same key, and others another. */
export type GroupKey = (request: InferRequest) => string;

/**
 * Makes the key of a model's requests. Rows may differ; everything else that shapes the run (the
 * other axes, the outputs asked for) may not.
 *
 * Axes that the signature fixes are left out: checked requests cannot differ there.
 */
export function toGroupKey(signature: Signature, batchable: boolean): GroupKey {
  const varies =
    batchable &&
    signature.inputs.some((input) => input.shape.slice(1).some((axis) => typeof axis !== "number"));
  return (request) => {
    const outputs = request.outputs?.join("\0") ?? "";
    if (!varies) return outputs;
    let key = outputs;
    for (const { name } of signature.inputs) {
      const shape = request.inputs.get(name)?.shape ?? [];
      for (let axis = 1; axis < shape.length; axis++) key += `,${shape[axis]}`;
      key += ";";
    }
    return key;
  };
}

/** Rows of a checked request to a model with a batch axis: all its inputs have as many. */
export function rowsOf(request: InferRequest): number {
  for (const tensor of request.inputs.values()) return tensor.shape[0] ?? 1;
  return 1;
}

/**
 * Checks that all inputs of a request to a model with a batch axis have as many rows.
 *
 * @throws LongshoreError BATCH_MISMATCH.
 */
export function checkRows(request: InferRequest): void {
  const rows = rowsOf(request);
  for (const tensor of request.inputs.values()) {
    if (tensor.shape[0] === rows) continue;
    const got = [...request.inputs].map(([name, { shape }]) => `"${name}" has ${shape[0]}`);
    throw fail("BATCH_MISMATCH", { got: got.join(", ") });
  }
}
