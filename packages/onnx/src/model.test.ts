import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { LongshoreError } from "@longshore/core";
import fc from "fast-check";
import { float, graph, model, node, tensor } from "./build.ts";
import { joinChunks, readModel, readTensorProto, writeModel } from "./model.ts";
import type { Graph, Model, TensorProto } from "./proto/types.ts";

const X = { name: "x", datatype: "FP32", shape: ["N", 4] } as const;
const Y = { name: "y", datatype: "FP32", shape: ["N", 2] } as const;

function write(value: Model): Uint8Array {
  return joinChunks(writeModel(value));
}

/** Protobuf bytes by hand: a tag and a length-delimited value. */
function delimited(id: number, content: Uint8Array | readonly number[]): number[] {
  assert.ok(content.length < 128 && id < 16);
  return [(id << 3) | 2, content.length, ...content];
}

/** A model whose graph's first initializer consists of these bytes. */
function withTensor(content: readonly number[]): Uint8Array {
  return Uint8Array.from(delimited(7, delimited(5, content)));
}

function tensorOf(content: readonly number[]): TensorProto {
  const [initializer] = readModel(withTensor(content)).graph.initializers;
  assert.ok(initializer);
  return initializer;
}

test("a model is written as protobuf's encoding says", () => {
  const tiny = model({
    inputs: [],
    outputs: [{ name: "y", datatype: "FP32", shape: [2, "N"] }],
    nodes: [node("Relu", ["x"], ["y"])],
  });
  const relu = [0x0a, 1, 120, 0x12, 1, 121, 0x22, 4, ...Buffer.from("Relu")];
  const shape = [...delimited(1, [0x08, 2]), ...delimited(1, delimited(2, Buffer.from("N")))];
  const type = delimited(1, [0x08, 1, ...delimited(2, shape)]);
  const output = [...delimited(1, Buffer.from("y")), ...delimited(2, type)];
  assert.deepEqual(
    [...write(tiny)],
    [
      0x08,
      8,
      ...delimited(2, Buffer.from("longshore")),
      ...delimited(7, [
        ...delimited(1, relu),
        ...delimited(2, Buffer.from("graph")),
        ...delimited(12, output),
      ]),
      ...delimited(8, [...delimited(1, []), 0x10, 17]),
    ],
  );
});

test("raw tensor data are neither copied when written nor when read", () => {
  const data = new Float32Array(1024);
  const written = writeModel(
    model({
      inputs: [X],
      outputs: [Y],
      nodes: [],
      initializers: [tensor("w", "FP32", [32, 32], data)],
    }),
  );
  assert.ok(written.some((chunk) => chunk.buffer === data.buffer));
  const bytes = joinChunks(written);
  assert.equal(readModel(bytes).graph.initializers[0]?.rawData?.buffer, bytes.buffer);
});

test("numbers are read packed, unpacked and mixed", () => {
  assert.deepEqual(tensorOf([0x08, 2, 0x08, 3]).dims, [2, 3]);
  assert.deepEqual(tensorOf([0x0a, 2, 2, 3]).dims, [2, 3]);
  assert.deepEqual(tensorOf([0x38, 2, 0x38, 3]).int64Data, BigInt64Array.of(2n, 3n));
  assert.deepEqual(tensorOf([0x3a, 2, 2, 3]).int64Data, BigInt64Array.of(2n, 3n));
  assert.deepEqual(
    tensorOf([0x38, 1, 0x3a, 2, 2, 3, 0x38, 4]).int64Data,
    BigInt64Array.of(1n, 2n, 3n, 4n),
  );
  const one = [0, 0, 0x80, 0x3f];
  assert.deepEqual(tensorOf([0x22, 4, ...one, 0x25, ...one]).floatData, Float32Array.of(1, 1));
});

