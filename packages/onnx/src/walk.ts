import type {
  Attribute,
  Graph,
  Model,
  Node,
  SparseTensorProto,
  TensorProto,
} from "./proto/types.ts";

/** What to call for each part of a model; `where` says in words where a tensor stands. */
export interface Visitor {
  readonly graph?: (graph: Graph) => void;
  readonly node?: (node: Node) => void;
  /** Every dense tensor; the values and indices of sparse tensors too. */
  readonly tensor?: (tensor: TensorProto, where: string) => void;
  readonly sparse?: (sparse: SparseTensorProto, where: string) => void;
}

/** Visits everything in a model: the graph, its subgraphs, function bodies, training graphs. */
export function walkModel(model: Model, visitor: Visitor): void {
  walkGraph(model.graph, visitor);
  for (const body of model.functions ?? []) {
    const where = `of function "${body.name}"`;
    for (const attribute of body.attributeProtos ?? []) walkAttribute(attribute, where, visitor);
    for (const node of body.nodes) walkNode(node, visitor);
  }
  for (const { initialization, algorithm } of model.trainingInfo ?? []) {
    if (initialization) walkGraph(initialization, visitor);
    if (algorithm) walkGraph(algorithm, visitor);
  }
}

/** Visits a graph and its subgraphs. */
export function walkGraph(graph: Graph, visitor: Visitor): void {
  visitor.graph?.(graph);
  for (const tensor of graph.initializers)
    visitor.tensor?.(tensor, `initializer "${tensor.name ?? ""}"`);
  for (const sparse of graph.sparseInitializers ?? []) {
    walkSparse(sparse, `sparse initializer "${sparse.values?.name ?? ""}"`, visitor);
  }
  for (const node of graph.nodes) walkNode(node, visitor);
}

/** The graphs that a node holds as attributes: branches, loop bodies. */
export function subgraphs(node: Node): Graph[] {
  return node.attributes.flatMap(({ g, graphs = [] }) =>
    g === undefined ? graphs : [g, ...graphs],
  );
}

function walkNode(node: Node, visitor: Visitor): void {
  visitor.node?.(node);
  const where = `of ${node.opType} node "${node.name || node.outputs[0] || ""}"`;
  for (const attribute of node.attributes) walkAttribute(attribute, where, visitor);
}

function walkAttribute(attribute: Attribute, owner: string, visitor: Visitor): void {
  const where = `attribute "${attribute.name}" ${owner}`;
  const { t, tensors = [], sparseTensor, sparseTensors = [], g, graphs = [] } = attribute;
  if (t) visitor.tensor?.(t, where);
  for (const tensor of tensors) visitor.tensor?.(tensor, where);
  if (sparseTensor) walkSparse(sparseTensor, where, visitor);
  for (const sparse of sparseTensors) walkSparse(sparse, where, visitor);
  if (g) walkGraph(g, visitor);
  for (const graph of graphs) walkGraph(graph, visitor);
}

function walkSparse(sparse: SparseTensorProto, where: string, visitor: Visitor): void {
  visitor.sparse?.(sparse, where);
  if (sparse.values) visitor.tensor?.(sparse.values, `values of ${where}`);
  if (sparse.indices) visitor.tensor?.(sparse.indices, `indices of ${where}`);
}
