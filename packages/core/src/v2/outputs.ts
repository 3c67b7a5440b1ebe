import { fail } from "../errors.ts";
import { expectKind, readFlag, readUnsigned, unsupported } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import type { JsonReader } from "../json/reader.ts";
import { namesOf } from "../json/signatureNames.ts";
import { checkOutputs, type ModelContract } from "../validate.ts";
import { checkClassification, type WantedClasses } from "./classification.ts";

/** Which outputs travel as binary data. */
export type BinaryOutputs = "all" | "none" | ReadonlySet<string>;

/** The outputs that a request lists. */
export interface RequestedOutputs {
  readonly names: readonly string[];
  readonly binary: ReadonlySet<string>;
  /** Absent where none is wanted. */
  readonly classes?: WantedClasses;
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
  let classes: Map<string, number> | undefined;
  expectKind(reader, "array", "outputs", "", "an array of objects");
  reader.openArray();
  while (reader.nextElement()) {
    const where = ` in outputs[${names.length}]`;
    let name: string | undefined;
    let parameters = NONE;
    expectKind(reader, "object", `outputs[${names.length}]`, "", "an object");
    reader.openObject();
    while (reader.nextMember()) {
      const key = reader.readKey(OUTPUT_KEYS);
      if (key === "name") {
        expectKind(reader, "string", "name", where, "a string");
        name = reader.readName(known);
      } else if (key === "parameters") parameters = readOutputParameters(reader, where);
      else reader.skipValue();
    }
    if (name === undefined) {
      throw fail("FIELD_MISSING", { field: "name", where, expected: "the name of an output" });
    }
    names.push(name);
    if (parameters.binary) binary.add(name);
    if (parameters.classes > 0) {
      checkClassification(model, name, where);
      (classes ??= new Map()).set(name, parameters.classes);
    }
    // One name too many is unknown or repeated: no need to read on.
    if (names.length > known.names.length) break;
  }
  checkOutputs(model, names);
  return classes === undefined ? { names, binary } : { names, binary, classes };
}

interface OutputParameters {
  readonly binary: boolean;
  /** How many classes are wanted; 0 for the values themselves. */
  readonly classes: number;
}

const NONE: OutputParameters = { binary: false, classes: 0 };
const MAX_CLASSES = 2 ** 32 - 1;

function readOutputParameters(reader: JsonReader, where: string): OutputParameters {
  let { binary, classes } = NONE;
  expectKind(reader, "object", "parameters", where, "an object");
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(PARAMETER_KEYS);
    if (key === "binary_data") binary = readFlag(reader, key, where);
    else if (key === "classification") classes = readUnsigned(reader, key, where, MAX_CLASSES);
    else if (key === "shared_memory_region") {
      throw unsupported(key, where, "take the output as binary data");
    } else reader.skipValue();
  }
  return { binary, classes };
}
