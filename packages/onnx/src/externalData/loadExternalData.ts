import { fail } from "@longshore/core";
import { externalDataOf } from "../safety.ts";
import type { Model, TensorProto } from "../proto/types.ts";
import { walkModel } from "../walk.ts";
import { mapTensors } from "./mapTensors.ts";

/** Reads bytes of a file in the model's folder. What it gives is kept, not copied. */
export type ReadExternalData = (
  location: string,
  offset: number,
  length: number,
) => Uint8Array | Promise<Uint8Array>;

/**
 * A copy of a model that holds what its file keeps in others: every external tensor has its data as
 * `rawData`. The model itself if it has none.
 *
 * @param read called once a tensor. The locations are plain relative paths; that they lead to no
 *   other place is for `read`, or for whoever looked before, to see to.
 * @param file what error messages call the model.
 * @throws MODEL_INVALID if a location is not plain, or if fewer or more bytes come than wanted.
 */
export async function loadExternalData(
  model: Model,
  read: ReadExternalData,
  file: string = "model",
): Promise<Model> {
  const loaded = new Map<TensorProto, Uint8Array>();
  for (const tensor of allTensors(model)) {
    const external = externalDataOf(tensor, file);
    if (external === undefined) continue;
    const { tensor: what, location, offset, length } = external;
    const data = await read(location, offset, length);
    if (data.byteLength !== length)
      throw fail("MODEL_INVALID", {
        file,
        problem: `${what}: "${location}" gave ${data.byteLength} bytes where ${length} were wanted`,
      });
    loaded.set(tensor, data);
  }
  if (loaded.size === 0) return model;
  return mapTensors(model, (tensor) => {
    const rawData = loaded.get(tensor);
    if (rawData === undefined) return tensor;
    const { externalData: _, dataLocation: __, ...rest } = tensor;
    return { ...rest, rawData };
  });
}

function allTensors(model: Model): Set<TensorProto> {
  const found = new Set<TensorProto>();
  walkModel(model, { tensor: (tensor) => void found.add(tensor) });
  return found;
}
