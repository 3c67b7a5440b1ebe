import { fail } from "../errors.ts";

/** The one signature that an ONNX model has, by the name that clients of TensorFlow ask for. */
export const SIGNATURE_NAME = "serving_default";

/**
 * Checks the name of the signature that a caller wants; an empty one is the default.
 *
 * @throws LongshoreError FIELD_INVALID
 */
export function checkSignatureName(name: string): void {
  if (name === "" || name === SIGNATURE_NAME) return;
  const problem = `Serving signature name: "${name}" not found in signature def; send "${SIGNATURE_NAME}", or leave the field out`;
  throw fail("FIELD_INVALID", { field: "signature_name", where: "", problem });
}
