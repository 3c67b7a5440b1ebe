import type { Signature } from "@longshore/core";
import { findBatchAxis, type BatchJudgement } from "./batch.ts";
import {
  heldTensors,
  operatorCosts,
  tensorSize,
  type OperatorCost,
} from "./costs/operatorCosts.ts";
import { domainOf, operatorName } from "./edit.ts";
import { elementType } from "./elementType.ts";
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
  readonly operators: readonly OperatorSummary[];
  /** What one run costs by the rules of `operatorCosts`, where symbolic axes of inputs are 1. */
  readonly costs: CostSummary;
  readonly functions: readonly string[];
  /** Elements and bytes of everything constant: initializers, and tensors and weights in attributes. */
  readonly parameters: { readonly count: number; readonly bytes: number };
  readonly parametersByType: readonly ParameterCount[];
  readonly externalData: readonly ExternalData[];
}

/** What can be told of a run's costs; see `OperatorCost`. */
export interface CostSummary {
  readonly macs: number;
  readonly flops: number;
  /** Nodes whose operator or shapes are not known, so that they are not in `flops`. */
  readonly withoutFlops: number;
  /** Bytes of everything that nodes give, not all of which is in memory at a time. */
  readonly activationBytes: number;
  /** Nodes whose results have no known size, so that they are not in `activationBytes`. */
  readonly withoutActivation: number;
}

/** What all nodes of one operator cost together. */
export interface OperatorSummary extends CostSummary {
  readonly operator: string;
  readonly count: number;
  /** Constants that its nodes are the first to read; see `OperatorCost`. */
  readonly parameters: number;
  readonly parameterBytes: number;
}

/** Everything constant of one element type. */
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
  const costs = operatorCosts(model);
  const total = (key: "count" | "bytes"): number => sum(parametersByType, (type) => type[key]);
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
    operators: countOperators(model, costs),
    costs: summarise(costs),
    functions: (model.functions ?? []).map((body) => operatorName({ ...body, opType: body.name })),
    parameters: { count: total("count"), bytes: total("bytes") },
    parametersByType,
    externalData,
  };
}

function countOperators(model: Model, costs: readonly OperatorCost[]): OperatorSummary[] {
  const counts = new Map<string, number>();
  walkModel(model, {
    node(node) {
      const operator = operatorName(node);
      counts.set(operator, (counts.get(operator) ?? 0) + 1);
    },
  });
  const byOperator = Map.groupBy(costs, ({ operator }) => operator);
  return Array.from(counts, ([operator, count]): OperatorSummary => {
    const own = byOperator.get(operator) ?? [];
    return {
      operator,
      count,
      parameters: sum(own, ({ parameters }) => parameters),
      parameterBytes: sum(own, ({ parameterBytes }) => parameterBytes),
      ...summarise(own),
    };
  }).toSorted((a, b) => b.count - a.count);
}

function summarise(costs: readonly OperatorCost[]): CostSummary {
  return {
    macs: sum(costs, ({ macs }) => macs ?? 0),
    flops: sum(costs, ({ flops }) => flops ?? 0),
    withoutFlops: sum(costs, ({ flops }) => (flops === undefined ? 1 : 0)),
    activationBytes: sum(costs, ({ activationBytes }) => activationBytes ?? 0),
    withoutActivation: sum(costs, ({ activationBytes }) => (activationBytes === undefined ? 1 : 0)),
  };
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
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
    const { count: elements, bytes } = tensorSize(tensor);
    count(type.name, elements, bytes);
  };
  walkModel(model, {
    graph({ initializers, sparseInitializers = [] }) {
      initializers.forEach(countTensor);
      for (const { values } of sparseInitializers) if (values) countTensor(values);
    },
    node(node) {
      heldTensors(node).forEach(countTensor);
      for (const { floats } of node.attributes) {
        if (floats) count("FP32", floats.length, floats.byteLength);
      }
    },
  });
  return [...types.values()].toSorted((a, b) => b.bytes - a.bytes);
}
