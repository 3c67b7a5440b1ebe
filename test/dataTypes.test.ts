import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Datatype } from "@longshore/core";
import { model, node } from "@longshore/onnx";
import { temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";

/** Values that only survive in the right type, as JSON text, and their raw little-endian bytes. */
const SAMPLES: Readonly<Record<Datatype, { json: string; bytes: Uint8Array }>> = {
  BOOL: { json: "true,false", bytes: Uint8Array.of(1, 0) },
  UINT8: { json: "0,255", bytes: Uint8Array.of(0, 255) },
  UINT16: { json: "1,65535", bytes: bytesOf(Uint16Array.of(1, 65_535)) },
  UINT32: { json: "1,4294967295", bytes: bytesOf(Uint32Array.of(1, 2 ** 32 - 1)) },
  UINT64: { json: "1,18446744073709551615", bytes: bytesOf(BigUint64Array.of(1n, 2n ** 64n - 1n)) },
  INT8: { json: "-128,127", bytes: bytesOf(Int8Array.of(-128, 127)) },
  INT16: { json: "-32768,32767", bytes: bytesOf(Int16Array.of(-32_768, 32_767)) },
  INT32: { json: "-2147483648,7", bytes: bytesOf(Int32Array.of(-(2 ** 31), 7)) },
  INT64: {
    json: "-9223372036854775808,9007199254740993",
    bytes: bytesOf(BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n)),
  },
  FP16: { json: "1.5,-65504", bytes: bytesOf(Uint16Array.of(0x3e00, 0xfbff)) },
  BF16: { json: "1.5,-2.5", bytes: bytesOf(Uint16Array.of(0x3fc0, 0xc020)) },
  FP32: { json: "1.5,-0.25", bytes: bytesOf(Float32Array.of(1.5, -0.25)) },
  FP64: { json: "1.5,0.1", bytes: bytesOf(Float64Array.of(1.5, 0.1)) },
  BYTES: { json: '"a","grüße 🚢"', bytes: stringBytes(["a", "grüße 🚢"]) },
};

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function stringBytes(texts: readonly string[]): Uint8Array {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      return [bytesOf(Uint32Array.of(bytes.length)), bytes];
    }),
  );
}

test("every data type goes through a model and back, in JSON and in binary", async (t) => {
  using folder = temporaryFolder();
  const types = Object.keys(SAMPLES) as Datatype[];
  for (const datatype of types) {
    const same = model({
      inputs: [{ name: "x", datatype, shape: ["N"] }],
      outputs: [{ name: "y", datatype, shape: ["N"] }],
      nodes: [node("Identity", ["x"], ["y"])],
    });
    writeOnnx(join(folder.path, `${datatype}.onnx`), same);
  }
  await using server = await startServer([folder.path], ["--log-level", "error"]);
  for (const datatype of types) {
    await t.test(datatype, async () => {
      const { json, bytes } = SAMPLES[datatype];
      const url = `${server.url}/v2/models/${datatype}/infer`;
      const head = `{"name":"x","datatype":"${datatype}","shape":[2]`;

      const asJson = await fetch(url, {
        method: "POST",
        body: `{"inputs":[${head},"data":[${json}]}]}`,
      });
      assert.match(await asJson.text(), new RegExp(`"data":\\[${json}\\]`));

      const header = Buffer.from(
        `{"inputs":[${head},"parameters":{"binary_data_size":${bytes.length}}}],"parameters":{"binary_data_output":true}}`,
      );
      const asBinary = await fetch(url, {
        method: "POST",
        headers: { "inference-header-content-length": String(header.length) },
        body: Buffer.concat([header, bytes]),
      });
      const answer = new Uint8Array(await asBinary.arrayBuffer());
      const length = Number(asBinary.headers.get("inference-header-content-length"));
      assert.deepEqual(
        answer.slice(length),
        new Uint8Array(bytes),
        new TextDecoder().decode(answer),
      );

      const plain = await fetch(`${server.url}/predict/${datatype}`, {
        method: "POST",
        body: `{"inputs":[${json}]}`,
      });
      assert.match(await plain.text(), new RegExp(`"y":\\[${json}\\]`));
    });
  }
});
