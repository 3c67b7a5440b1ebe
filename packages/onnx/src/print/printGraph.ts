import { domainOf } from "../edit.ts";
import { elementType } from "../elementType.ts";
import { readShape } from "../signature.ts";
import { formatType } from "../signature.ts";
import type { Attribute, Graph, Node, TypeProto, ValueInfo } from "../proto/types.ts";
import { printNumber, printSparse, printTensor, printTensorType } from "./printTensor.ts";
import { list, name, quoted } from "./text.ts";

/** Types by value. */
type Types = ReadonlyMap<string, TypeProto>;

/** The lines of a graph. @param title what it is called: `graph`, or the attribute that holds it. */
export function printGraph(graph: Graph, title: string): string[] {
  const { inputs, outputs, initializers, sparseInitializers = [], valueInfos } = graph;
  const types = new Map<string, TypeProto>();
  for (const { name: value, type } of [...valueInfos, ...inputs, ...outputs])
    if (type) types.set(value, type);
  const declared = (kind: string, values: readonly ValueInfo[]): string[] =>
    values.map((value) => `${kind}${printValue(value.name, types)}`);
  const head = [
    ...declared("in     ", inputs),
    ...initializers.map((tensor) => `const  ${name(tensor.name ?? "")}: ${printTensor(tensor)}`),
    ...sparseInitializers.map(
      (sparse) => `const  ${name(sparse.values?.name ?? "")}: ${printSparse(sparse)}`,
    ),
    ...declared("out    ", outputs),
  ];
  const nodes = printNodes(graph.nodes, types);
  const lines = [...head, ...(head.length > 0 && nodes.length > 0 ? [""] : []), ...nodes];
  return [
    graph.name ? `${title} ${quoted(graph.name)}` : title,
    ...lines.map((line) => (line === "" ? "" : `  ${line}`)),
  ];
}

/** Nodes a line each, followed by their subgraphs. */
export function printNodes(nodes: readonly Node[], types: Types): string[] {
  return nodes.flatMap((node) => {
    const outputs = node.outputs.map((value) => (value === "" ? "_" : printValue(value, types)));
    const inputs = node.inputs.map((value) => (value === "" ? "_" : name(value)));
    const domain = domainOf(node);
    const operator = name(domain === "" ? node.opType : `${domain}.${node.opType}`);
    const called = node.name ? ` ${quoted(node.name)}` : "";
    const plain = node.attributes.filter(({ g, graphs }) => !g && !graphs?.length);
    const attributes = plain.map((attribute) => ` ${printAttribute(attribute)}`).join("");
    const line = `${outputs.join(", ")} = ${operator}${called}(${inputs.join(", ")})${attributes}`;
    return [line, ...node.attributes.flatMap(printSubgraphs)];
  });
}

function printSubgraphs(attribute: Attribute): string[] {
  const { g, graphs = [] } = attribute;
  return (g ? [g, ...graphs] : graphs).flatMap((graph) =>
    printGraph(graph, name(attribute.name)).map((line) => (line === "" ? "" : `  ${line}`)),
  );
}

function printValue(value: string, types: Types): string {
  const type = types.get(value);
  return type === undefined ? name(value) : `${name(value)}: ${printType(type)}`;
}

function printType(type: TypeProto): string {
  const { tensorType } = type;
  if (tensorType === undefined) return formatType(type);
  // A tensor of unknown rank.
  if (tensorType.shape === undefined) return elementType(tensorType.elemType)?.name ?? "?";
  const dims = readShape(tensorType.shape);
  return printTensorType(
    tensorType.elemType,
    dims.map((dim) => (typeof dim === "number" || dim === "?" ? dim : name(dim))),
  );
}

/** How many elements of a list are shown. */
const SHOWN = 12;

function printAttribute(attribute: Attribute): string {
  return `${name(attribute.name)}=${printAttributeValue(attribute)}`;
}

function printAttributeValue(attribute: Attribute): string {
  const { refAttrName, f, i, s, t, tp, floats, ints, strings, sparseTensor } = attribute;
  const many = <T>(values: ArrayLike<T>, print: (value: T) => string): string =>
    `[${list(Array.from(values).slice(0, SHOWN).map(print), values.length, ",")}]`;
  const text = (bytes: Uint8Array): string => quoted(new TextDecoder().decode(bytes));
  if (refAttrName) return `$${name(refAttrName)}`;
  if (i !== undefined) return i.toString();
  if (f !== undefined) return printFloat(f);
  if (s !== undefined) return text(s);
  if (t !== undefined) return `{${printTensor(t)}}`;
  if (sparseTensor !== undefined) return `{${printSparse(sparseTensor)}}`;
  if (tp !== undefined) return printType(tp);
  if (ints !== undefined) return many(ints, String);
  if (floats !== undefined) return many(floats, printFloat);
  if (strings !== undefined) return many(strings, text);
  return "…";
}

/** With a point, so that it is not taken for a whole number. */
function printFloat(value: number): string {
  const text = printNumber(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
