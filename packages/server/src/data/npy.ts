import {
  byteLength,
  DATATYPES,
  elementCount,
  fail,
  type Datatype,
  type LongshoreError,
  type Tensor,
} from "@longshore/core";

/** Before the version bytes of every NPY file. */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Whether bytes begin as an NPY file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads an array as `numpy.save` writes it, versions 1 to 3, into a tensor whose data are a view of
 * the bytes.
 *
 * Text (`U`, `S`) becomes BYTES. Two-byte void becomes BF16, as which numpy stores the `bfloat16`
 * of ml_dtypes, having no such type itself.
 *
 * Source: numpy.lib.format.
 *
 * @param file what error messages call the data.
 * @throws LongshoreError DATA_INVALID, also for column-major, big-endian and pickled arrays.
 */
export function readNpy(bytes: Uint8Array, file: string): Tensor {
  const invalid = (problem: string): LongshoreError => fail("DATA_INVALID", { file, problem });
  if (!isNpy(bytes)) throw invalid("is not an NPY file");
  const { description, start } = splitHeader(bytes, invalid);
  const { dtype, columnMajor, shape } = readDescription(description, invalid);
  if (columnMajor && shape.length > 1) {
    throw invalid(
      "is in column-major (Fortran) order; save it with numpy.ascontiguousarray(array)",
    );
  }
  const data = bytes.subarray(start);
  const text = /^([<>|=]?)([US])([1-9]\d*)$/.exec(dtype);
  if (text !== null) {
    return {
      datatype: "BYTES",
      shape,
      data: readText(data, text[1]!, text[2]!, Number(text[3]), shape, invalid),
    };
  }
  const datatype = DTYPES[dtype.replace(/^=/, "<")];
  if (datatype === undefined) throw invalid(`has the dtype '${dtype}', ${reasonAgainst(dtype)}`);
  checkLength(data, byteLength(datatype, shape), shape, invalid);
  return { datatype, shape, data };
}

const DTYPES: Readonly<Record<string, Datatype>> = {
  "|b1": "BOOL",
  "|u1": "UINT8",
  "<u2": "UINT16",
  "<u4": "UINT32",
  "<u8": "UINT64",
  "|i1": "INT8",
  "<i2": "INT16",
  "<i4": "INT32",
  "<i8": "INT64",
  "<f2": "FP16",
  "<V2": "BF16",
  "|V2": "BF16",
  "<f4": "FP32",
  "<f8": "FP64",
};

function reasonAgainst(dtype: string): string {
  if (dtype.startsWith(">"))
    return "which is big-endian; save it with array.astype(array.dtype.newbyteorder('<'))";
  if (dtype.endsWith("O"))
    return "which is pickled Python objects; convert it to numbers or text first";
  return `which no model takes; convert it to one of ${Object.keys(DATATYPES).join(", ")}`;
}

type Invalid = (problem: string) => LongshoreError;

/** The header's text (a Python dictionary), and where the data start. */
function splitHeader(bytes: Uint8Array, invalid: Invalid): { description: string; start: number } {
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3)
    throw invalid(`is NPY version ${version}; versions 1 to 3 can be read`);
  const from = version === 1 ? 10 : 12;
  if (bytes.byteLength < from) throw invalid("ends inside its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = from + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.byteLength < start) throw invalid("ends inside its header");
  const encoding = version === 3 ? "utf-8" : "latin1";
  return { description: new TextDecoder(encoding).decode(bytes.subarray(from, start)), start };
}

function readDescription(
  text: string,
  invalid: Invalid,
): { dtype: string; columnMajor: boolean; shape: number[] } {
  const dtype = /'descr': *'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(text)?.[1];
  const dimensions = /'shape': *\(([\d, ]*)\)/.exec(text)?.[1];
  if (/'descr': *\[/.test(text))
    throw invalid("holds records with named fields; save each field as an array of its own");
  if (dtype === undefined || order === undefined || dimensions === undefined) {
    throw invalid("has a header without dtype, order or shape");
  }
  const shape = dimensions.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  if (Number.isNaN(elementCount(shape))) throw invalid(`has the impossible shape (${dimensions})`);
  return { dtype, columnMajor: order === "True", shape };
}

/** Elements of one fixed width, filled up with NULs: UTF-32 (`U`) or bytes (`S`). */
function readText(
  data: Uint8Array,
  order: string,
  kind: string,
  length: number,
  shape: readonly number[],
  invalid: Invalid,
): string[] {
  if (order === ">") throw invalid("holds big-endian text; save it with array.astype(str)");
  const width = kind === "U" ? length * 4 : length;
  const count = elementCount(shape);
  checkLength(data, count * width, shape, invalid);
  const decode = kind === "U" ? decodeUtf32 : decodeUtf8;
  return Array.from({ length: count }, (_, index) => {
    const element = data.subarray(index * width, (index + 1) * width);
    const text = decode(element);
    if (text === undefined)
      throw invalid(`element ${index} is not valid ${kind === "U" ? "UTF-32" : "UTF-8"}`);
    return text.replace(/\0+$/, "");
  });
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeUtf32(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4) {
    const code = view.getUint32(at, true);
    const surrogate = code >= 0xd8_00 && code <= 0xdf_ff;
    if (surrogate || code > 0x10_ff_ff) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}

function checkLength(
  data: Uint8Array,
  expected: number,
  shape: readonly number[],
  invalid: Invalid,
): void {
  if (data.byteLength !== expected) {
    throw invalid(
      `has ${data.byteLength} bytes of data; its shape (${shape.join(", ")}) needs ${expected}`,
    );
  }
}
