import { fail } from "../errors.ts";
import { expectKind } from "../json/fields.ts";
import { toNameTable } from "../json/nameTable.ts";
import type { JsonReader } from "../json/reader.ts";
import { namesOf } from "../json/signatureNames.ts";
import { checkInputs, type DecodeLimits, type ModelContract } from "../validate.ts";
import {
  toExampleInputs,
  type DecodedExamples,
  type Example,
  type Feature,
} from "./exampleInputs.ts";
import type { RepeatLimits } from "./repeatLimits.ts";
import { openBody, readSignatureName, startElements } from "./body.ts";

const KEYS = toNameTable(["signature_name", "examples", "context"]);

/**
 * Decodes the body of a `:classify` or `:regress` call:
 *
 * ```json
 * { "context": { "city": "Rome" }, "examples": [{ "age": 41 }, { "age": [36] }] }
 * ```
 *
 * A feature is a value or a flat list of them; one that is named as an input becomes a row of it,
 * others are passed over. Those of `context` belong to every example.
 *
 * @throws LongshoreError of the codes BODY_EMPTY, JSON_*, FIELD_*, INPUT_*.
 */
export function decodeExamples(
  body: Uint8Array,
  model: ModelContract,
  limits: DecodeLimits & RepeatLimits,
): DecodedExamples {
  const reader = openBody(body, limits.maxDepth, "examples");
  let examples: Example[] | undefined;
  let context: Example = new Map();
  while (reader.nextMember()) {
    const key = reader.readKey(KEYS);
    if (key === "signature_name") readSignatureName(reader);
    else if (key === "context") context = readExample(reader, model, "context", limits.maxElements);
    else if (key === "examples") examples = readExamples(reader, model, limits.maxElements);
    else reader.skipValue();
  }
  reader.finish();
  if (examples === undefined) {
    const expected = "an array of objects, one an example";
    throw fail("FIELD_MISSING", { field: "examples", where: "", expected });
  }
  const inputs = toExampleInputs(model, examples, context, limits);
  checkInputs(model, inputs, limits);
  return { inputs, count: examples.length };
}

function readExamples(reader: JsonReader, model: ModelContract, maxElements: number): Example[] {
  expectKind(reader, "array", "examples", "", "an array of objects, one an example");
  const examples: Example[] = [];
  reader.openArray();
  while (reader.nextElement())
    examples.push(readExample(reader, model, `examples[${examples.length}]`, maxElements));
  if (examples.length > 0) return examples;
  const problem = "it is an empty array; send at least one example";
  throw fail("FIELD_INVALID", { field: "examples", where: "", problem });
}

function readExample(
  reader: JsonReader,
  model: ModelContract,
  place: string,
  maxElements: number,
): Example {
  expectKind(reader, "object", place, "", "an object of features by name");
  const example = new Map<string, Feature>();
  reader.openObject();
  while (reader.nextMember()) {
    const name = reader.readKey(namesOf(model.signature).inputs);
    const spec = model.signature.inputs.find((input) => input.name === name);
    if (spec === undefined) {
      reader.skipValue();
      continue;
    }
    const field = `${place}.${name}`;
    const feature = startElements(reader, spec, field, maxElements);
    feature.read(reader, 0);
    if (feature.shape.length > 1) {
      const expected = "a value, or a flat list of values";
      throw fail("FIELD_TYPE", { field, where: "", expected, got: "an array of arrays" });
    }
    example.set(name, feature.data as Feature);
  }
  return example;
}
