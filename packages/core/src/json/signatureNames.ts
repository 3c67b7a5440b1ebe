import type { Signature } from "../signature.ts";
import { toNameTable, type NameTable } from "./nameTable.ts";

/** The names of a signature, ready to be compared with a document's bytes. */
export interface SignatureNames {
  readonly inputs: NameTable;
  readonly outputs: NameTable;
}

/** Encoded names by signature: made at a model's first request, gone with the model. */
const NAMES = new WeakMap<Signature, SignatureNames>();

export function namesOf(signature: Signature): SignatureNames {
  let names = NAMES.get(signature);
  if (names === undefined) {
    names = {
      inputs: toNameTable(signature.inputs.map(({ name }) => name)),
      outputs: toNameTable(signature.outputs.map(({ name }) => name)),
    };
    NAMES.set(signature, names);
  }
  return names;
}
