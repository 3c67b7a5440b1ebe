import { fail } from "../errors.ts";
import { expectKind, readFlag, readUnsigned } from "./fields.ts";
import { toNameTable } from "./nameTable.ts";
import type { JsonReader } from "./reader.ts";

/** The parameters of a request that Longshore acts on; absent where the caller left the default. */
export interface RequestParameters {
  /** 1 is the highest. */
  readonly priority?: number;
  /** How long the caller will wait, in microseconds. */
  readonly timeoutUs?: number;
  /** All outputs in binary, where none are listed. */
  readonly binaryDataOutput?: boolean;
}

const KEYS = toNameTable([
  "timeout",
  "priority",
  "binary_data_output",
  "sequence_id",
  "sequence_start",
  "sequence_end",
]);

/**
 * Reads the `parameters` object of a request. The sequence parameters are checked, but change
 * nothing: models hold no state between requests. Unknown ones are passed over.
 *
 * Source: Triton `docs/protocol/extension_parameters.md`, `extension_sequence.md`.
 *
 * @throws LongshoreError FIELD_TYPE, PARAMETER_INVALID, or the reader's.
 */
export function readRequestParameters(reader: JsonReader): RequestParameters {
  let priority = 0;
  let timeoutUs = 0;
  let binaryDataOutput = false;
  expectKind(reader, "object", "parameters", "", "an object");
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(KEYS);
    if (key === "timeout") timeoutUs = readUnsigned(reader, key, "");
    else if (key === "priority") priority = readUnsigned(reader, key, "", 2 ** 32 - 1);
    else if (key === "binary_data_output") binaryDataOutput = readFlag(reader, key, "");
    else if (key === "sequence_start" || key === "sequence_end") readFlag(reader, key, "");
    else if (key === "sequence_id") skipSequenceId(reader);
    else reader.skipValue();
  }
  return {
    ...(priority > 0 && { priority }),
    ...(timeoutUs > 0 && { timeoutUs }),
    ...(binaryDataOutput && { binaryDataOutput }),
  };
}

/** An unsigned 64-bit integer, or a string. */
function skipSequenceId(reader: JsonReader): void {
  const kind = reader.peek();
  const text = kind === "number" ? reader.readNumberText() : "";
  if (kind === "string") reader.skipValue();
  else if (!/^\d{1,20}$/.test(text)) {
    throw fail("PARAMETER_INVALID", {
      parameter: "sequence_id",
      where: "",
      expected: "an unsigned integer or a string",
      got: text || kind,
    });
  }
}
