import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fromBfloat16 } from "../bfloat16.ts";
import { DATATYPES, type Datatype } from "../datatype.ts";
import { LongshoreError } from "../errors.ts";
import { encodeUtf8 } from "../json/utf8.ts";
import { elementCount, toBytes, type Tensor } from "../tensor.ts";
import type { ModelContract } from "../validate.ts";
import { decodeInferRequest } from "./request.ts";
import { encodeInferResponse } from "./response.ts";
import { toErrorBody, toModelMetadata } from "./metadata.ts";
import { fail } from "../errors.ts";

const LIMITS = { maxDepth: 16, maxElements: 10_000 };
const DATATYPE_NAMES = Object.keys(DATATYPES) as Datatype[];

function arbitraryTensor(finite: boolean): fc.Arbitrary<Tensor> {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  return fc
    .tuple(fc.constantFrom(...DATATYPE_NAMES), shape)
    .chain(([datatype, dimensions]): fc.Arbitrary<Tensor> => {
      const count = elementCount(dimensions);
      const { size } = DATATYPES[datatype];
      if (datatype === "BYTES") {
        const text = fc.string({ unit: "binary" }).map((each) => each.replaceAll("\0", "0"));
        return fc
          .array(text, { minLength: count, maxLength: count })
          .map((data) => ({ datatype, shape: dimensions, data }));
      }
      return fc.uint8Array({ minLength: count * size, maxLength: count * size }).map((bytes) => {
        if (datatype === "BOOL") bytes.forEach((byte, index) => (bytes[index] = byte & 1));
        if (finite) clearExponents(datatype, bytes);
        return { datatype, shape: dimensions, data: bytes };
      });
    });
}

/** Makes every float finite by clearing a bit of its exponent. */
function clearExponents(datatype: Datatype, bytes: Uint8Array): void {
  const { kind, size } = DATATYPES[datatype];
  if (kind !== "float") return;
  for (let last = size - 1; last < bytes.length; last += size) bytes[last] = bytes[last]! & 0xbf;
}

function modelOf(tensor: Tensor, name: string): ModelContract {
  const { datatype } = tensor;
  const shape = tensor.shape.map((_, axis) => `axis${axis}`);
  return { name: "m", signature: { inputs: [{ name, datatype, shape }], outputs: [] } };
}

function join(chunks: readonly (string | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    chunks.flatMap((chunk) => [...(typeof chunk === "string" ? encodeUtf8(chunk) : chunk)]),
  );
}

/** An answer as a client would send it back: its outputs become inputs. */
function toRequest(
  chunks: readonly (string | Uint8Array)[],
  headerLength: number | undefined,
): [Uint8Array, string] {
  const body = join(chunks);
  const end = headerLength ?? body.length;
  const answer = JSON.parse(new TextDecoder().decode(body.subarray(0, end))) as {
    outputs: unknown;
  };
  const head = encodeUtf8(JSON.stringify({ inputs: answer.outputs }));
  return [Uint8Array.from([...head, ...body.subarray(end)]), String(head.length)];
}

const NAME = fc.string({ unit: "binary", minLength: 1 });

test("a tensor of any type and shape survives the way out and in again, in binary", () => {
  fc.assert(
    fc.property(arbitraryTensor(false), NAME, (tensor, name) => {
      const encoded = encodeInferResponse(
        { model: "m", version: "1", outputs: new Map([[name, tensor]]) },
        "all",
      );
      const [body, header] = toRequest(encoded.chunks, encoded.headerLength);
      const { request } = decodeInferRequest(body, header, modelOf(tensor, name), LIMITS);
      assert.deepStrictEqual(bits(request.inputs.get(name)!), bits(tensor));
    }),
    { numRuns: 1000 },
  );
});

test("and in JSON", () => {
  fc.assert(
    fc.property(arbitraryTensor(true), NAME, (tensor, name) => {
      const encoded = encodeInferResponse(
        { model: "m", version: "1", outputs: new Map([[name, tensor]]) },
        "none",
      );
      assert.equal(encoded.contentType, "application/json");
      // Not through JSON.parse, which would round 64-bit integers.
      const text = (encoded.chunks[0] as string).replace(/^.*?"outputs":/, '{"inputs":');
      const { request } = decodeInferRequest(
        encodeUtf8(text),
        undefined,
        modelOf(tensor, name),
        LIMITS,
      );
      assert.deepStrictEqual(bits(request.inputs.get(name)!), bits(tensor));
    }),
    { numRuns: 2000 },
  );
});

function bits({ datatype, shape, data }: Tensor): unknown {
  const content = Array.isArray(data) ? data : [...toBytes(data as ArrayBufferView)];
  return { datatype, shape, content };
}

