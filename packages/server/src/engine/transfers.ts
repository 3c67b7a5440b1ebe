import type { OutputTensor, RunReply } from "./messages.ts";

/** A transfer costs more than the copy of a small buffer. */
const WORTH_BYTES = 16_384;

/** Buffers of outputs that are worth handing over to another thread instead of copying. */
export function buffersOf(outputs: readonly OutputTensor[]): ArrayBuffer[] {
  return outputs.flatMap(({ data }) =>
    ArrayBuffer.isView(data) && data.byteLength > WORTH_BYTES ? [data.buffer as ArrayBuffer] : [],
  );
}

/** As {@link buffersOf}, of all outputs of a reply. */
export function transfersOf({ results }: RunReply): ArrayBuffer[] {
  return results.flatMap((result) =>
    "whole" in result
      ? buffersOf(result.whole)
      : result.parts.flatMap((part) => (part.error === undefined ? buffersOf(part.outputs) : [])),
  );
}
