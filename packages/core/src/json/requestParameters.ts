import { fail } from "../errors.ts";
import type { SequencePosition } from "../infer.ts";
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
  readonly sequence?: SequencePosition;
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
 * Reads the `parameters` object of a request. Unknown ones are passed over; a `sequence_id` of 0, or
 * empty, is none.
 *
 * Source: Triton `docs/protocol/extension_parameters.md`, `extension_sequence.md`.
 *
 * @throws LongshoreError FIELD_TYPE, PARAMETER_INVALID, or the reader's.
 */
export function readRequestParameters(reader: JsonReader): RequestParameters {
  let priority = 0;
  let timeoutUs = 0;
  let binaryDataOutput = false;
  let id: bigint | string = "";
  let start = false;
  let end = false;
  expectKind(reader, "object", "parameters", "", "an object");
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(KEYS);
    if (key === "timeout") timeoutUs = readUnsigned(reader, key, "");
    else if (key === "priority") priority = readUnsigned(reader, key, "", 2 ** 32 - 1);
    else if (key === "binary_data_output") binaryDataOutput = readFlag(reader, key, "");
    else if (key === "sequence_start") start = readFlag(reader, key, "");
    else if (key === "sequence_end") end = readFlag(reader, key, "");
    else if (key === "sequence_id") id = readSequenceId(reader);
    else reader.skipValue();
  }
  const sequence = toSequence(id, start, end);
  return {
    ...(priority > 0 && { priority }),
    ...(timeoutUs > 0 && { timeoutUs }),
    ...(binaryDataOutput && { binaryDataOutput }),
    ...(sequence !== undefined && { sequence }),
  };
}

/**
 * Where a request is in a sequence; undefined where it is in none.
 *
 * @throws LongshoreError PARAMETER_INVALID for a start or an end of none.
 */
export function toSequence(
  id: bigint | string,
  start: boolean,
  end: boolean,
): SequencePosition | undefined {
  if (id !== "" && id !== 0n) return { id, start, end };
  if (!start && !end) return undefined;
  throw fail("PARAMETER_INVALID", {
    parameter: "sequence_id",
    where: "",
    expected: `the sequence that ${start ? "sequence_start" : "sequence_end"} is about`,
    got: "none",
  });
}

const MAX_ID = 2n ** 64n - 1n;

/** An unsigned 64-bit integer, or a string. */
function readSequenceId(reader: JsonReader): bigint | string {
  const kind = reader.peek();
  if (kind === "string") return reader.readString();
  const text = kind === "number" ? reader.readNumberText() : "";
  if (/^\d{1,20}$/.test(text) && BigInt(text) <= MAX_ID) return BigInt(text);
  throw fail("PARAMETER_INVALID", {
    parameter: "sequence_id",
    where: "",
    expected: "an unsigned integer or a string",
    got: text || kind,
  });
}
