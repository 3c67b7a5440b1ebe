import * as field from "@longshore/core/proto";
import {
  defineMessage,
  message,
  messages,
  required,
  type MessageType,
} from "@longshore/core/proto";
import type * as onnx from "./types.ts";

/** The fields of each message, by their numbers in onnx-ml.proto. */

const name = (id: number) => required(field.string(id), () => "");
const number = (id: number) => required(field.int(id), () => 0);
const names = (id: number) => required(field.strings(id), () => []);
const dims = (id: number) => required(field.ints(id), () => []);
const metadata = (id: number) => messages(id, () => STRING_STRING_ENTRY);

function list<M>(id: number, type: () => MessageType<M>) {
  return required(messages(id, type), () => []);
}

/** `ModelProto`, the whole of a file. */
export const MODEL: MessageType<onnx.Model> = defineMessage<onnx.Model>({
  irVersion: number(1),
  opsetImports: list(8, () => OPERATOR_SET_ID),
  producerName: field.string(2),
  producerVersion: field.string(3),
  domain: field.string(4),
  modelVersion: field.int(5),
  docString: field.string(6),
  graph: required(
    message(7, () => GRAPH),
    () => GRAPH.create(),
  ),
  metadataProps: metadata(14),
  trainingInfo: messages(20, () => TRAINING_INFO),
  functions: messages(25, () => FUNCTION),
  configurations: messages(26, () => DEVICE_CONFIGURATION),
});

const OPERATOR_SET_ID = defineMessage<onnx.OperatorSetId>({
  domain: field.string(1),
  version: number(2),
});

const STRING_STRING_ENTRY = defineMessage<onnx.StringStringEntry>({
  key: name(1),
  value: name(2),
});

const GRAPH: MessageType<onnx.Graph> = defineMessage<onnx.Graph>({
  nodes: list(1, () => NODE),
  name: field.string(2),
  initializers: list(5, () => TENSOR),
  sparseInitializers: messages(15, () => SPARSE_TENSOR),
  docString: field.string(10),
  inputs: list(11, () => VALUE_INFO),
  outputs: list(12, () => VALUE_INFO),
  valueInfos: list(13, () => VALUE_INFO),
  quantizationAnnotations: messages(14, () => TENSOR_ANNOTATION),
  metadataProps: metadata(16),
});

const NODE: MessageType<onnx.Node> = defineMessage<onnx.Node>({
  inputs: names(1),
  outputs: names(2),
  name: field.string(3),
  opType: name(4),
  domain: field.string(7),
  overload: field.string(8),
  attributes: list(5, () => ATTRIBUTE),
  docString: field.string(6),
  metadataProps: metadata(9),
  deviceConfigurations: messages(10, () => NODE_DEVICE_CONFIGURATION),
});

const ATTRIBUTE: MessageType<onnx.Attribute> = defineMessage<onnx.Attribute>({
  name: name(1),
  refAttrName: field.string(21),
  docString: field.string(13),
  type: field.int32(20),
  f: field.float(2),
  i: field.int64(3),
  s: field.blob(4),
  t: message(5, () => TENSOR),
  g: message(6, () => GRAPH),
  sparseTensor: message(22, () => SPARSE_TENSOR),
  tp: message(14, () => TYPE),
  floats: field.floats(7),
  ints: field.int64s(8),
  strings: field.blobs(9),
  tensors: messages(10, () => TENSOR),
  graphs: messages(11, () => GRAPH),
  sparseTensors: messages(23, () => SPARSE_TENSOR),
  typeProtos: messages(15, () => TYPE),
});

/** `TensorProto`, which is also a file of its own in test data. */
export const TENSOR: MessageType<onnx.TensorProto> = defineMessage<onnx.TensorProto>({
  dims: dims(1),
  dataType: required(field.int32(2), () => 0),
  segment: message(3, () => SEGMENT),
  floatData: field.packedFloats(4),
  int32Data: field.packedInt32s(5),
  stringData: field.blobs(6),
  int64Data: field.packedInt64s(7),
  name: field.string(8),
  docString: field.string(12),
  rawData: field.blob(9),
  externalData: messages(13, () => STRING_STRING_ENTRY),
  dataLocation: field.int32(14),
  doubleData: field.packedDoubles(10),
  uint64Data: field.packedUint64s(11),
  metadataProps: metadata(16),
});

const SEGMENT = defineMessage<onnx.Segment>({ begin: field.int(1), end: field.int(2) });

