import { isStrings, toTypedArray, type Datatype, type Tensor, type Tensors } from "@longshore/core";
import type { RunnableModel } from "@longshore/onnx";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { ort, ORT_TYPES } from "./ort.ts";
import { openSession } from "./session.ts";

const DATATYPE_OF = new Map(
  Object.entries(ORT_TYPES)
    .filter(([datatype]) => datatype !== "BF16")
    .map(([datatype, type]) => [type, datatype as Datatype]),
);

/**
 * Opens a model file in this very thread: for tools that measure and compare, never on a server's
 * I/O thread.
 *
 * @throws Error with ONNX Runtime's own message when the model cannot be loaded.
 */
export async function openRunnableFile(
  options: Parameters<typeof openSession>[0],
): Promise<RunnableModel> {
  return toRunnable(await openSession(options));
}

/** A session as what graph passes run: plain tensors in and out. */
export function toRunnable(session: InferenceSession): RunnableModel {
  return {
    run: (inputs) => runSession(session, inputs),
    close: () => session.release(),
  };
}

async function runSession(session: InferenceSession, inputs: Tensors): Promise<Tensors> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, tensor] of inputs) feeds[name] = toOrt(tensor);
  const outputs = await session.run(feeds);
  return new Map(session.outputNames.map((name) => [name, fromOrt(name, outputs[name])]));
}

function toOrt({ datatype, shape, data }: Tensor): OrtTensor {
  if (datatype === "BF16") throw new TypeError("ONNX Runtime exchanges no BF16; give it as FP32");
  const elements = isStrings(data) ? [...data] : toTypedArray(datatype, data);
  return new ort.Tensor(ORT_TYPES[datatype], elements as OrtTensor.DataType, shape);
}

function fromOrt(name: string, tensor: OrtTensor | undefined): Tensor {
  const datatype = tensor && DATATYPE_OF.get(tensor.type);
  if (tensor === undefined || datatype === undefined)
    throw new Error(`the model gave no tensor "${name}"`);
  return { datatype, shape: tensor.dims, data: tensor.data as Tensor["data"] };
}
