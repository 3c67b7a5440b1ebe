/** Any model that a file can hold, and that it comes back from one as it was. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { joinChunks, readModel, writeModel } from "./model.ts";
import type {
  Attribute,
  Graph,
  Model,
  Node,
  TensorProto,
  TypeProto,
  ValueInfo,
} from "./proto/types.ts";

test("any model comes back as it was written", () => {
  fc.assert(
    fc.property(anyModel(), (value) => {
      // fast-check's records have no prototype; a structured clone has the usual one.
      assert.deepStrictEqual(readModel(joinChunks(writeModel(value))), structuredClone(value));
    }),
    { numRuns: 100 },
  );
});

/** Any model that a file can hold: lists that are optional are absent or have elements. */
function anyModel(): fc.Arbitrary<Model> {
  const text = fc.string({ unit: "grapheme", maxLength: 6 });
  const bytes = fc.uint8Array({ maxLength: 9 });
  const anyInt = fc.maxSafeInteger();
  const int32 = fc.integer();
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const float32 = fc.float({ noNaN: true });
  const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(value, { minLength: 1, maxLength: 3 });
  const few = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { maxLength: 3 });
  const large = fc.uint8Array({ minLength: 1000, maxLength: 1100 });
  const entries = some(fc.record({ key: text, value: text }));

  const tensors: fc.Arbitrary<TensorProto> = fc.record(
    {
      dims: few(anyInt),
      dataType: int32,
      name: text,
      floatData: fc.float32Array({ minLength: 1, noNaN: true }),
      int32Data: fc.int32Array({ minLength: 1 }),
      int64Data: fc.bigInt64Array({ minLength: 1 }),
      doubleData: fc.float64Array({ minLength: 1, noNaN: true }),
      uint64Data: some(uint64).map((values) => BigUint64Array.from(values)),
      stringData: some(bytes),
      rawData: fc.oneof(bytes, large),
      externalData: entries,
      dataLocation: int32,
    },
    { requiredKeys: ["dims", "dataType"] },
  );
  const dimension = fc.oneof(
    fc.record({ dimValue: anyInt }),
    fc.record({ dimParam: text, denotation: text }, { requiredKeys: ["dimParam"] }),
    fc.constant({}),
  );
  const tensorTypes = fc.record(
    { elemType: int32, shape: fc.record({ dims: few(dimension) }) },
    { requiredKeys: ["elemType"] },
  );
  const { type: types } = fc.letrec<{ type: TypeProto }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 3 },
      fc.record({ tensorType: tensorTypes, denotation: text }, { requiredKeys: ["tensorType"] }),
      fc.record({ sparseTensorType: tensorTypes }),
      fc.record({ sequenceType: fc.record({ elemType: tie("type") }) }),
      fc.record({ optionalType: fc.record({ elemType: tie("type") }) }),
      fc.record({ mapType: fc.record({ keyType: int32, valueType: tie("type") }) }),
      fc.record({ opaqueType: fc.record({ domain: text, name: text }) }),
    ),
  }));
  const values: fc.Arbitrary<ValueInfo> = fc.record(
    { name: text, type: types, docString: text, metadataProps: entries },
    { requiredKeys: ["name"] },
  );
  const sparse = fc.record({ values: tensors, indices: tensors, dims: few(anyInt) });

  // Subgraphs one level down: deeper ones are the same code again.
  const nesting = { depthIdentifier: fc.createDepthIdentifier(), maxDepth: 1 };
  const { graph: graphs } = fc.letrec<{ graph: Graph; node: Node; attribute: Attribute }>(
    (tie) => ({
      graph: fc.record(
        {
          nodes: fc.array(tie("node"), { maxLength: 2 }),
          initializers: few(tensors),
          inputs: few(values),
          outputs: few(values),
          valueInfos: few(values),
          name: text,
          sparseInitializers: some(sparse),
          quantizationAnnotations: some(
            fc.record({ tensorName: text, quantParameterTensorNames: entries }),
          ),
        },
        { requiredKeys: ["nodes", "initializers", "inputs", "outputs", "valueInfos"] },
      ),
      node: fc.record(
        {
          inputs: few(text),
          outputs: few(text),
          opType: text,
          attributes: fc.array(tie("attribute"), { maxLength: 2 }),
          name: text,
          domain: text,
          overload: text,
        },
        { requiredKeys: ["inputs", "outputs", "opType", "attributes"] },
      ),
      attribute: fc.oneof(
        nesting,
        fc.record(
          {
            name: text,
            type: int32,
            f: float32,
            i: int64,
            s: bytes,
            t: tensors,
            tp: types,
            sparseTensor: sparse,
            floats: fc.float32Array({ minLength: 1, noNaN: true }),
            ints: some(int64).map((list) => BigInt64Array.from(list)),
            strings: some(bytes),
            tensors: some(tensors),
            typeProtos: some(types),
          },
          { requiredKeys: ["name"] },
        ),
        fc.record({ name: text, g: tie("graph") }),
      ),
    }),
  );
  return fc.record(
    {
      irVersion: anyInt,
      opsetImports: few(
        fc.record({ domain: text, version: anyInt }, { requiredKeys: ["version"] }),
      ),
      graph: graphs,
      producerName: text,
      modelVersion: anyInt,
      docString: text,
      metadataProps: entries,
      trainingInfo: some(fc.record({ initialization: graphs, updateBindings: entries })),
      configurations: some(fc.record({ name: text, numDevices: int32, devices: some(text) })),
    },
    { requiredKeys: ["irVersion", "opsetImports", "graph"] },
  );
}
