import {
  isStrings,
  toBytes,
  type TensorData,
  type Tensors,
  type TypedArray,
} from "@longshore/core";

/**
 * Where answers are kept, by the keys of their requests. What is given and taken belongs to the
 * store alone: callers copy.
 */
export interface AnswerStore {
  /** The answer that is kept under a key, if there still is one. */
  get(key: string): Tensors | undefined | Promise<Tensors | undefined>;
  /** Keeps an answer, as long as there is room. */
  set(key: string, outputs: Tensors): void | Promise<void>;
  /** Bytes that are kept here. */
  readonly bytes: number;
}

/** Of a key, an entry, and of each tensor beside its elements: about what V8 takes. */
const ENTRY_BYTES = 200;
const TENSOR_BYTES = 150;
const TEXT_BYTES = 32;

/** Keeps answers in memory; those that were not used for longest go first. */
export class MemoryStore implements AnswerStore {
  readonly #maxBytes: number;
  /** Least recently used first, which is the order that a Map keeps. */
  readonly #entries = new Map<string, { readonly outputs: Tensors; readonly bytes: number }>();
  #bytes = 0;

  /** @param maxBytes of all answers together; one that is larger is not kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Tensors | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.outputs;
  }

  set(key: string, outputs: Tensors): void {
    const bytes = sizeOf(outputs);
    if (bytes > this.#maxBytes) return;
    this.#remove(key);
    this.#entries.set(key, { outputs, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}

/** About how many bytes an answer takes. */
export function sizeOf(outputs: Tensors): number {
  let bytes = ENTRY_BYTES;
  for (const { data } of outputs.values()) bytes += TENSOR_BYTES + dataSize(data);
  return bytes;
}

function dataSize(data: TensorData): number {
  if (!isStrings(data)) return data.byteLength;
  let bytes = 0;
  for (const text of data) bytes += TEXT_BYTES + 2 * text.length;
  return bytes;
}

/**
 * The same outputs in memory of their own: neither changes of the one reach the other, nor does the
 * one keep the memory of a run that the other is a view on.
 */
export function copyOutputs(outputs: Tensors): Tensors {
  return new Map(
    [...outputs].map(([name, { datatype, shape, data }]) => [
      name,
      { datatype, shape: [...shape], data: copyData(data) },
    ]),
  );
}

function copyData(data: TensorData): TensorData {
  if (isStrings(data)) return [...data];
  const typed = data instanceof DataView ? toBytes(data) : (data as TypedArray);
  // That of all typed arrays: a Buffer's own gives a view.
  return Uint8Array.prototype.slice.call(typed);
}
