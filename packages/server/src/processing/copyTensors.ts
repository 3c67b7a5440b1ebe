import { isStrings, toBytes, type Tensor, type Tensors } from "@longshore/core";

/**
 * Tensors with buffers of their own, to be handed over to another thread. Views would take the whole
 * buffer that they look at with them, which others look at, too.
 */
export function copyTensors(tensors: Tensors): { tensors: Tensors; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const copies = Array.from(tensors, ([name, tensor]): [string, Tensor] => {
    const { data } = tensor;
    if (isStrings(data)) return [name, tensor];
    const copy = Uint8Array.from(toBytes(data));
    buffers.push(copy.buffer);
    return [name, { ...tensor, data: copy }];
  });
  return { tensors: new Map(copies), buffers };
}
