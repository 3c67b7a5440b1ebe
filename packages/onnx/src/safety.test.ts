import assert from "node:assert/strict";
import { test } from "node:test";
import { attribute, float, graph, model, node, tensor } from "./build.ts";
import { joinChunks, readModel, writeModel } from "./model.ts";
import type { Attribute, Model, Node, SparseTensorProto, TensorProto } from "./proto/types.ts";
import { checkModel } from "./safety.ts";

const OUTPUT = { name: "y", datatype: "FP32", shape: ["N"] } as const;

function holding(...initializers: TensorProto[]): Model {
  return model({ inputs: [], outputs: [OUTPUT], nodes: [], initializers });
}

function external(
  entries: Readonly<Record<string, string>>,
  dims: readonly number[] = [2, 3],
): TensorProto {
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  return { name: "w", dims: [...dims], dataType: 1, dataLocation: 1, externalData };
}

/** Through the codec, as a hostile file would come. */
function check(value: Model): ReturnType<typeof checkModel> {
  return checkModel(readModel(joinChunks(writeModel(value))), "m.onnx");
}

test("external data are listed with the bytes they need", () => {
  const listed = check(holding(external({ location: "data/w.bin", offset: "4096", length: "24" })));
  const tensor = 'initializer "w"';
  assert.deepEqual(listed, [{ tensor, location: "data/w.bin", offset: 4096, length: 24 }]);
  const short = check(holding(external({ location: "./w.bin" })));
  assert.deepEqual(short, [{ tensor, location: "./w.bin", offset: 0, length: 24 }]);
});

const ESCAPES: readonly (readonly [what: string, location: string])[] = [
  ["CVE-2022-25882: up and out", "../../../etc/passwd"],
  ["CVE-2024-27318: out through a subfolder", "subfolder/../../../etc/passwd"],
  ["an absolute path", "/etc/passwd"],
  ["a drive", "C:/windows/win.ini"],
  ["a drive-relative path", "C:win.ini"],
  ["backslashes", "..\\..\\secret"],
  ["a network share", "\\\\host\\share"],
  ["a doubled slash", "//host/share"],
  ["a URL", "file:///etc/passwd"],
  ["an alternate stream", "w.bin:hidden"],
  ["a NUL", "w.bin\u0000.txt"],
  ["nothing", ""],
  ["a trailing slash", "weights/"],
  ["the folder above", ".."],
  ["ONNX Runtime's own address in memory", "*/_ORT_MEM_ADDR_/*"],
];

for (const [what, location] of ESCAPES) {
  test(`external location refused: ${what}`, () => {
    const message = /^LongshoreError: m\.onnx: initializer "w" has the external data location/;
    assert.throws(() => check(holding(external({ location }))), message);
    const inside = { ...external({ location }), dataLocation: 0 };
    assert.throws(() => check(holding(inside)), message, "even if the data are said to be inside");
  });
}

test("a hostile location is found wherever a tensor can stand", () => {
  const hostile = external({ location: "../x" });
  const inner = graph({ inputs: [], outputs: [OUTPUT], nodes: [], initializers: [hostile] });
  const sparse: SparseTensorProto = {
    values: { ...hostile, dims: [1] },
    indices: tensor("i", "INT64", [1], BigInt64Array.of(0n)),
    dims: [4],
  };
  const carriers: readonly Attribute[] = [
    attribute("value", hostile),
    { name: "values", type: 9, tensors: [hostile] },
    { name: "sparse", type: 11, sparseTensor: sparse },
    { name: "sparses", type: 12, sparseTensors: [sparse] },
    attribute("then_branch", inner),
    { name: "bodies", type: 10, graphs: [inner] },
  ];
  const empty = holding();
  const body = { name: "f", inputs: [], outputs: [], opsetImports: [] };
  const hidden = carriers.flatMap((carrier): Model[] => {
    const nodes: Node[] = [{ ...node("Op", [], ["y"]), attributes: [carrier] }];
    return [
      { ...empty, graph: { ...empty.graph, nodes } },
      { ...empty, functions: [{ ...body, nodes }] },
      { ...empty, functions: [{ ...body, nodes: [], attributeProtos: [carrier] }] },
    ];
  });
  hidden.push(
    { ...empty, graph: { ...empty.graph, sparseInitializers: [sparse] } },
    { ...empty, trainingInfo: [{ initialization: inner }] },
    { ...empty, trainingInfo: [{ algorithm: inner }] },
  );
  for (const value of hidden) assert.throws(() => check(value), /external data location "\.\.\/x"/);
});

