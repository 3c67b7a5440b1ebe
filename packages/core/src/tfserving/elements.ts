import { toElements, type Elements } from "../json/writer.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import type { Tensor } from "../tensor.ts";
import { floatText } from "./numberText.ts";

/** A tensor on its way to JSON as TensorFlow Serving writes it. */
export interface Written {
  readonly shape: readonly number[];
  /** Elements from `start` to `end` with commas between them. */
  readonly write: (start: number, end: number) => string;
}

/**
 * @param name of the output: where it ends in `_bytes`, strings are written as `{"b64": "…"}`.
 */
export function toWritten(name: string, tensor: Tensor): Written {
  const elements = toElements(tensor);
  const element = writerOf(elements, name.endsWith("_bytes"));
  const write = (start: number, end: number): string => {
    if (start === end) return "";
    let text = element(start);
    for (let index = start + 1; index < end; index++) text += "," + element(index);
    return text;
  };
  return { shape: tensor.shape, write };
}

/**
 * The part of a tensor from an axis on, as nested arrays.
 *
 * @param index place of that part among all parts that begin at this axis, in row-major order.
 */
export function writePart(written: Written, axis: number, index: number): string {
  const { shape, write } = written;
  if (axis === shape.length) return write(index, index + 1);
  const length = shape[axis] as number;
  const first = index * length;
  if (axis === shape.length - 1) return `[${write(first, first + length)}]`;
  const parts: string[] = [];
  for (let part = 0; part < length; part++) parts.push(writePart(written, axis + 1, first + part));
  return `[${parts.join(",")}]`;
}

function writerOf(elements: Elements, asBytes: boolean): (index: number) => string {
  switch (elements.kind) {
    case "single":
    case "double": {
      const { kind, values } = elements;
      return (index) => floatText(values[index] as number, kind === "single");
    }
    case "integer":
      return (index) => String(elements.values[index]);
    case "bool":
      return (index) => (elements.values[index] === 0 ? "false" : "true");
    case "string": {
      const { values } = elements;
      return asBytes
        ? (index) => `{"b64":"${toBase64(values[index] as string)}"}`
        : (index) => JSON.stringify(values[index]);
    }
  }
}

function toBase64(text: string): string {
  let binary = "";
  for (const byte of encodeUtf8(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
