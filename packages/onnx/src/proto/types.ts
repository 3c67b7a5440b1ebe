import type { Message } from "@longshore/core/proto";

/**
 * The messages of onnx.proto as plain data, under the proto's names with two differences: repeated
 * fields are plural (`graph.nodes`), and message names lose `Proto` where nothing else bears the
 * name.
 *
 * What every file has is always there (`""`, `0`, `[]` where a file leaves it out); everything else
 * is absent where the file has none. An int64 is a number where it counts something (dims,
 * versions; a value beyond 2^53 is refused) and a bigint where it may hold anything (attributes,
 * tensor data). Byte fields and aligned float data are views of the bytes that were read.
 *
 * Source: onnx/onnx-ml.proto of ONNX 1.23 (IR version 14).
 */
export interface Model extends Message {
  irVersion: number;
  opsetImports: OperatorSetId[];
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: number;
  docString?: string;
  graph: Graph;
  metadataProps?: StringStringEntry[];
  trainingInfo?: TrainingInfo[];
  functions?: FunctionProto[];
  configurations?: DeviceConfiguration[];
}

/** The version of one domain's operators that a model is written in. */
export interface OperatorSetId extends Message {
  /** `""` and `"ai.onnx"` both mean the standard operators. */
  domain?: string;
  version: number;
}

/** One entry of a map of strings. */
export interface StringStringEntry extends Message {
  key: string;
  value: string;
}

/** A model's graph, or a branch or loop body in an attribute. */
export interface Graph extends Message {
  /** In an order in which every node stands behind those it depends on. */
  nodes: Node[];
  name?: string;
  initializers: TensorProto[];
  sparseInitializers?: SparseTensorProto[];
  docString?: string;
  /** Below IR version 4, initializers are listed here too. */
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  valueInfos: ValueInfo[];
  quantizationAnnotations?: TensorAnnotation[];
  metadataProps?: StringStringEntry[];
}

/** One call of an operator or a function. */
export interface Node extends Message {
  /** Names of values; `""` where an optional input is left out. */
  inputs: string[];
  outputs: string[];
  name?: string;
  opType: string;
  domain?: string;
  overload?: string;
  attributes: Attribute[];
  docString?: string;
  metadataProps?: StringStringEntry[];
  deviceConfigurations?: NodeDeviceConfiguration[];
}

/** Exactly one of the value fields is set, the one that `type` names. */
export interface Attribute extends Message {
  name: string;
  /** In a function body: the function's attribute that gives the value. */
  refAttrName?: string;
  docString?: string;
  /** One of {@link ATTRIBUTE_TYPE}; absent in files of IR version 1. */
  type?: number;
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: TensorProto;
  g?: Graph;
  sparseTensor?: SparseTensorProto;
  tp?: TypeProto;
  floats?: Float32Array;
  ints?: BigInt64Array;
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: Graph[];
  sparseTensors?: SparseTensorProto[];
  typeProtos?: TypeProto[];
}

/** `AttributeProto.AttributeType`. */
export const ATTRIBUTE_TYPE = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;

/** A tensor's values: in one of the data fields, or in another file. */
export interface TensorProto extends Message {
  dims: number[];
  /** `TensorProto.DataType`; see {@link elementType}. */
  dataType: number;
  segment?: Segment;
  floatData?: Float32Array;
  int32Data?: Int32Array;
  stringData?: Uint8Array[];
  int64Data?: BigInt64Array;
  name?: string;
  docString?: string;
  /** Little-endian elements in row-major order. */
  rawData?: Uint8Array;
  /** `location`, `offset`, `length`, `checksum`. */
  externalData?: StringStringEntry[];
  /** 0: in this file, 1: external. */
  dataLocation?: number;
  doubleData?: Float64Array;
  uint64Data?: BigUint64Array;
  metadataProps?: StringStringEntry[];
}

/** The part of a tensor that is stored, where it is stored in parts. */
export interface Segment extends Message {
  begin?: number;
  end?: number;
}

/** A tensor of which only some elements are stored; the others are zero. */
export interface SparseTensorProto extends Message {
  /** The non-zero elements; its name is the sparse tensor's name. */
  values?: TensorProto;
  indices?: TensorProto;
  dims: number[];
}

/** A value's name and, where it is stated, its type. */
export interface ValueInfo extends Message {
  name: string;
  type?: TypeProto;
  docString?: string;
  metadataProps?: StringStringEntry[];
}

/** At most one of the types is set. */
export interface TypeProto extends Message {
  tensorType?: TensorType;
  sequenceType?: ContainerType;
  mapType?: MapType;
  optionalType?: ContainerType;
  sparseTensorType?: TensorType;
  opaqueType?: OpaqueType;
  denotation?: string;
}

/** The type of a dense or a sparse tensor. */
export interface TensorType extends Message {
  elemType: number;
  /** Absent where not even the rank is known. */
  shape?: TensorShape;
}

/** The type of a sequence or an optional. */
export interface ContainerType extends Message {
  elemType?: TypeProto;
}

/** The type of a map: keys of an element type, values of any type. */
export interface MapType extends Message {
  keyType: number;
  valueType?: TypeProto;
}

/** A type that only its domain knows. */
export interface OpaqueType extends Message {
  domain?: string;
  name?: string;
}

/** A dimension for each axis; none for a scalar. */
export interface TensorShape extends Message {
  dims: ShapeDimension[];
}

/** A length, a symbol, or neither: unknown. */
export interface ShapeDimension extends Message {
  dimValue?: number;
  dimParam?: string;
  denotation?: string;
}

/** Which tensors hold the scale and zero point of another. */
export interface TensorAnnotation extends Message {
  tensorName?: string;
  quantParameterTensorNames?: StringStringEntry[];
}

/** An operator that a model defines by a body of nodes. */
export interface FunctionProto extends Message {
  name: string;
  inputs: string[];
  outputs: string[];
  attributes?: string[];
  attributeProtos?: Attribute[];
  nodes: Node[];
  docString?: string;
  opsetImports: OperatorSetId[];
  domain?: string;
  overload?: string;
  valueInfos?: ValueInfo[];
  metadataProps?: StringStringEntry[];
}

/** How a model was, or is to be, trained. No inference reads it. */
export interface TrainingInfo extends Message {
  initialization?: Graph;
  algorithm?: Graph;
  initializationBindings?: StringStringEntry[];
  updateBindings?: StringStringEntry[];
}

/** Devices that nodes can be spread over. */
export interface DeviceConfiguration extends Message {
  name: string;
  numDevices: number;
  devices?: string[];
}

/** How a node is spread over the devices of a {@link DeviceConfiguration}. */
export interface NodeDeviceConfiguration extends Message {
  configurationId: string;
  shardingSpecs?: ShardingSpec[];
  pipelineStage?: number;
}

/** How one tensor is spread over devices. */
export interface ShardingSpec extends Message {
  tensorName: string;
  devices?: number[];
  indexToDeviceGroupMaps?: IntIntListEntry[];
  shardedDims?: ShardedDim[];
}

/** One entry of a map from a number to numbers: a group of devices. */
export interface IntIntListEntry extends Message {
  key: number;
  values?: number[];
}

/** How one axis is split. */
export interface ShardedDim extends Message {
  axis: number;
  simpleShardings?: SimpleShardedDim[];
}

/** Equal parts of an axis, or of a factor of it. */
export interface SimpleShardedDim extends Message {
  dimValue?: number;
  dimParam?: string;
  numShards: number;
}
