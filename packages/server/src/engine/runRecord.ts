/**
 * Which models are in a run at this moment, written where it outlives the process: a file whose
 * descriptor the supervisor holds. After a native crash it tells whose run it was.
 *
 * A worker writes before and after each run, which takes microseconds: only after a first crash.
 */
import { fstatSync, readSync, writeSync } from "node:fs";

/** Each worker has a place of its own, with a label that ends with a zero; an empty one while idle. */
const SLOT_BYTES = 4096;

let target: number | undefined;

/** Has the workers that this process starts from now on record their runs. */
export function recordRunsTo(fd: number): void {
  target = fd;
}

/** The descriptor that workers record to; undefined where they do not. */
export function runRecordTarget(): number | undefined {
  return target;
}

/** One worker's side. */
export interface RunRecord {
  /** @param label as {@link toRunLabel} makes it. */
  begin(label: Uint8Array): void;
  end(): void;
}

/** @param slot which place is the worker's, from 0. */
export function openRunRecord(fd: number, slot: number): RunRecord {
  const write = (bytes: Uint8Array): void => {
    try {
      writeSync(fd, bytes, 0, bytes.length, slot * SLOT_BYTES);
    } catch {
      // What cannot be recorded, as on a full disk, is computed all the same.
    }
  };
  const none = new Uint8Array(1);
  return { begin: write, end: () => write(none) };
}

/** A model's name and version as they are recorded; nothing where they are longer than any file name. */
export function toRunLabel(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${text}\0`);
  return bytes.length <= SLOT_BYTES ? bytes : Uint8Array.of(0);
}

/** Labels of the models that were in a run, each once. */
export function readRunRecord(fd: number): string[] {
  const bytes = new Uint8Array(fstatSync(fd).size);
  readSync(fd, bytes, 0, bytes.length, 0);
  const labels = new Set<string>();
  for (let at = 0; at < bytes.length; at += SLOT_BYTES) {
    const slot = bytes.subarray(at, at + SLOT_BYTES);
    const end = slot.indexOf(0);
    labels.add(new TextDecoder().decode(slot.subarray(0, end < 0 ? slot.length : end)));
  }
  labels.delete("");
  return [...labels];
}
