import { domainOf } from "../edit.ts";
import { sortNodes } from "../graph/scope.ts";
import { nodeLabel } from "../optimize/pass.ts";
import type { FunctionProto, Graph, Model, Node, OperatorSetId } from "../proto/types.ts";
import { keyOfCall, keyOfFunction } from "../infer/functions.ts";
import { checkNode, type NodeContext } from "./checkNode.ts";

/**
 * Everything that makes a model invalid apart from what `checkModel` looks at (the data of its
 * tensors): names that are made twice, or read where nothing made them; circles; operators that are
 * not those of the imported versions, or lack inputs, outputs or attributes; calls of functions.
 *
 * Types and shapes are for a runtime to judge.
 *
 * Source: "Open Neural Network Exchange Intermediate Representation", ONNX 1.23.
 *
 * @returns each problem in words, naming the node; none for a valid model.
 */
export function checkGraph(model: Model): string[] {
  const problems: string[] = [];
  const functions = new Map<string, FunctionProto>();
  for (const body of model.functions ?? []) {
    const key = keyOfFunction(body);
    if (functions.has(key)) problems.push(`function "${body.name}" is there twice`);
    functions.set(key, body);
  }
  const opsets = readOpsets(model.opsetImports, "the model", problems);
  const context = { opsets, functions, inFunction: false };
  checkScope(model.graph, new Scope(), "", context, problems);
  checkInterface(model, problems);
  for (const body of functions.values()) checkFunction(body, functions, problems);
  problems.push(...checkRecursion(functions));
  return problems;
}

/** The names that can be read at a place: those of a graph so far, and of the graphs around it. */
class Scope {
  readonly #names = new Set<string>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  /** @returns whether the name was free in this very graph. */
  define(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    return true;
  }

  /** What a node makes must differ from the names around its graph too. @returns whether it does. */
  defineNew(name: string): boolean {
    const free = !this.sees(name);
    this.#names.add(name);
    return free;
  }

  defines(name: string): boolean {
    return this.#names.has(name);
  }

  sees(name: string): boolean {
    return this.#names.has(name) || (this.#outer?.sees(name) ?? false);
  }
}

function readOpsets(
  imports: readonly OperatorSetId[],
  who: string,
  problems: string[],
): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const opset of imports) {
    const domain = domainOf(opset);
    const other = opsets.get(domain);
    if (other !== undefined && other !== opset.version)
      problems.push(
        `${who} imports "${domain || "ai.onnx"}" in the versions ${other} and ${opset.version}`,
      );
    opsets.set(domain, opset.version);
  }
  return opsets;
}

/** A graph, or a subgraph within the scope of the graph around it. */
function checkScope(
  graph: Graph,
  scope: Scope,
  place: string,
  context: NodeContext,
  problems: string[],
): void {
  const report = (problem: string): void => void problems.push(problem + place);
  for (const { name } of graph.inputs)
    if (!scope.define(name)) report(`input "${name}" is there twice`);
  const constants = new Set<string>();
  const sparse = (graph.sparseInitializers ?? []).map(({ values }) => values?.name);
  for (const name of [...graph.initializers.map((tensor) => tensor.name), ...sparse]) {
    if (!name) report("an initializer has no name");
    else if (constants.has(name)) report(`initializer "${name}" is there twice`);
    // An initializer may give an input its default.
    else scope.define(name);
    constants.add(name ?? "");
  }
  checkNodes(graph.nodes, scope, place, context, problems);
  const outputs = new Set<string>();
  for (const { name } of graph.outputs) {
    if (outputs.has(name)) report(`output "${name}" is there twice`);
    outputs.add(name);
    if (scope.defines(name)) continue;
    if (scope.sees(name))
      report(`output "${name}" is a value of the graph around; it needs an Identity node`);
    else report(`output "${name}" is made by no node`);
  }
}

function checkNodes(
  nodes: readonly Node[],
  scope: Scope,
  place: string,
  context: NodeContext,
  problems: string[],
): void {
  const makers = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) makers.set(name, node);
  let unsorted = false;
  for (const node of nodes) {
    const report = (problem: string): void =>
      void problems.push(`${node.opType} "${nodeLabel(node)}"${place}: ${problem}`);
    checkNode(node, context).forEach(report);
    for (const name of node.inputs) {
      if (name === "" || scope.sees(name)) continue;
      const maker = makers.get(name);
      unsorted ||= maker !== undefined;
      report(
        maker === undefined
          ? `reads "${name}", which nothing makes`
          : `reads "${name}", which ${maker.opType} "${nodeLabel(maker)}" makes only later`,
      );
    }
    for (const { name, g, graphs = [] } of node.attributes) {
      const inner = ` in ${name} of ${node.opType} "${nodeLabel(node)}"${place}`;
      for (const graph of g ? [g, ...graphs] : graphs)
        checkScope(graph, new Scope(scope), inner, context, problems);
    }
    for (const name of node.outputs)
      if (name !== "" && !scope.defineNew(name)) report(`makes "${name}", which is there already`);
  }
  if (unsorted) problems.push(...checkCircle(nodes, place));
}

function checkCircle(nodes: readonly Node[], place: string): string[] {
  try {
    sortNodes(nodes);
    return [];
  } catch (error) {
    return [`${error instanceof Error ? error.message : String(error)}${place}`];
  }
}

/** What holds of the main graph only. */
function checkInterface({ graph, irVersion }: Model, problems: string[]): void {
  if (graph.outputs.length === 0) problems.push("the graph has no outputs");
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  for (const { name, type } of graph.inputs)
    if (type === undefined) problems.push(`input "${name}" has no type`);
  for (const { name = "", dataType } of graph.initializers) {
    const input = inputs.get(name);
    if (input === undefined && irVersion < 4)
      problems.push(`initializer "${name}" is no input, as IR version ${irVersion} needs it`);
    const declared = input?.type?.tensorType?.elemType;
    if (declared !== undefined && declared !== dataType)
      problems.push(`input "${name}" and its default are of different types`);
  }
}

function checkFunction(
  body: FunctionProto,
  functions: ReadonlyMap<string, FunctionProto>,
  problems: string[],
): void {
  const place = ` in function "${body.name}"`;
  const opsets = readOpsets(body.opsetImports, `function "${body.name}"`, problems);
  const scope = new Scope();
  for (const name of body.inputs)
    if (!scope.define(name)) problems.push(`input "${name}" is there twice${place}`);
  checkNodes(body.nodes, scope, place, { opsets, functions, inFunction: true }, problems);
  for (const name of body.outputs)
    if (!scope.sees(name)) problems.push(`output "${name}" is made by no node${place}`);
}

/** Functions are expanded where they are called: one that calls itself would never end. */
function checkRecursion(functions: ReadonlyMap<string, FunctionProto>): string[] {
  const calls = (body: FunctionProto): string[] =>
    body.nodes.map(keyOfCall).filter((key) => functions.has(key));
  return [...functions].flatMap(([key, body]) => {
    const reached = new Set<string>();
    const open = calls(body);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(...calls(functions.get(next)!));
    }
    return reached.has(key) ? [`function "${body.name}" calls itself`] : [];
  });
}