const SPARSE_TENSOR = defineMessage<onnx.SparseTensorProto>({
  values: message(1, () => TENSOR),
  indices: message(2, () => TENSOR),
  dims: dims(3),
});

const VALUE_INFO = defineMessage<onnx.ValueInfo>({
  name: name(1),
  type: message(2, () => TYPE),
  docString: field.string(3),
  metadataProps: metadata(4),
});

const TYPE: MessageType<onnx.TypeProto> = defineMessage<onnx.TypeProto>(
  {
    tensorType: message(1, () => TENSOR_TYPE),
    sequenceType: message(4, () => CONTAINER_TYPE),
    mapType: message(5, () => MAP_TYPE),
    optionalType: message(9, () => CONTAINER_TYPE),
    sparseTensorType: message(8, () => TENSOR_TYPE),
    opaqueType: message(7, () => OPAQUE_TYPE),
    denotation: field.string(6),
  },
  ["tensorType", "sequenceType", "mapType", "optionalType", "sparseTensorType", "opaqueType"],
);

const TENSOR_TYPE = defineMessage<onnx.TensorType>({
  elemType: required(field.int32(1), () => 0),
  shape: message(2, () => TENSOR_SHAPE),
});

const CONTAINER_TYPE: MessageType<onnx.ContainerType> = defineMessage<onnx.ContainerType>({
  elemType: message(1, () => TYPE),
});

const MAP_TYPE: MessageType<onnx.MapType> = defineMessage<onnx.MapType>({
  keyType: required(field.int32(1), () => 0),
  valueType: message(2, () => TYPE),
});

const OPAQUE_TYPE = defineMessage<onnx.OpaqueType>({
  domain: field.string(1),
  name: field.string(2),
});

const TENSOR_SHAPE = defineMessage<onnx.TensorShape>({ dims: list(1, () => SHAPE_DIMENSION) });

const SHAPE_DIMENSION = defineMessage<onnx.ShapeDimension>(
  { dimValue: field.int(1), dimParam: field.string(2), denotation: field.string(3) },
  ["dimValue", "dimParam"],
);

const TENSOR_ANNOTATION = defineMessage<onnx.TensorAnnotation>({
  tensorName: field.string(1),
  quantParameterTensorNames: metadata(2),
});

const FUNCTION = defineMessage<onnx.FunctionProto>({
  name: name(1),
  inputs: names(4),
  outputs: names(5),
  attributes: field.strings(6),
  attributeProtos: messages(11, () => ATTRIBUTE),
  nodes: list(7, () => NODE),
  docString: field.string(8),
  opsetImports: list(9, () => OPERATOR_SET_ID),
  domain: field.string(10),
  overload: field.string(13),
  valueInfos: messages(12, () => VALUE_INFO),
  metadataProps: metadata(14),
});

const TRAINING_INFO = defineMessage<onnx.TrainingInfo>({
  initialization: message(1, () => GRAPH),
  algorithm: message(2, () => GRAPH),
  initializationBindings: metadata(3),
  updateBindings: metadata(4),
});

const DEVICE_CONFIGURATION = defineMessage<onnx.DeviceConfiguration>({
  name: name(1),
  numDevices: required(field.int32(2), () => 0),
  devices: field.strings(3),
});

const NODE_DEVICE_CONFIGURATION = defineMessage<onnx.NodeDeviceConfiguration>({
  configurationId: name(1),
  shardingSpecs: messages(2, () => SHARDING_SPEC),
  pipelineStage: field.int32(3),
});

const SHARDING_SPEC = defineMessage<onnx.ShardingSpec>({
  tensorName: name(1),
  devices: field.ints(2),
  indexToDeviceGroupMaps: messages(3, () => INT_INT_LIST_ENTRY),
  shardedDims: messages(4, () => SHARDED_DIM),
});

const INT_INT_LIST_ENTRY = defineMessage<onnx.IntIntListEntry>({
  key: number(1),
  values: field.ints(2),
});

const SHARDED_DIM = defineMessage<onnx.ShardedDim>({
  axis: number(1),
  simpleShardings: messages(2, () => SIMPLE_SHARDED_DIM),
});

const SIMPLE_SHARDED_DIM = defineMessage<onnx.SimpleShardedDim>(
  { dimValue: field.int(1), dimParam: field.string(2), numShards: number(3) },
  ["dimValue", "dimParam"],
);