test("minus one takes ten bytes and comes back", () => {
  const minusOne = [...Array.from({ length: 9 }, () => 0xff), 1];
  assert.deepEqual(tensorOf([0x38, ...minusOne]).int64Data, BigInt64Array.of(-1n));
  assert.deepEqual(tensorOf([0x28, ...minusOne]).int32Data, Int32Array.of(-1));
  assert.deepEqual(tensorOf([0x08, ...minusOne]).dims, [-1]);
});

test("a message given in pieces is merged, so that no part of it escapes the checks", () => {
  const first = delimited(7, delimited(5, delimited(8, Buffer.from("a"))));
  const second = delimited(7, delimited(5, delimited(8, Buffer.from("b"))));
  const names = readModel(Uint8Array.from([...first, ...second])).graph.initializers.map(
    ({ name }) => name,
  );
  assert.deepEqual(names, ["a", "b"]);
});

test("of alternatives the last one counts", () => {
  const dimension = [0x08, 5, ...delimited(2, Buffer.from("N"))];
  const type = delimited(1, delimited(2, delimited(1, dimension)));
  const bytes = Uint8Array.from(delimited(7, delimited(11, delimited(2, type))));
  const shape = readModel(bytes).graph.inputs[0]?.type?.tensorType?.shape;
  assert.deepEqual(shape?.dims, [{ dimParam: "N" }]);
});

test("unknown fields survive, in every message", () => {
  const unknown = [0xf8, 0x06, 42, 0xfa, 0x06, 2, 1, 2];
  const graphBytes = [
    ...delimited(1, [...delimited(4, Buffer.from("Relu")), ...unknown]),
    ...unknown,
  ];
  const bytes = Uint8Array.from([0x08, 8, ...delimited(7, graphBytes), ...unknown]);
  const read = readModel(bytes);
  assert.deepEqual(read.graph.nodes[0]?.unknownFields, [Uint8Array.from(unknown)]);
  assert.deepEqual(write(read), bytes);
});

test("values that alternate between fields are all kept", () => {
  const pairs = 100_000;
  const bytes = new Uint8Array(pairs * 4);
  for (let pair = 0; pair < pairs; pair++) bytes.set([0x38, 1, 0x58, 2], pair * 4);
  const read = readTensorProto(bytes);
  assert.equal(read.int64Data?.length, pairs);
  assert.ok(read.int64Data?.every((value) => value === 1n));
  assert.ok(read.uint64Data?.every((value) => value === 2n));
});

const HOSTILE: readonly (readonly [what: string, bytes: readonly number[], message: RegExp])[] = [
  ["a number that ends early", [0x08, 0xff], /end inside a number/],
  [
    "a number of eleven bytes",
    [0x08, ...Array.from({ length: 10 }, () => 0x80), 1],
    /longer than ten bytes/,
  ],
  ["a length of 2^63", [0x3a, ...Array.from({ length: 8 }, () => 0xff), 0x7f], /does not fit/],
  ["a length past the end", [0x3a, 5, 0], /5 bytes does not fit into the 1/],
  [
    "a nested length past its message",
    delimited(7, [0x2a, 9, 0]),
    /9 bytes does not fit into the 1/,
  ],
  ["field number 0", [0x00, 1], /out of range/],
  ["a group", [0x0b], /wire type 3/],
  ["a string where a number belongs", delimited(1, [1]), /field 1 has wire type 2/],
  ["a number where a message belongs", [0x38, 1], /field 7 has wire type 0/],
  ["half a float", delimited(7, delimited(5, delimited(4, [0, 0, 0]))), /ends inside a number/],
  [
    "a packed number that runs over its list",
    delimited(7, delimited(5, [0x0a, 1, 0x80, 0x01])),
    /end inside a number/,
  ],
  [
    "dims beyond 2^53",
    delimited(7, delimited(5, [0x08, ...Array.from({ length: 8 }, () => 0xff), 0x7f])),
    /2\^53/,
  ],
  ["a name that is not UTF-8", delimited(7, delimited(2, [0xff])), /not UTF-8/],
];