describe("any mutation of a request gives a result or an error of the catalogue", () => {
  const mutation = fc.record({
    at: fc.nat(),
    remove: fc.nat(4),
    insert: fc.uint8Array({ maxLength: 4 }),
  });
  const apply = (
    bytes: Uint8Array,
    { at, remove, insert }: { at: number; remove: number; insert: Uint8Array },
  ): Uint8Array => {
    const start = at % (bytes.length + 1);
    return Uint8Array.from([
      ...bytes.subarray(0, start),
      ...insert,
      ...bytes.subarray(start + remove),
    ]);
  };

  for (const binary of ["all", "none"] as const) {
    test(binary === "all" ? "binary" : "JSON", () => {
      fc.assert(
        fc.property(
          arbitraryTensor(true),
          fc.array(mutation, { maxLength: 3 }),
          fc.oneof(fc.constant(undefined), fc.integer({ min: -3, max: 3 })),
          (tensor, mutations, headerShift) => {
            const encoded = encodeInferResponse(
              { model: "m", version: "1", outputs: new Map([["x", tensor]]) },
              binary,
            );
            const [valid, header] = toRequest(encoded.chunks, encoded.headerLength);
            const body = mutations.reduce(apply, valid);
            const headerLength =
              headerShift === undefined ? undefined : String(Number(header) + headerShift);
            try {
              const { request } = decodeInferRequest(
                body,
                headerLength,
                modelOf(tensor, "x"),
                LIMITS,
              );
              assert.deepEqual([...request.inputs.keys()], ["x"]);
            } catch (error) {
              assert.ok(error instanceof LongshoreError, String(error));
              assert.equal(error.status, 400);
            }
          },
        ),
        { numRuns: 3000 },
      );
    });
  }
});

describe("responses", () => {
  const y: Tensor = { datatype: "FP32", shape: [2], data: Float32Array.of(0.1, 2) };
  const t: Tensor = { datatype: "BYTES", shape: [1, 1], data: ['é"'] };
  const answer = {
    model: "m",
    version: "3",
    id: 'a"b',
    outputs: new Map([
      ["y", y],
      ["t", t],
    ]),
  };

  test("JSON", () => {
    const { contentType, headerLength, chunks } = encodeInferResponse(answer, "none");
    assert.deepEqual([contentType, headerLength], ["application/json", undefined]);
    assert.equal(
      chunks.join(""),
      '{"id":"a\\"b","model_name":"m","model_version":"3","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[2],"data":[0.1,2]},' +
        '{"name":"t","datatype":"BYTES","shape":[1,1],"data":["é\\""]}]}',
    );
  });

  test("some outputs binary: the JSON's length in bytes, then views", () => {
    const encoded = encodeInferResponse({ ...answer, id: "é" }, new Set(["y"]));
    assert.equal(encoded.contentType, "application/octet-stream");
    const [head, data] = encoded.chunks as Uint8Array[];
    assert.equal(encoded.headerLength, head!.length);
    assert.equal(data!.buffer, (y.data as Float32Array).buffer);
    const { outputs } = JSON.parse(new TextDecoder().decode(head));
    assert.deepEqual(outputs[0], {
      name: "y",
      datatype: "FP32",
      shape: [2],
      parameters: { binary_data_size: 8 },
    });
    assert.deepEqual(outputs[1].data, ['é"']);
  });

  test("binary outputs of no bytes leave the response JSON", () => {
    const empty: Tensor = { datatype: "FP32", shape: [0, 3], data: new Float32Array(0) };
    const encoded = encodeInferResponse(
      { model: "m", version: "1", outputs: new Map([["y", empty]]) },
      "all",
    );
    assert.deepEqual([encoded.contentType, encoded.headerLength], ["application/json", undefined]);
    assert.deepEqual(JSON.parse(encoded.chunks[0] as string), {
      model_name: "m",
      model_version: "1",
      outputs: [
        { name: "y", datatype: "FP32", shape: [0, 3], parameters: { binary_data_size: 0 } },
      ],
    });
  });

  test("NaN travels in binary only", () => {
    const bad: Tensor = { datatype: "BF16", shape: [2], data: Uint16Array.of(0x3f80, 0x7fc0) };
    const outputs = new Map([["y", bad]]);
    assert.ok(Number.isNaN(fromBfloat16(0x7fc0)));
    assert.throws(() => encodeInferResponse({ model: "m", version: "1", outputs }, "none"), {
      code: "OUTPUT_NOT_FINITE",
      message: /element 1 is NaN, .* binary_data: true/,
    });
    assert.equal(
      encodeInferResponse({ model: "m", version: "1", outputs }, "all").chunks.length,
      2,
    );
  });

  test("metadata and errors", () => {
    const model: ModelContract = {
      name: "m",
      signature: {
        inputs: [{ name: "x", datatype: "FP32", shape: ["N", 3] }],
        outputs: [{ name: "y", datatype: "INT64", shape: ["N"], labels: ["a"] }],
      },
    };
    assert.deepEqual(toModelMetadata(model, ["1", "2"]), {
      name: "m",
      versions: ["1", "2"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }],
      outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
    });
    assert.deepEqual(toErrorBody(fail("CANCELLED"), "r1"), {
      error: "the caller closed the connection",
      code: "CANCELLED",
      request_id: "r1",
    });
  });
});
