import { isStrings, toTypedArray, type Datatype, type Tensor, type Tensors } from "@longshore/core";
import { joinChunks, writeModel, type Model, type RunnableModel } from "@longshore/onnx";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { ort, ORT_TYPES } from "./ort.ts";
import { openSession } from "./session.ts";

export interface RunnableOptions {
  /** Threads of one run; 1 by default, so that timings compare. */
  readonly intraOpThreads?: number;
  /** How far ONNX Runtime optimises the graph; everything by default. */
  readonly optimization?: "disabled" | "basic" | "extended" | "all";
  /** Where ONNX Runtime writes the graph that it made of the model. */
  readonly optimizedModelPath?: string;
}

const DATATYPE_OF = new Map(
  Object.entries(ORT_TYPES)
    .filter(([datatype]) => datatype !== "BF16")
    .map(([datatype, type]) => [type, datatype as Datatype]),
);

/**
 * Opens a model that exists in memory only, in this very thread: for tools that measure and
 * compare, never on a server's I/O thread.
 *
 * @throws Error with ONNX Runtime's own message when the model cannot be loaded.
 */
export async function openRunnable(
  model: Model,
  options: RunnableOptions = {},
): Promise<RunnableModel> {
  const session = await ort.InferenceSession.create(joinChunks(writeModel(model)), {
    intraOpNumThreads: options.intraOpThreads ?? 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: options.optimization ?? "all",
    logSeverityLevel: 4,
    ...(options.optimizedModelPath !== undefined && {
      optimizedModelFilePath: options.optimizedModelPath,
    }),
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return {
    run: (inputs) => runSession(session, inputs),
    close: () => session.release(),
  };
}

/**
 * Opens a model file in this very thread, as {@link openRunnable} does with one in memory.
 *
 * @throws Error with ONNX Runtime's own message when the model cannot be loaded.
 */
export async function openRunnableFile(
  options: Parameters<typeof openSession>[0],
): Promise<RunnableModel> {
  const session = await openSession(options);
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
