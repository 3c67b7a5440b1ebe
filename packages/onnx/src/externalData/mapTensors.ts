import type {
  Attribute,
  FunctionProto,
  Graph,
  Model,
  Node,
  SparseTensorProto,
  TensorProto,
} from "../proto/types.ts";

/** A copy of a model with other tensors: every dense one, and the values of sparse ones. */
export function mapTensors(model: Model, change: (tensor: TensorProto) => TensorProto): Model {
  const inSparse = (sparse: SparseTensorProto): SparseTensorProto => ({
    ...sparse,
    ...(sparse.values && { values: change(sparse.values) }),
  });
  const inAttribute = (attribute: Attribute): Attribute => {
    const { t, tensors, sparseTensor, sparseTensors, g, graphs } = attribute;
    return {
      ...attribute,
      ...(t && { t: change(t) }),
      ...(tensors && { tensors: tensors.map(change) }),
      ...(sparseTensor && { sparseTensor: inSparse(sparseTensor) }),
      ...(sparseTensors && { sparseTensors: sparseTensors.map(inSparse) }),
      ...(g && { g: inGraph(g) }),
      ...(graphs && { graphs: graphs.map(inGraph) }),
    };
  };
  const inNode = (node: Node): Node => ({ ...node, attributes: node.attributes.map(inAttribute) });
  const inGraph = (graph: Graph): Graph => ({
    ...graph,
    initializers: graph.initializers.map(change),
    ...(graph.sparseInitializers && { sparseInitializers: graph.sparseInitializers.map(inSparse) }),
    nodes: graph.nodes.map(inNode),
  });
  const inFunction = (body: FunctionProto): FunctionProto => ({
    ...body,
    ...(body.attributeProtos && { attributeProtos: body.attributeProtos.map(inAttribute) }),
    nodes: body.nodes.map(inNode),
  });
  return {
    ...model,
    graph: inGraph(model.graph),
    ...(model.functions && { functions: model.functions.map(inFunction) }),
    ...(model.trainingInfo && {
      trainingInfo: model.trainingInfo.map((info) => ({
        ...info,
        ...(info.initialization && { initialization: inGraph(info.initialization) }),
        ...(info.algorithm && { algorithm: inGraph(info.algorithm) }),
      })),
    }),
  };
}
