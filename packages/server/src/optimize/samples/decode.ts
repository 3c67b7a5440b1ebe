import { decodePredict, type Signature, type Tensors } from "@longshore/core";

/** The user's own file: what a server must refuse of strangers is no danger here. */
const LIMITS = { maxElements: 2 ** 31, maxDepth: 64 };

/**
 * The inputs in a body of the predict route.
 *
 * @param file what error messages call the model whose inputs they are.
 * @throws LongshoreError as `decodePredict`.
 */
export function decodeBody(body: string, signature: Signature, file: string): Tensors {
  const bytes = new TextEncoder().encode(body);
  return decodePredict(bytes, { name: file, signature }, LIMITS).request.inputs;
}
