import { elementCount, fail, toTypedArray, type LongshoreError } from "@longshore/core";
import { elementType, rawBytes, type ElementType } from "./elementType.ts";
import type { Model, SparseTensorProto, TensorProto } from "./proto/types.ts";
import { walkModel } from "./walk.ts";

/** A tensor whose elements are in another file, in the model's folder. */
export interface ExternalData {
  /** The tensor, in words: `initializer "w"`. */
  readonly tensor: string;
  /** Plain relative path with forward slashes. */
  readonly location: string;
  /** First byte in the file. */
  readonly offset: number;
  /** Bytes from there, as the tensor's dims and type need them. */
  readonly length: number;
}

/** A sparse initializer is made dense when a model is loaded: a few bytes must not become terabytes. */
const MAX_DENSE_BYTES = 2 ** 31;

/**
 * Checks everything in a model that could make a runtime read outside the model's folder or outside
 * a buffer: each tensor's dims, data and external location, wherever in the model it stands.
 *
 * It does not touch the file system: what the external references point to is for the caller to
 * check, who knows the folder.
 *
 * Guards against CVE-2022-25882, CVE-2024-27318 (paths that leave the folder) and, together with
 * the caller's check, CVE-2026-27489 and CVE-2026-34446 (symbolic and hard links).
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID naming the tensor.
 */
export function checkModel(model: Model, file = "model"): ExternalData[] {
  const invalid = (problem: string): LongshoreError => fail("MODEL_INVALID", { file, problem });
  if (model.graph.outputs.length === 0)
    throw invalid("not an ONNX model: it has no graph with outputs");
  const external: ExternalData[] = [];
  walkModel(model, {
    tensor(tensor, where) {
      const problem = (text: string): LongshoreError => invalid(`${where} ${text}`);
      const { type, count } = sizeOf(tensor, problem);
      if (isExternal(tensor)) {
        external.push({ tensor: where, ...readExternal(tensor, type, count, problem) });
      } else {
        checkData(tensor, type, count, problem);
      }
    },
    sparse(sparse, where) {
      checkSparse(sparse, (text) => invalid(`${where} ${text}`));
    },
  });
  return external;
}

const EXTERNAL = 1;

type Problem = (text: string) => LongshoreError;

/** Data inside the model: one field, the one of the type, as long as the dims say. */
function checkData(tensor: TensorProto, type: ElementType, count: number, problem: Problem): void {
  const { rawData } = tensor;
  const stored = DATA_FIELDS.filter((field) => (tensor[field]?.length ?? 0) > 0);
  const dims = `[${tensor.dims.join(",")}]`;
  if (rawData !== undefined && rawData.byteLength > 0) {
    if (type.datatype === "BYTES") throw problem("holds strings as raw data");
    if (stored.length > 0) throw problem("holds its data twice");
    const expected = rawBytes(type, count);
    if (rawData.byteLength !== expected) {
      throw problem(
        `${type.name}${dims} needs ${expected} bytes of data, but has ${rawData.byteLength}`,
      );
    }
    return;
  }
  const { field, entries } = typedStorage(type, count);
  const other = stored.find((name) => name !== field);
  if (other !== undefined)
    throw problem(`of type ${type.name} holds data in ${other} instead of ${field}`);
  const got = tensor[field]?.length ?? 0;
  if (got !== entries) {
    throw problem(`${type.name}${dims} needs ${entries} values of data, but has ${got}`);
  }
}

const DATA_FIELDS = [
  "floatData",
  "int32Data",
  "stringData",
  "int64Data",
  "doubleData",
  "uint64Data",
] as const;
type DataField = (typeof DATA_FIELDS)[number];

/** The field that holds values of a type when they are not raw, and how many entries they take. */
function typedStorage(type: ElementType, count: number): { field: DataField; entries: number } {
  switch (type.name) {
    case "FP32":
      return { field: "floatData", entries: count };
    case "COMPLEX64":
      return { field: "floatData", entries: count * 2 };
    case "FP64":
      return { field: "doubleData", entries: count };
    case "COMPLEX128":
      return { field: "doubleData", entries: count * 2 };
    case "BYTES":
      return { field: "stringData", entries: count };
    case "INT64":
      return { field: "int64Data", entries: count };
    case "UINT32":
    case "UINT64":
      return { field: "uint64Data", entries: count };
    default:
      // Two- and four-bit values share an entry's byte; six-bit values do not.
      return { field: "int32Data", entries: type.bits <= 4 ? rawBytes(type, count) : count };
  }
}

/**
 * Where a tensor's data are, if they are in another file.
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID as {@link checkModel}.
 */
