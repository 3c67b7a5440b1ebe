import { DATATYPES, isDatatype, type Datatype } from "../datatype.ts";
import { fail } from "../errors.ts";
import { ElementReader } from "../json/elements.ts";
import { expectKind, readUnsigned, unsupported } from "../json/fields.ts";
import { toNameTable, type NameTable } from "../json/nameTable.ts";
import type { JsonReader } from "../json/reader.ts";
import { elementCount, type Tensor, type TensorData } from "../tensor.ts";
import { checkedCount, checkSpec, findInput, type ModelContract } from "../validate.ts";
import { decodeByteElements } from "./byteElements.ts";

/** Where inputs are read from. */
export interface InputSource {
  readonly reader: JsonReader;
  readonly body: Uint8Array;
  /** Whether the request says where its JSON ends, so that binary data may follow. */
  readonly hasHeader: boolean;
  /** Where the next binary tensor starts in the body. */
  offset: number;
  /** The input names of the model. */
  readonly names: NameTable;
  readonly model: ModelContract;
  readonly maxElements: number;
}

const INPUT_KEYS = toNameTable(["name", "shape", "datatype", "data", "parameters"]);
const PARAMETER_KEYS = toNameTable(["binary_data_size", "shared_memory_region"]);
const DATATYPE_NAMES = toNameTable(Object.keys(DATATYPES));

/** More dimensions than any runtime takes: what is longer is no shape. */
const MAX_RANK = 64;
const DIMENSIONS = new Float64Array(MAX_RANK + 1);

/**
 * Reads one object of the `inputs` array, with its binary data, and adds it to `inputs`.
 *
 * @throws LongshoreError of the codes JSON_*, FIELD_*, PARAMETER_*, INPUT_*, BODY_TRUNCATED.
 */
export function readInput(source: InputSource, inputs: Map<string, Tensor>): void {
  const { reader, model } = source;
  const place = `inputs[${inputs.size}]`;
  const where = ` in ${place}`;
  let name: string | undefined;
  let datatype: Datatype | undefined;
  let shape: number[] | undefined;
  let data: TensorData | undefined;
  let dataPosition = -1;
  let binarySize: number | undefined;
  expectKind(reader, "object", place, "", "an object");
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(INPUT_KEYS);
    if (key === "name") {
      expectKind(reader, "string", "name", where, "a string");
      name = reader.readName(source.names);
    } else if (key === "shape") shape = readShape(reader, name ?? place);
    else if (key === "datatype") {
      expectKind(reader, "string", "datatype", where, "a string");
      datatype = toDatatype(reader.readName(DATATYPE_NAMES), name ?? place);
    } else if (key === "parameters") binarySize = readBinarySize(reader, where);
    else if (key === "data") {
      dataPosition = reader.position;
      if (name !== undefined && datatype !== undefined && shape !== undefined) {
        checkSpec(findInput(model, name), { datatype, shape });
        data = readData(reader, { name, datatype, shape }, source.maxElements);
      } else reader.skipValue();
    } else reader.skipValue();
  }

  if (name === undefined) throw missing("name", where, "the name of an input");
  const spec = findInput(model, name);
  if (inputs.has(name)) throw fail("INPUT_DUPLICATE", { input: name });
  if (datatype === undefined) throw missing("datatype", where, `"${spec.datatype}"`);
  if (shape === undefined) throw missing("shape", where, "an array of integers");
  if (dataPosition < 0 === (binarySize === undefined)) {
    const problem = `send either "data" or "binary_data_size"; it has ${dataPosition < 0 ? "neither" : "both"}`;
    throw fail("INPUT_DATA", { input: name, problem });
  }
  const header = { name, datatype, shape };
  if (binarySize !== undefined) {
    checkSpec(spec, header);
    data = takeBinary(source, header, binarySize);
  } else if (data === undefined) {
    // The data came before what it means: now it can be read.
    checkSpec(spec, header);
    const resume = reader.position;
    reader.position = dataPosition;
    data = readData(reader, header, source.maxElements);
    reader.position = resume;
  }
  inputs.set(name, { datatype, shape, data: data as TensorData });
}

interface TensorHeader {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Elements from JSON: nested as the shape says, or flat in row-major order. */
function readData(reader: JsonReader, header: TensorHeader, maxElements: number): TensorData {
  const { name, datatype, shape } = header;
  const count = checkedCount(name, shape, maxElements);
  // An element takes two bytes at least: a shape alone must not reserve memory.
  const capacity = Math.min(count, (reader.remaining >> 1) + 1);
  const elements = new ElementReader(name, "data", datatype, capacity, maxElements);
  elements.read(reader, 0);
  const found = elements.shape;
  const flat = found.length === 1 && found[0] === count;
  if (!flat && !isSameShape(found, shape)) {
    const total = elementCount(found);
    if (total !== count) {
      const expected = `${count} elements`;
      throw fail("INPUT_COUNT", { input: name, shape: shape.join(","), expected, got: total });
    }
    throw fail("INPUT_DATA", {
      input: name,
      problem: `data is nested as [${found.join(",")}], its shape is [${shape.join(",")}]; nest it so, or send it flat`,
    });
  }
  return elements.data;
}

/** Elements from the bytes after the JSON, as a view on them. */
function takeBinary(source: InputSource, header: TensorHeader, size: number): TensorData {
  const { body, offset } = source;
  const { name } = header;
  if (!source.hasHeader) {
    throw fail("INPUT_DATA", {
      input: name,
      problem:
        '"binary_data_size" needs the header Inference-Header-Content-Length, which says where the JSON ends',
    });
  }
  if (size > body.length - offset) {
    throw fail("BODY_TRUNCATED", { got: body.length, expected: offset + size });
  }
  source.offset = offset + size;
  const bytes = body.subarray(offset, offset + size);
  if (header.datatype !== "BYTES") return bytes;
  return decodeByteElements(name, bytes, checkedCount(name, header.shape, source.maxElements));
}

function readShape(reader: JsonReader, input: string): number[] {
  const shape: number[] = [];
  const problem = `expected an array of at most ${MAX_RANK} integers`;
  const kind = reader.peek();
  if (kind !== "array") throw fail("INPUT_SHAPE", { input, shape: `of kind ${kind}`, problem });
  reader.openArray();
  if (!reader.nextElement()) return shape;
  const count = reader.readNumbers(DIMENSIONS, "double");
  for (let axis = 0; axis < count; axis++) shape.push(DIMENSIONS[axis] as number);
  if (reader.open) {
    throw fail("INPUT_SHAPE", { input, shape: `[${shape.join(",")}…]`, problem });
  }
  return shape;
}

function readBinarySize(reader: JsonReader, where: string): number | undefined {
  let size: number | undefined;
  expectKind(reader, "object", "parameters", where, "an object");
  reader.openObject();
  while (reader.nextMember()) {
    const key = reader.readKey(PARAMETER_KEYS);
    if (key === "binary_data_size") size = readUnsigned(reader, key, where);
    else if (key === "shared_memory_region") {
      throw unsupported(key, where, "send the tensor as binary data");
    } else reader.skipValue();
  }
  return size;
}

function toDatatype(datatype: string, input: string): Datatype {
  if (isDatatype(datatype)) return datatype;
  const expected = DATATYPE_NAMES.names.join(", ");
  throw fail("INPUT_DATATYPE", { input, datatype, expected });
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

function missing(field: string, where: string, expected: string): Error {
  return fail("FIELD_MISSING", { field, where, expected });
}
