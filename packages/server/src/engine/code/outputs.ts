import {
  DATATYPES,
  elementCount,
  formatSpec,
  type Dimension,
  type TensorSpec,
} from "@longshore/core";
import type { OutputTensor } from "../messages.ts";

/** Lengths that the inputs of a call give to the symbols of the signature. */
export type Symbols = ReadonlyMap<string, number>;

/** Lengths of the symbols; the first input that has one decides. `?` is none. */
export function bindSymbols(
  specs: readonly TensorSpec[],
  shapes: readonly (readonly number[])[],
): Symbols {
  const symbols = new Map<string, number>();
  specs.forEach(({ shape }, index) => {
    shape.forEach((axis, place) => {
      if (typeof axis === "string" && axis !== "?" && !symbols.has(axis))
        symbols.set(axis, shapes[index]![place]!);
    });
  });
  return symbols;
}

/**
 * Checks what `predict` gave for one output.
 *
 * @param value what the module gave: elements, or elements with their shape.
 * @returns a copy, so that the module may keep and change what it gave.
 * @throws TypeError with what is wrong, for whoever wrote the module.
 */
export function readOutput(spec: TensorSpec, value: unknown, symbols: Symbols): OutputTensor {
  const where = `output "${spec.name}"`;
  if (value === undefined) throw new TypeError(`predict gave no ${where} ${formatSpec(spec)}`);
  const given = isElements(value) ? { data: value } : value;
  if (typeof given !== "object" || given === null || !("data" in given))
    throw new TypeError(`${where} is ${typeof value}; expected ${classOf(spec)}`);
  const data = readElements(spec, given.data, where);
  const shape = "shape" in given ? given.shape : shapeFor(spec, data.length, symbols, where);
  const bound = spec.shape.map((axis) => bind(axis, symbols));
  if (!Array.isArray(shape) || !shape.every((length) => Number.isSafeInteger(length)))
    throw new TypeError(`the shape of ${where} is not a list of whole numbers`);
  const fits =
    shape.length === bound.length &&
    bound.every((axis, index) => typeof axis === "string" || axis === shape[index]);
  if (!fits)
    throw new TypeError(
      `${where} has the shape [${shape.join(",")}]; expected ${formatSpec({ ...spec, shape: bound })}`,
    );
  const count = elementCount(shape);
  if (count !== data.length)
    throw new TypeError(
      `${where} has ${data.length} elements; its shape [${shape.join(",")}] needs ${count}`,
    );
  return { dims: [...(shape as number[])], data: copyOf(spec, data) };
}

type Elements = readonly string[] | Float32Array;

function isElements(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function readElements({ datatype }: TensorSpec, data: unknown, where: string): Elements {
  const { array } = DATATYPES[datatype];
  if (array !== undefined) {
    if (data instanceof array) return data as Float32Array;
    throw new TypeError(
      `${where} is ${nameOf(data)}; expected ${array.name} as its data type is ${datatype}`,
    );
  }
  if (!Array.isArray(data)) throw new TypeError(`${where} is ${nameOf(data)}; expected texts`);
  const odd = data.findIndex((element) => typeof element !== "string");
  if (odd >= 0) throw new TypeError(`${where}: element ${odd} is ${typeof data[odd]}, not a text`);
  return data as string[];
}

function copyOf({ datatype }: TensorSpec, data: Elements): OutputTensor["data"] {
  // Not `slice`, which is a view where the module gave a Buffer.
  const array = DATATYPES[datatype].array as Float32ArrayConstructor | undefined;
  return array === undefined ? [...(data as string[])] : new array(data as Float32Array);
}

/** The declared shape; one axis that no input binds is as long as the elements make it. */
function shapeFor(
  spec: TensorSpec,
  elements: number,
  symbols: Symbols,
  where: string,
): readonly number[] {
  const bound = spec.shape.map((axis) => bind(axis, symbols));
  const free = bound.filter((axis) => typeof axis === "string");
  if (free.length > 1)
    throw new TypeError(
      `the axes ${free.join(", ")} of ${where} are open: give { shape, data } instead of elements`,
    );
  const rest = elementCount(bound.filter((axis) => typeof axis === "number"));
  if (free.length === 0 && elements !== rest)
    throw new TypeError(
      `${where} has ${elements} elements; ${formatSpec({ ...spec, shape: bound })} needs ${rest}`,
    );
  const open = rest === 0 ? 0 : elements / rest;
  if (!Number.isInteger(open))
    throw new TypeError(`${where} has ${elements} elements, which is no multiple of ${rest}`);
  return bound.map((axis) => (typeof axis === "number" ? axis : open));
}

function bind(axis: Dimension, symbols: Symbols): Dimension {
  return typeof axis === "number" ? axis : (symbols.get(axis) ?? axis);
}

function classOf({ datatype }: TensorSpec): string {
  const { array } = DATATYPES[datatype];
  return array === undefined ? "a list of texts" : `${array.name} or { shape, data }`;
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return (value as { constructor?: { name?: string } }).constructor?.name ?? "an object";
}