const MALFORMED: readonly (readonly [problem: RegExp, tensor: TensorProto])[] = [
  [/offset "-1"/, external({ location: "w", offset: "-1" })],
  [/offset "0x10"/, external({ location: "w", offset: "0x10" })],
  [/offset "9007199254740993"/, external({ location: "w", offset: "9007199254740993" })],
  [/length "1e2"/, external({ location: "w", length: "1e2" })],
  [/needs 24 bytes, but its external data have 23/, external({ location: "w", length: "23" })],
  [/without a location/, external({ offset: "0" })],
  [/strings as external/, { ...external({ location: "w" }), dataType: 8 }],
  [
    /both in the model and in another/,
    { ...external({ location: "w" }), rawData: new Uint8Array(24) },
  ],
  [
    /location of its external data twice/,
    { ...external({}), externalData: ["a", "../b"].map((value) => ({ key: "location", value })) },
  ],
  [/impossible dims \[-1,4\]/, { name: "w", dims: [-1, 4], dataType: 1 }],
  [
    /impossible dims \[4294967296,4294967296\]/,
    { name: "w", dims: [2 ** 32, 2 ** 32], dataType: 1 },
  ],
  [/impossible dims .*,0\]/, { name: "w", dims: [2 ** 32, 2 ** 32, 0], dataType: 1 }],
  [/unknown element type 99/, { name: "w", dims: [1], dataType: 99 }],
  [/unknown element type 0/, { name: "w", dims: [1], dataType: 0 }],
  [
    /FP32\[2\] needs 8 bytes .* has 4/,
    { name: "w", dims: [2], dataType: 1, rawData: new Uint8Array(4) },
  ],
  [
    /INT4\[3\] needs 2 bytes .* has 3/,
    { name: "w", dims: [3], dataType: 22, rawData: new Uint8Array(3) },
  ],
  [/FP32\[9999\] needs 9999 values .* has 0/, { name: "w", dims: [9999], dataType: 1 }],
  [
    /needs 2 values .* has 1/,
    { name: "w", dims: [2], dataType: 7, int64Data: BigInt64Array.of(1n) },
  ],
  [
    /floatData instead of int64Data/,
    { name: "w", dims: [1], dataType: 7, floatData: Float32Array.of(1) },
  ],
  [
    /data twice/,
    {
      name: "w",
      dims: [1],
      dataType: 1,
      rawData: new Uint8Array(4),
      floatData: Float32Array.of(1),
    },
  ],
  [/strings as raw data/, { name: "w", dims: [1], dataType: 8, rawData: new Uint8Array(4) }],
];

for (const [problem, malformed] of MALFORMED) {
  test(`tensor refused: ${problem.source}`, () => {
    assert.throws(() => check(holding(malformed)), problem);
  });
}

test("every way to store values is accepted", () => {
  const raw = (dataType: number, dims: number[], bytes: number): TensorProto => ({
    name: "w",
    dims,
    dataType,
    rawData: new Uint8Array(bytes),
  });
  const stored = holding(
    raw(1, [], 4),
    raw(1, [0, 5], 0),
    raw(22, [3], 2),
    raw(26, [5], 2),
    raw(27, [5], 4),
    { name: "w", dims: [3], dataType: 22, int32Data: Int32Array.of(1, 2) },
    { name: "w", dims: [2], dataType: 27, int32Data: Int32Array.of(1, 2) },
    { name: "w", dims: [2], dataType: 10, int32Data: Int32Array.of(1, 2) },
    { name: "w", dims: [1], dataType: 14, floatData: Float32Array.of(1, 2) },
    { name: "w", dims: [1], dataType: 12, uint64Data: BigUint64Array.of(1n) },
    tensor("w", "BYTES", [2], ["a", ""]),
  );
  assert.deepEqual(check(stored), []);
});

const index = (dims: number[], ...values: bigint[]): TensorProto =>
  tensor("i", "INT64", dims, BigInt64Array.from(values));

const SPARSE: readonly (readonly [problem: RegExp, dims: number[], indices: TensorProto])[] = [
  [/index 4, outside its 4 places/, [4], index([1], 4n)],
  [/index -1, outside/, [4], index([1], -1n)],
  [/index 2, outside its 2 places/, [4, 2], index([1, 2], 3n, 2n)],
  [/do not fit its values/, [4], index([2], 0n, 1n)],
  [/do not fit its values/, [4], tensor("i", "INT32", [1], Int32Array.of(0))],
  [/too large to be made dense/, [2 ** 20, 2 ** 20], index([1], 0n)],
  [/in another file/, [4], { ...external({ location: "i" }, [1]), dataType: 7 }],
];

for (const [problem, dims, indices] of SPARSE) {
  test(`sparse tensor refused: ${problem.source} (${dims})`, () => {
    const built = holding();
    const values = tensor("s", "FP32", [1], Float32Array.of(1));
    built.graph.sparseInitializers = [{ values, indices, dims }];
    assert.throws(() => check(built), problem);
  });
}

test("sparse tensors with indices in range are accepted, linear or one per axis", () => {
  const built = holding();
  const values = tensor("s", "FP32", [2], Float32Array.of(1, 2));
  built.graph.sparseInitializers = [
    { values, indices: index([2], 0n, 7n), dims: [4, 2] },
    { values, indices: index([2, 2], 0n, 1n, 3n, 0n), dims: [4, 2] },
  ];
  assert.deepEqual(check(built), []);
});

test("a file without a graph is not a model", () => {
  assert.throws(() => checkModel(readModel(new Uint8Array()), "m.onnx"), /not an ONNX model/);
});

test("attributes that are no tensors are left alone", () => {
  const nodes = [node("Elu", ["x"], ["y"], { alpha: float(1) })];
  assert.deepEqual(check(model({ inputs: [], outputs: [OUTPUT], nodes })), []);
});