for (const [what, bytes, message] of HOSTILE) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => readModel(Uint8Array.from(bytes), "bad.onnx"),
      (error) => {
        assert.ok(error instanceof LongshoreError && error.code === "MODEL_INVALID");
        assert.match(error.message, /^bad\.onnx: not a valid ONNX file/);
        assert.match(error.message, message);
        return true;
      },
    );
  });
}

test("a model of many small parts is written whole", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `value${index}`);
  const nodes = names.slice(1).map((name, index) =>
    node("LeakyRelu", [names[index]!], [name], {
      alpha: float(index / 8),
      axes: [index, -index],
    }),
  );
  const long = model({ inputs: [], outputs: [], nodes });
  // Not deepEqual, whose report of 20,000 differences would never end.
  assert.ok(isDeepStrictEqual(readModel(write(long)).graph.nodes, long.graph.nodes));
});

test("subgraphs nest, but not without end", () => {
  const nested = (levels: number): Graph =>
    graph({
      inputs: [],
      outputs: [],
      nodes: levels === 0 ? [] : [node("If", ["c"], ["y"], { then_branch: nested(levels - 1) })],
    });
  const of = (levels: number): Uint8Array =>
    write({ irVersion: 8, opsetImports: [], graph: nested(levels) });
  assert.equal(readModel(of(33)).graph.nodes.length, 1);
  assert.throws(() => readModel(of(34)), /nest deeper than 100/);
});

test("a flood of two-byte parts is refused before it fills the memory", () => {
  // The shortest part there is: an empty name among the outputs of one node.
  const flood = new Uint8Array(4_200_000);
  for (let at = 0; at < flood.length; at += 2) flood.set([0x12, 0], at);
  const length = (size: number) =>
    [0, 7, 14, 21].map((shift) => ((size >>> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
  const node_ = Uint8Array.from([0x0a, ...length(flood.length)]);
  const graph_ = Uint8Array.from([0x3a, ...length(flood.length + node_.length)]);
  assert.throws(() => readModel(joinChunks([graph_, node_, flood])), /more than 2000000 parts/);
});

test("a byte changed or cut off anywhere gives a model or a clear error", () => {
  const bytes = write(everything());
  const position = fc.nat(bytes.length - 1);
  fc.assert(
    fc.property(position, fc.nat(255), position, (at, value, end) => {
      const damaged = bytes.slice(0, Math.max(end, at + 1));
      damaged[at] = value;
      readOrRefuse(damaged);
    }),
    { numRuns: 2000 },
  );
  for (let end = 0; end < bytes.length; end++) readOrRefuse(bytes.subarray(0, end));
});

test("any bytes give a model or a clear error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readOrRefuse), { numRuns: 2000 });
});

function readOrRefuse(bytes: Uint8Array): void {
  try {
    write(readModel(bytes));
  } catch (error) {
    assert.ok(error instanceof LongshoreError && error.code === "MODEL_INVALID", String(error));
  }
}

/** A model that uses many kinds of fields. */
function everything(): Model {
  const branch = graph({ inputs: [], outputs: [Y], nodes: [node("Relu", ["x"], ["y"])] });
  return model({
    inputs: [X],
    outputs: [Y],
    initializers: [
      tensor("w", "FP32", [4, 2], new Float32Array(8)),
      tensor("s", "BYTES", [2], ["a", "b"]),
      { name: "typed", dims: [2], dataType: 7, int64Data: BigInt64Array.of(-1n, 2n ** 62n) },
    ],
    nodes: [
      node("Conv", ["x", "w"], ["h"], { kernel_shape: [3, 3], alpha: float(0.5), mode: "same" }),
      node("If", ["c"], ["y"], { then_branch: branch, else_branch: branch }),
    ],
    opset: { "": 21, "ai.onnx.ml": 3 },
  });
}
