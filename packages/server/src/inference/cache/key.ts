import { createHash } from "node:crypto";
import { isStrings, toBytes, type InferRequest, type Tensor } from "@longshore/core";

/**
 * The key of a request's answer: SHA-256 over all that a model without a memory can depend on, so
 * inputs (in whatever order) and the outputs that are wanted (in theirs).
 *
 * Different requests are different before they are hashed: a head in JSON, which ends where its
 * outermost bracket closes, says of each input how many of the bytes that follow are its own. Texts
 * are in the head, where JSON also keeps apart what has no form in UTF-8.
 */
export function cacheKey({ inputs, outputs }: InferRequest): string {
  const digest = createHash("sha256");
  for (const chunk of keyText(inputs, outputs)) digest.update(chunk);
  return digest.digest("base64url");
}

/** What is hashed. */
export function keyText(
  inputs: InferRequest["inputs"],
  outputs: readonly string[] | undefined,
): (string | Uint8Array)[] {
  const byName = [...inputs].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const about = byName.map(([name, tensor]) => [
    name,
    tensor.datatype,
    tensor.shape,
    isStrings(tensor.data) ? tensor.data : tensor.data.byteLength,
  ]);
  const head = JSON.stringify([outputs ?? null, about]);
  return [head, ...byName.flatMap(([, tensor]) => bytesOf(tensor))];
}

function bytesOf({ data }: Tensor): Uint8Array[] {
  return isStrings(data) ? [] : [toBytes(data)];
}