export function externalDataOf(tensor: TensorProto, file = "model"): ExternalData | undefined {
  if (!isExternal(tensor)) return undefined;
  const where = `tensor "${tensor.name ?? ""}"`;
  const problem = (text: string): LongshoreError =>
    fail("MODEL_INVALID", { file, problem: `${where} ${text}` });
  const { type, count } = sizeOf(tensor, problem);
  return { tensor: where, ...readExternal(tensor, type, count, problem) };
}

function isExternal({ dataLocation, externalData }: TensorProto): boolean {
  return dataLocation === EXTERNAL || (externalData?.length ?? 0) > 0;
}

function sizeOf(tensor: TensorProto, problem: Problem): { type: ElementType; count: number } {
  const type = elementType(tensor.dataType);
  if (type === undefined) throw problem(`has the unknown element type ${tensor.dataType}`);
  const count = elementCount(tensor.dims);
  if (!Number.isSafeInteger(count * 16))
    throw problem(`has the impossible dims [${tensor.dims.join(",")}]`);
  return { type, count };
}

/** Data in another file. */
function readExternal(
  tensor: TensorProto,
  type: ElementType,
  count: number,
  problem: Problem,
): Omit<ExternalData, "tensor"> {
  if (type.datatype === "BYTES") throw problem("holds strings as external data");
  if (tensor.rawData?.length || DATA_FIELDS.some((field) => tensor[field]?.length)) {
    throw problem("holds data both in the model and in another file");
  }
  const entries = new Map<string, string>();
  for (const { key, value } of tensor.externalData ?? []) {
    if (entries.has(key)) throw problem(`names the ${key} of its external data twice`);
    entries.set(key, value);
  }
  const location = entries.get("location");
  if (location === undefined) throw problem("has external data without a location");
  if (!isPlainPath(location)) {
    throw problem(
      `has the external data location "${location}"; only a relative path inside the model's folder is allowed`,
    );
  }
  const length = rawBytes(type, count);
  const offset = readCount(entries.get("offset") ?? "0", "offset", problem);
  const stated = readCount(entries.get("length") ?? String(length), "length", problem);
  if (stated !== length) {
    throw problem(
      `${type.name}[${tensor.dims.join(",")}] needs ${length} bytes, but its external data have ${stated}`,
    );
  }
  return { location, offset, length };
}

/**
 * Whether a path stays in its folder whatever the platform: no root, no `..`, no drive or URL, and
 * no character that is special on any system. That also excludes ONNX Runtime's own
 * `*\/_ORT_MEM_ADDR_/*`, which would make the offset an address in memory.
 */
function isPlainPath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what must be found
  if (path.length > 1024 || /[\u0000-\u001f\u007f\\:*?"<>|]/.test(path)) return false;
  return path.split("/").every((part) => part !== "" && part !== "..");
}

function readCount(text: string, name: string, problem: Problem): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw problem(`has the external data ${name} "${text}"; it must be a whole number of bytes`);
  }
  return value;
}

/** Shape and range of a sparse tensor's indices, which a runtime uses as addresses. */
function checkSparse(sparse: SparseTensorProto, problem: Problem): void {
  const { values, indices, dims } = sparse;
  if (values === undefined || indices === undefined) throw problem("lacks its values or indices");
  const size = elementCount(dims);
  const type = elementType(values.dataType);
  if (type === undefined || !(Math.max(size, rawBytes(type, size)) <= MAX_DENSE_BYTES)) {
    throw problem(
      `has the dims [${dims.join(",")}], which are impossible or too large to be made dense`,
    );
  }
  const [count = 0] = values.dims;
  const linear = indices.dims.length === 1;
  const wellFormed =
    values.dims.length === 1 &&
    elementType(indices.dataType)?.name === "INT64" &&
    indices.dims[0] === count &&
    (linear || (indices.dims.length === 2 && indices.dims[1] === dims.length));
  if (!wellFormed) throw problem("has indices that do not fit its values");
  const bounds = linear ? [size] : dims;
  sparseIndices(indices, problem).forEach((index, at) => {
    const bound = bounds[at % bounds.length] ?? 0;
    if (index < 0n || index >= bound)
      throw problem(`has the index ${index}, outside its ${bound} places`);
  });
}

function sparseIndices(indices: TensorProto, problem: Problem): BigInt64Array {
  if (isExternal(indices)) {
    throw problem("keeps its indices in another file, where they cannot be checked");
  }
  const { rawData, int64Data = new BigInt64Array() } = indices;
  if (rawData === undefined || rawData.byteLength === 0) return int64Data;
  if (rawData.byteLength % 8 !== 0) throw problem("has indices that end inside a number");
  return toTypedArray("INT64", rawData) as BigInt64Array;
}
