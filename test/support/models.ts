/** Small real models that behave in known ways, for tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { graph, model, node, tensor, writeModel, type Model } from "@longshore/onnx";

/** A folder that is gone when the test is over. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "longshore-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes a model, making the folders on the way. */
export function writeOnnx(path: string, content: Model): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat(writeModel(content)));
  return path;
}

/** `y = 2x + offset` on FP32[N,W]: rows and widths are free, so whoever gets wrong rows sees it. */
export function affineModel(offset = 1): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", "W"] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", "W"] }],
    initializers: [
      tensor("two", "FP32", [], new Float32Array([2])),
      tensor("offset", "FP32", [], new Float32Array([offset])),
    ],
    nodes: [node("Mul", ["x", "two"], ["twice"]), node("Add", ["twice", "offset"], ["y"])],
  });
}

/** `value = table[index]` for INT64[N] into a table of 100: an index outside fails the run. */
export function lookupModel(): Model {
  const table = Float32Array.from({ length: 100 }, (_, index) => index * 10);
  return model({
    inputs: [{ name: "index", datatype: "INT64", shape: ["N"] }],
    outputs: [{ name: "value", datatype: "FP32", shape: ["N"] }],
    initializers: [tensor("table", "FP32", [100], table)],
    nodes: [node("Gather", ["table", "index"], ["value"])],
  });
}

/** Strings through: `y = x` on BYTES[N,W]. */
export function echoModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "BYTES", shape: ["N", "W"] }],
    outputs: [{ name: "y", datatype: "BYTES", shape: ["N", "W"] }],
    nodes: [node("Identity", ["x"], ["y"])],
  });
}

/** Softmax over the rows: its first axis is symbolic, but its rows are not independent. */
export function mixingModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 3] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 3] }],
    nodes: [node("Softmax", ["x"], ["y"], { axis: 0 })],
  });
}

/** `total = Σ x` over everything, FP32[3]: a fixed shape, so nothing to batch. */
export function fixedModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "FP32", shape: [3] }],
    outputs: [{ name: "total", datatype: "FP32", shape: [] }],
    nodes: [node("ReduceSum", ["x"], ["total"], { keepdims: 0 })],
  });
}

/**
 * Multiplies two 64×64 matrices `steps` times (INT64[1]) and answers `steps`: takes as long as the
 * caller wants, about 10 µs a step.
 */
export function slowModel(): Model {
  const matrix = new Float32Array(64 * 64).fill(1 / 64);
  const body = graph({
    name: "body",
    inputs: [
      { name: "step", datatype: "INT64", shape: [] },
      { name: "go", datatype: "BOOL", shape: [] },
      { name: "carried", datatype: "FP32", shape: [64, 64] },
    ],
    outputs: [
      { name: "go_on", datatype: "BOOL", shape: [] },
      { name: "product", datatype: "FP32", shape: [64, 64] },
    ],
    nodes: [
      node("Identity", ["go"], ["go_on"]),
      node("MatMul", ["carried", "matrix"], ["product"]),
    ],
  });
  return model({
    inputs: [{ name: "steps", datatype: "INT64", shape: [1] }],
    outputs: [
      { name: "done", datatype: "INT64", shape: [1] },
      { name: "corner", datatype: "FP32", shape: [64, 64] },
    ],
    initializers: [
      tensor("matrix", "FP32", [64, 64], matrix),
      tensor("scalar", "INT64", [0], new BigInt64Array(0)),
      tensor("yes", "BOOL", [], new Uint8Array([1])),
    ],
    nodes: [
      node("Reshape", ["steps", "scalar"], ["trips"]),
      node("Loop", ["trips", "yes", "matrix"], ["corner"], { body }),
      node("Identity", ["steps"], ["done"]),
    ],
  });
}

/** -2^31 / -1: a division that traps. As constants, it takes a process down while it loads the model. */
export function crashOnLoadModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "INT32", shape: [1] }],
    outputs: [{ name: "y", datatype: "INT32", shape: [1] }],
    initializers: [
      tensor("least", "INT32", [1], Int32Array.of(-(2 ** 31))),
      tensor("minus_one", "INT32", [1], Int32Array.of(-1)),
    ],
    nodes: [node("Div", ["least", "minus_one"], ["trap"]), node("Add", ["trap", "x"], ["y"])],
  });
}

/** `y = x / -1` on INT32[1]: -2^31 takes the process down while it runs the model. */
export function crashOnRunModel(): Model {
  return model({
    inputs: [{ name: "x", datatype: "INT32", shape: [1] }],
    outputs: [{ name: "y", datatype: "INT32", shape: [1] }],
    initializers: [tensor("minus_one", "INT32", [1], Int32Array.of(-1))],
    nodes: [node("Div", ["x", "minus_one"], ["y"])],
  });
}

/** 40 functions that each call the next one twice: loading it would take 2^40 steps. */
export function endlessLoadModel(): Model {
  const opsetImports = [
    { domain: "", version: 17 },
    { domain: "deep", version: 1 },
  ];
  const call = (next: number, from: string, to: string): ReturnType<typeof node> =>
    node(`F${next}`, [from], [to], {}, "deep");
  const functions = Array.from({ length: 40 }, (_, level) => ({
    name: `F${level}`,
    domain: "deep",
    inputs: ["a"],
    outputs: ["b"],
    nodes:
      level === 39
        ? [node("Relu", ["a"], ["b"])]
        : [call(level + 1, "a", "t"), call(level + 1, "t", "b")],
    opsetImports,
    attributes: [],
    attributeProtos: [],
  }));
  const deep = model({
    inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
    nodes: [call(0, "x", "y")],
    opset: { "": 17, deep: 1 },
  });
  return { ...deep, functions };
}
