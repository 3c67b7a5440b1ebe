import {
  DATATYPES,
  elementCount,
  fail,
  isStrings,
  toBytes,
  type Infer,
  type InferContext,
  type InferRequest,
  type InferResponse,
  type Tensor,
  type TensorData,
} from "@longshore/core";
import { rowsOf } from "./shapes.ts";

/** Parts of one request that may be in the queue at a time: others' requests get in between. */
const PARTS_AT_ONCE = 4;
/** Parts of one request: far more rows are not a request but a job, or an attack with empty rows. */
const MAX_PARTS = 16_384;

/**
 * Splits a request with more rows than a batch may have into several, and puts the answers
 * together. So a caller may bring many rows, while a run's memory stays bounded and the rows of
 * others get in between.
 *
 * For models with a batch axis only.
 *
 * @param model name of the model, for messages.
 * @throws LongshoreError BATCH_TOO_LARGE; whatever a part's inference throws, and no part that was
 *   not begun by then is.
 */
export function splitRows(infer: Infer, maxRows: number, model: string): Infer {
  const inferParts = async (
    request: InferRequest,
    context: InferContext,
    rows: number,
  ): Promise<InferResponse> => {
    const parts = Math.ceil(rows / maxRows);
    if (parts > MAX_PARTS) {
      throw fail("BATCH_TOO_LARGE", { got: rows, limit: MAX_PARTS * maxRows, model });
    }
    const answers: InferResponse[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < parts) {
        const part = next++;
        const first = part * maxRows;
        const count = Math.min(maxRows, rows - first);
        try {
          answers[part] = await infer(sliceRequest(request, first, count), context);
        } catch (error) {
          next = parts;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(PARTS_AT_ONCE, parts) }, work));
    const outputs = new Map<string, Tensor>();
    for (const name of answers[0]!.outputs.keys()) {
      outputs.set(name, concatRows(answers.map((answer) => answer.outputs.get(name)!)));
    }
    return { outputs };
  };
  // Not async: what is not split, which is almost everything, costs no promise more.
  return (request, context) => {
    const rows = rowsOf(request);
    return rows <= maxRows ? infer(request, context) : inferParts(request, context, rows);
  };
}

function sliceRequest(request: InferRequest, first: number, count: number): InferRequest {
  const inputs = new Map<string, Tensor>();
  for (const [name, tensor] of request.inputs) {
    const [, ...rest] = tensor.shape;
    const width = elementCount(rest);
    const data = sliceElements(tensor, first * width, count * width);
    inputs.set(name, { datatype: tensor.datatype, shape: [count, ...rest], data });
  }
  return { ...request, inputs };
}

function sliceElements({ datatype, data }: Tensor, first: number, count: number): TensorData {
  if (isStrings(data)) return data.slice(first, first + count);
  const { size } = DATATYPES[datatype];
  return toBytes(data).subarray(first * size, (first + count) * size);
}

function concatRows(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  const { datatype } = first!;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0]!, 0);
  const shape = [rows, ...first!.shape.slice(1)];
  if (isStrings(first!.data)) {
    return { datatype, shape, data: tensors.flatMap((tensor) => tensor.data as readonly string[]) };
  }
  const { array } = DATATYPES[datatype];
  const data = new array!(elementCount(shape));
  const target = toBytes(data);
  let position = 0;
  for (const tensor of tensors) {
    const bytes = toBytes(tensor.data as ArrayBufferView);
    target.set(bytes, position);
    position += bytes.length;
  }
  return { datatype, shape, data };
}
