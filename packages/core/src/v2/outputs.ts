import { fail } from "../errors.ts";
import { expectKind, readFlag, unsupported } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import type { JsonReader } from "../json/reader.ts";
import { namesOf } from "../json/signatureNames.ts";
import { checkOutputs, type ModelContract } from "../validate.ts";

/** Which outputs travel as binary data. */
export type BinaryOutputs = "all" | "none" | ReadonlySet<string>;

/** The outputs that a request lists. */
export interface RequestedOutputs {
  readonly names: readonly string[];
  readonly binary: ReadonlySet<string>;
}

const OUTPUT_KEYS = toNameTable(["name", "parameters"]);
const PARAMETER_KEYS = toNameTable(["binary_data", "classification", "shared_memory_region"]);

/**
 * Reads the `outputs` array of a request.
 *
 * @throws LongshoreError OUTPUT_UNKNOWN, OUTPUT_DUPLICATE, FIELD_*, PARAMETER_*, or the reader's.
 */
export function readRequestedOutputs(reader: JsonReader, model: ModelContract): RequestedOutputs {
  const known = namesOf(model.signature).outputs;
  const names: string[] = [];
  const binary = new Set<string>();
  expectKind(reader, "array", "outputs", "", "an array of objects");
  reader.openArray();
  while (reader.nextElement()) {
    const where = ` in outputs[${names.length}]`;
    let name: string | undefined;
    let isBinary = false;
    expectKind(reader, "object", `outputs[${names.length}]`, "", "an object");
    reader.openObject();
    while (reader.nextMember()) {
      const key = reader.readKey(OUTPUT_KEYS);
      if (key === "name") {
        expectKind(reader, "string", "name", where, "a string");
        name = reader.readName(known);
      } else if (key === "parameters") isBinary = readBinaryData(reader, where);
      else reader.skipValue();
    }
    if (name === undefined) {
      throw fail("FIELD_MISSING", { field: "name", where, expected: "the name of an output" });
    }
    names.push(name);
    if (isBinary) binary.add(name);
    // One name too many is unknown or repeated: no need to read on.
    if (names.length > known.names.length) break;
  }
  checkOutputs(model, names);
  return { names, binary };
}

function readBinaryData(reader: JsonReader, where: string): boolean {
  let binary = false;
  expectKind(reader, "object", "parameters", where, "an object");
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(PARAMETER_KEYS);
    if (key === "binary_data") binary = readFlag(reader, key, where);
    else if (key === "classification") {
      throw unsupported(key, where, "take the output's values and sort them");
    } else if (key === "shared_memory_region") {
      throw unsupported(key, where, "take the output as binary data");
    } else reader.skipValue();
  }
  return binary;
}
