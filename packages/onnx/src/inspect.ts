import { elementCount, type Signature } from "@longshore/core";
import { findBatchAxis, type BatchJudgement } from "./batch.ts";
import { domainOf } from "./edit.ts";
import { elementType, rawBytes } from "./elementType.ts";
import type { Model, TensorProto } from "./proto/types.ts";
import { checkModel, type ExternalData } from "./safety.ts";
import { toServable } from "./servable.ts";
import { walkModel } from "./walk.ts";

/** What there is to say of a model, as plain data. */
export interface Inspection {
  /** As it is served; see {@link changes}. */
  readonly signature: Signature;
  /** What serving changes about the graph's inputs and outputs. */
  readonly changes: readonly string[];
  readonly batch: BatchJudgement;
  readonly irVersion: number;
  /** Version by domain; `ai.onnx` is the standard one. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly modelVersion: number | undefined;
  readonly docString: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Nodes by operator, subgraphs and function bodies included, the most frequent first. */
  readonly operators: readonly { readonly operator: string; readonly count: number }[];
  readonly functions: readonly string[];
  /** Elements and bytes of everything constant: initializers, and tensors and weights in attributes. */
  readonly parameters: { readonly count: number; readonly bytes: number };
  readonly parametersByType: readonly ParameterCount[];
  readonly externalData: readonly ExternalData[];
}

export interface ParameterCount {
  readonly type: string;
  readonly tensors: number;
  readonly count: number;
  readonly bytes: number;
}

/**
 * Reads everything about a model that needs no run.
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID if the model is not safe or cannot be served.
 */
export function inspect(model: Model, file = "model"): Inspection {
  const externalData = checkModel(model, file);
  const { signature, changes } = toServable(model, file);
  const parametersByType = countParameters(model);
  const total = (key: "count" | "bytes"): number =>
    parametersByType.reduce((sum, type) => sum + type[key], 0);
  return {
    signature,
    changes,
    batch: findBatchAxis(signature),
    irVersion: model.irVersion,
    opsets: Object.fromEntries(
      model.opsetImports.map((opset) => [domainOf(opset) || "ai.onnx", opset.version]),
    ),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(" "),
    modelVersion: model.modelVersion,
    docString: model.docString ?? "",
    metadata: Object.fromEntries((model.metadataProps ?? []).map(({ key, value }) => [key, value])),
    operators: countOperators(model),
    functions: (model.functions ?? []).map((body) => qualified(body, body.name)),
    parameters: { count: total("count"), bytes: total("bytes") },
    parametersByType,
    externalData,
  };
}

function qualified(owner: { readonly domain?: string }, name: string): string {
  const domain = domainOf(owner);
  return domain === "" ? name : `${domain}.${name}`;
}

function countOperators(model: Model): Inspection["operators"] {
  const counts = new Map<string, number>();
  walkModel(model, {
    node(node) {
      const operator = qualified(node, node.opType);
      counts.set(operator, (counts.get(operator) ?? 0) + 1);
    },
  });
  return Array.from(counts, ([operator, count]) => ({ operator, count })).toSorted(
    (a, b) => b.count - a.count,
  );
}

/** Initializers, values of sparse ones, and attributes: classical models keep their weights there. */
function countParameters(model: Model): ParameterCount[] {
  const types = new Map<string, ParameterCount>();
  const count = (type: string, elements: number, size: number): void => {
    const { tensors = 0, count: others = 0, bytes = 0 } = types.get(type) ?? {};
    types.set(type, { type, tensors: tensors + 1, count: others + elements, bytes: bytes + size });
  };
  const countTensor = (tensor: TensorProto): void => {
    const type = elementType(tensor.dataType);
    if (type === undefined) return;
    const elements = elementCount(tensor.dims);
    const strings = (tensor.stringData ?? []).reduce((sum, text) => sum + text.byteLength, 0);
    count(type.name, elements, rawBytes(type, elements) + strings);
  };
  walkModel(model, {
    graph({ initializers, sparseInitializers = [] }) {
      initializers.forEach(countTensor);
      for (const { values } of sparseInitializers) if (values) countTensor(values);
    },
    node({ attributes }) {
      for (const { t, tensors = [], floats } of attributes) {
        for (const tensor of t ? [t, ...tensors] : tensors) countTensor(tensor);
        if (floats) count("FP32", floats.length, floats.byteLength);
      }
    },
  });
  return [...types.values()].toSorted((a, b) => b.bytes - a.bytes);
}
