import { domainOf } from "../edit.ts";
import type { FunctionProto, Model, OperatorSetId } from "../proto/types.ts";
import { printGraph, printNodes } from "./printGraph.ts";
import { name, quoted } from "./text.ts";

/**
 * A model as text to be read: what it takes, its constants and gives, a node a line with types and
 * shapes where the model states them (see `inferShapes`), subgraphs indented, tensors abbreviated.
 *
 * ```text
 * ONNX IR 8, opset ai.onnx 17, from longshore
 *
 * graph
 *   in     x: FP32[N,4]
 *   const  w: FP32[4,2] = 0.5 0.25 -1 0 1 2 3 4
 *   out    y: FP32[N,2]
 *
 *   y: FP32[N,2] = MatMul(x, w)
 * ```
 *
 * Every control character in the model is escaped. The form may change: it is not meant to be read
 * by programs.
 */
export function printModel(model: Model): string {
  const producer = [model.producerName, model.producerVersion].filter(Boolean).join(" ");
  const head = [
    `ONNX IR ${model.irVersion}`,
    `opset ${printOpsets(model.opsetImports)}`,
    ...(producer === "" ? [] : [`from ${name(producer)}`]),
  ].join(", ");
  return [
    head,
    printGraph(model.graph, "graph").join("\n"),
    ...(model.functions ?? []).map((body) => printFunction(body).join("\n")),
  ].join("\n\n");
}

function printOpsets(opsets: readonly OperatorSetId[]): string {
  return opsets.map((opset) => `${name(domainOf(opset) || "ai.onnx")} ${opset.version}`).join(", ");
}

function printFunction(body: FunctionProto): string[] {
  const { inputs, outputs, attributes = [], attributeProtos = [], nodes } = body;
  const names = [...attributes, ...attributeProtos.map((attribute) => attribute.name)];
  const given = names.length > 0 ? ` with ${names.map(name).join(", ")}` : "";
  const list = (values: readonly string[]): string => values.map(name).join(", ");
  const called = body.domain ? quoted(`${body.domain}.${body.name}`) : quoted(body.name);
  return [
    `function ${called}(${list(inputs)})${given} gives ${list(outputs)}; opset ${printOpsets(body.opsetImports)}`,
    ...printNodes(nodes, new Map()).map((line) => `  ${line}`),
  ];
}
