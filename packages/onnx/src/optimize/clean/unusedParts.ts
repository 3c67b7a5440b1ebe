import { domainOf } from "../../edit.ts";
import { functionsOf, keyOfCall } from "../../infer/functions.ts";
import type { FunctionProto, Graph, Model, Node } from "../../proto/types.ts";
import { subgraphs, walkGraph } from "../../walk.ts";
import { editPass } from "../editPass.ts";
import type { PassResult } from "../pass.ts";

/** Removes nodes and initializers that no output depends on, in subgraphs too. */
export function removeUnusedNodes(model: Model): PassResult {
  let [nodes, constants] = [0, 0];
  return editPass(model, (graph, { changes }) => {
    const removed = graph.removeUnused();
    nodes += removed.nodes;
    constants += removed.constants;
    changes.length = 0;
    if (nodes > 0) changes.push(`unused nodes removed: ${nodes}`);
    if (constants > 0) changes.push(`unused initializers removed: ${constants}`);
  });
}

/** Removes functions that nothing calls. */
export function removeUnusedFunctions(model: Model): PassResult {
  const { functions = [] } = model;
  const byKey = functionsOf(model);
  const called = new Set<FunctionProto>();
  const call = (node: Node): void => {
    const body = byKey.get(keyOfCall(node));
    if (body === undefined || called.has(body)) return;
    called.add(body);
    forEachNode(body.nodes, call);
  };
  forEachNode(nodesOf(model), call);
  const unused = functions.filter((body) => !called.has(body));
  if (unused.length === 0) return { model, changes: [], skipped: [] };
  const kept = functions.filter((body) => called.has(body));
  const { functions: _, ...rest } = model;
  return {
    model: kept.length === 0 ? rest : { ...rest, functions: kept },
    changes: unused.map(({ name }) => `unused function "${name}" removed`),
    skipped: [],
  };
}

/** Removes imports of operator sets that no node is of; that of the standard one stays. */
export function removeUnusedOpsets(model: Model): PassResult {
  const used = new Set([""]);
  forEachNode(nodesOf(model), (node) => used.add(domainOf(node)));
  for (const body of model.functions ?? []) {
    used.add(domainOf(body));
    for (const opset of body.opsetImports) used.add(domainOf(opset));
    forEachNode(body.nodes, (node) => used.add(domainOf(node)));
  }
  const unused = model.opsetImports.filter((opset) => !used.has(domainOf(opset)));
  if (unused.length === 0) return { model, changes: [], skipped: [] };
  return {
    model: {
      ...model,
      opsetImports: model.opsetImports.filter((opset) => used.has(domainOf(opset))),
    },
    changes: unused.map(({ domain }) => `unused operator set "${domain}" removed`),
    skipped: [],
  };
}

/** The nodes that run: those of the graph, and of the graphs for training. */
function nodesOf({ graph, trainingInfo = [] }: Model): Node[] {
  const graphs: (Graph | undefined)[] = [graph];
  for (const { initialization, algorithm } of trainingInfo) graphs.push(initialization, algorithm);
  return graphs.flatMap((each) => each?.nodes ?? []);
}

function forEachNode(nodes: readonly Node[], visit: (node: Node) => void): void {
  for (const node of nodes) {
    visit(node);
    for (const graph of subgraphs(node)) walkGraph(graph, { node: visit });
  }
}
