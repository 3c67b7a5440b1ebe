import { elementCount, toBytes } from "@longshore/core";
import { elementType, rawBytes } from "../elementType.ts";
import { elementsOf } from "../graph/tensorData.ts";
import type { Graph, Model, TensorProto } from "../proto/types.ts";
import { mapTensors } from "./mapTensors.ts";
import { walkModel } from "../walk.ts";

/** A model in two files. */
export interface SplitModel {
  /** Its large initializers say where in the other file they are. */
  readonly model: Model;
  /** What is in the other file, to be written one after the other. Tensors are not copied. */
  readonly chunks: readonly Uint8Array[];
}

/** Where tensors start, so that a runtime can map them into memory. Source: "External data" of ONNX. */
const ALIGNMENT = 4096;

/** Smaller ones cost more as external data than they save. */
const MIN_BYTES = 1024;

/**
 * Moves the data of large initializers, those of subgraphs too, into another file: a model file
 * itself must stay below 2 GiB.
 *
 * @param location the other file, a plain relative path from the model's folder.
 * @param minBytes size of the smallest tensor that is moved.
 */
export function splitExternalData(
  model: Model,
  location: string,
  { minBytes = MIN_BYTES }: { readonly minBytes?: number } = {},
): SplitModel {
  const movable = new Set<TensorProto>();
  walkModel(model, {
    graph: ({ initializers }: Graph) => initializers.forEach((tensor) => movable.add(tensor)),
  });
  const chunks: Uint8Array[] = [];
  let end = 0;
  const split = mapTensors(model, (tensor) => {
    const data = movable.has(tensor) ? rawDataOf(tensor, minBytes) : undefined;
    if (data === undefined) return tensor;
    const padding = -end & (ALIGNMENT - 1);
    if (padding > 0) chunks.push(new Uint8Array(padding));
    chunks.push(data);
    const offset = end + padding;
    end = offset + data.byteLength;
    return moved(tensor, { location, offset, length: data.byteLength });
  });
  return { model: chunks.length === 0 ? model : split, chunks };
}

/** A tensor's data as raw bytes; undefined if they stay where they are. */
function rawDataOf(tensor: TensorProto, minBytes: number): Uint8Array | undefined {
  const type = elementType(tensor.dataType);
  if (type === undefined || type.datatype === "BYTES" || tensor.dataLocation === 1)
    return undefined;
  const size = rawBytes(type, elementCount(tensor.dims));
  if (!(size >= Math.max(minBytes, 1))) return undefined;
  if (tensor.rawData?.byteLength === size) return tensor.rawData;
  return type.datatype && toBytes(elementsOf(tensor));
}

function moved(
  tensor: TensorProto,
  entries: { readonly location: string; readonly offset: number; readonly length: number },
): TensorProto {
  const { name, dims, dataType, docString, metadataProps } = tensor;
  return {
    dims,
    dataType,
    ...(name !== undefined && { name }),
    ...(docString !== undefined && { docString }),
    ...(metadataProps && { metadataProps }),
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
    dataLocation: 1,
  };
}
