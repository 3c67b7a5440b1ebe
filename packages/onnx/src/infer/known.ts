import { elementType } from "../elementType.ts";
import type { TensorProto, TypeProto } from "../proto/types.ts";
import { isFresh, unify, type Dim, type Shape } from "./dims.ts";
import { constantElements, type Elements } from "./elements.ts";

/** What is known of a value before the graph runs. */
export interface Known {
  /** A tensor's `TensorProto.DataType`. */
  readonly elemType?: number | undefined;
  /** A tensor's dimensions; absent if not even the rank is known. */
  readonly shape?: Shape | undefined;
  /** A small tensor's elements in row-major order, as far as they do not depend on the input. */
  readonly elements?: Elements | undefined;
  /** The type of a value that is not a dense tensor: a sequence, an optional, a map. */
  readonly container?: TypeProto | undefined;
}

/** The element types that rules mention, by their code in onnx.proto. */
export const TYPE = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  INT32: 6,
  INT64: 7,
  STRING: 8,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  BFLOAT16: 16,
} as const;

/** A tensor without known elements. */
export function tensorOf(elemType: number | undefined, shape: Shape | undefined): Known {
  return { elemType, shape };
}

/** A list of whole numbers or symbols. */
export function listOf(elements: Elements): Known {
  return { elemType: TYPE.INT64, shape: [elements.length], elements };
}

/** A tensor of the same element type and shape. */
export function like(known: Known | undefined): Known {
  return tensorOf(known?.elemType, known?.shape);
}

/** What a constant tells: everything, its elements where they are few. */
export function fromTensor(tensor: TensorProto): Known {
  return {
    elemType: tensor.dataType,
    shape: tensor.dims,
    elements: constantElements(tensor),
  };
}

/** Symbols that exporters write for "unknown", for unrelated axes alike. */
const NAMELESS: ReadonlySet<string> = new Set(["", "?", "None"]);

/** What a type in a file tells. */
export function fromType(type: TypeProto | undefined): Known {
  if (type === undefined) return {};
  const { tensorType } = type;
  if (tensorType === undefined) return { container: type };
  const shape = tensorType.shape?.dims.map(({ dimValue, dimParam = "" }): Dim => {
    if (dimValue !== undefined) return dimValue >= 0 ? dimValue : undefined;
    return NAMELESS.has(dimParam) || isFresh(dimParam) ? undefined : dimParam;
  });
  return tensorOf(elementType(tensorType.elemType) && tensorType.elemType, shape);
}

/** The type as a file states it; undefined if not even the element type is known. */
export function toType({ elemType, shape, container }: Known): TypeProto | undefined {
  if (container) return container;
  if (elemType === undefined) return undefined;
  if (shape === undefined) return { tensorType: { elemType } };
  const dims = shape.map((dim) => {
    if (typeof dim === "number") return { dimValue: dim };
    return dim === undefined || isFresh(dim) ? {} : { dimParam: dim };
  });
  return { tensorType: { elemType, shape: { dims } } };
}

/**
 * What was inferred of a value and what the file states of it, the more exact of each. Where they
 * contradict each other the file counts as out of date, as it may be after an edit.
 *
 * @param free symbols of axes that a caller may give any length: no statement can fix them.
 */
export function refine(inferred: Known, stated: Known, free: ReadonlySet<Dim>): Known {
  if (inferred.container ?? stated.container)
    return { container: inferred.container ?? stated.container };
  const shape = unify(inferred.shape, stated.shape);
  return {
    elemType: inferred.elemType ?? stated.elemType,
    shape: shape?.map((dim, axis) => {
      const own = inferred.shape?.[axis];
      return free.has(own) ? own : dim;
    }),
    elements: inferred.elements,
  };
}

/** What holds for a value that may come from either of two sources. */
export function join(a: Known, b: Known): Known {
  const container = a.container && b.container && joinTypes(a.container, b.container);
  if (a.container ?? b.container) return container ? { container } : {};
  return {
    elemType: a.elemType === b.elemType ? a.elemType : undefined,
    shape: joinShapes(a.shape, b.shape),
    elements: sameElements(a.elements, b.elements) ? a.elements : undefined,
  };
}

function joinShapes(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((dim, axis) => (dim === b[axis] ? dim : undefined));
}

function sameElements(a: Elements | undefined, b: Elements | undefined): boolean {
  return a?.length === b?.length && a?.every((element, index) => element === b?.[index]) === true;
}

function joinTypes(a: TypeProto, b: TypeProto): TypeProto | undefined {
  for (const kind of ["sequenceType", "optionalType"] as const) {
    const [left, right] = [a[kind]?.elemType, b[kind]?.elemType];
    if (left === undefined || right === undefined) continue;
    const elemType = toType(join(fromType(left), fromType(right)));
    return elemType && { [kind]: { elemType } };
  }
  const same =
    a.mapType !== undefined &&
    a.mapType.keyType === b.mapType?.keyType &&
    a.mapType.valueType?.tensorType?.elemType === b.mapType.valueType?.tensorType?.elemType;
  return same ? a : undefined;
}
