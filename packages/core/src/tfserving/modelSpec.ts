import { fail } from "../errors.ts";
import type { ModelSpec } from "./messages/predict.ts";
import type { ServableSpec } from "./path.ts";

/**
 * Which version of which model a message is for.
 *
 * @throws LongshoreError FIELD_MISSING
 */
export function toServableSpec(spec: ModelSpec | undefined): ServableSpec {
  if (spec === undefined) throw missing("model_spec", "", "the name of a model, in a ModelSpec");
  const { name: model, version, version_label: label } = spec;
  if (model === "") throw missing("name", ' in "model_spec"', "the name of a model");
  if (version !== undefined) return { model, version: `${version.value}` };
  return label === undefined ? { model } : { model, label };
}

/** What an answer says of the version that gave it. */
export function toModelSpec(
  { name, version }: { readonly name: string; readonly version: string },
  signatureName?: string,
): ModelSpec {
  return {
    name,
    version: { value: BigInt(version) },
    ...(signatureName !== undefined && { signature_name: signatureName }),
  };
}

function missing(field: string, where: string, expected: string): Error {
  return fail("FIELD_MISSING", { field, where, expected });
}
