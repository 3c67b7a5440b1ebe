import assert from "node:assert/strict";
import {
  createServer as createNodeServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ClientError, createClient, type TensorIn, type TensorOut } from "@longshore/client";
import { DATATYPES, type Datatype } from "@longshore/core";
import { model, node } from "@longshore/onnx";
import { build } from "esbuild";
import fc from "fast-check";
import { createServer } from "../packages/server/src/index.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";

const BUDGET = 6 * 1024;

test("the client is small", async () => {
  const entry = fileURLToPath(import.meta.resolve("@longshore/client"));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["longshore-source"],
  });
  assert.equal(outputFiles.length, 1);
  const bytes = gzipSync(outputFiles[0]!.contents).length;
  assert.ok(bytes > 1000 && bytes <= BUDGET, `${bytes} bytes, minified and compressed`);
});

interface Server extends AsyncDisposable {
  readonly url: string;
}

/** Longshore itself, over models made for the test. */
async function serveModels(folder: string): Promise<Server> {
  const app = await createServer({ models: [folder], logLevel: "silent" });
  const url = await app.listen({ port: 0 });
  return { url, [Symbol.asyncDispose]: () => app.close() };
}

test("tensors of every data type go there and back as bytes", async (t) => {
  using folder = temporaryFolder();
  const types = Object.keys(DATATYPES) as Datatype[];
  for (const datatype of types) {
    const same = model({
      inputs: [{ name: "x", datatype, shape: ["N"] }],
      outputs: [{ name: "y", datatype, shape: ["N"] }],
      nodes: [node("Identity", ["x"], ["y"])],
    });
    writeOnnx(join(folder.path, `${datatype}.onnx`), same);
  }
  await using server = await serveModels(folder.path);
  const client = createClient({ url: server.url });
  assert.equal(await client.isReady(), true);
  for (const datatype of types) {
    await t.test(datatype, async () => {
      const elements = fc.sample(elementsOf(datatype), 1)[0]!;
      const x: TensorIn = { datatype, shape: [elements.length], data: elements };
      const { outputs } = await client.infer(datatype, { x });
      assert.deepEqual(outputs["y"], { datatype, shape: [elements.length], data: elements });
    });
  }
  await t.test("no elements at all", async () => {
    const { outputs } = await client.infer("FP32", {
      x: { datatype: "FP32", shape: [0], data: new Float32Array() },
    });
    assert.deepEqual(outputs["y"], { datatype: "FP32", shape: [0], data: new Float32Array() });
  });
});

function elementsOf(datatype: Datatype): fc.Arbitrary<TensorOut["data"]> {
  const many = { minLength: 1, maxLength: 9 };
  const { array, kind } = DATATYPES[datatype];
  // ONNX Runtime cuts texts at a NUL.
  if (array === undefined)
    return fc.array(
      fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
      many,
    );
  // Half floats and bfloat16 as bit patterns of numbers, not of NaN, which has many.
  const elements =
    kind === "float" && array.BYTES_PER_ELEMENT === 2
      ? fc.array(fc.nat(0x3f00), many)
      : fc.array(fc.nat(kind === "bool" ? 1 : 100), many);
  return elements.map((values) =>
    kind === "bigint"
      ? (array as typeof BigInt64Array).from(values, BigInt)
      : (array as typeof Float64Array).from(values),
  );
}

test("rows are answered in their form; refusals carry the server's code and request id", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  await using server = await serveModels(folder.path);
  interface Models {
    affine: { inputs: { x: number[] }; outputs: { y: number[] } };
  }
  const client = createClient<Models>({ url: `${server.url}/` });
  const one = await client.predict("affine", { x: [1, 2] });
  assert.deepEqual(one.outputs.y, [3, 5]);
  const many = await client.predict("affine", [{ x: [1] }, { x: [2] }]);
  assert.deepEqual(
    many.outputs.map(({ y }) => y),
    [3, 5],
  );
  assert.equal(many.model, "affine");
  const raw = await client.infer(
    "affine",
    { x: { datatype: "FP32", shape: [1, 1], data: Float32Array.of(4) } },
    { outputs: ["y"], version: "1", priority: 1 },
  );
  assert.deepEqual(raw.outputs["y"]?.data, Float32Array.of(9));
  assert.deepEqual([raw.model, raw.version], ["affine", "1"]);
  assert.ok(raw.id);
  const untyped = createClient({ url: server.url });
  await assert.rejects(untyped.predict("affine", { z: 1 }), (error) => {
    assert.ok(error instanceof ClientError);
    assert.equal(error.status, 400);
    assert.equal(error.code, "INPUT_UNKNOWN");
    assert.match(error.message, /input "z" does not exist/);
    assert.ok(error.requestId);
    return true;
  });
  await assert.rejects(untyped.predict("no/such model", {}), {
    code: "MODEL_UNKNOWN",
    status: 404,
  });
});

/** A server that does what is wanted of it, request after request. */
async function serveAnswers(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<Server & { readonly count: () => number }> {
  let count = 0;
  const server = createNodeServer((request, response) => answer(request, response, ++count));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => count,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(response: ServerResponse, status: number, code: string, retryAfter?: string): void {
  if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
  response.writeHead(status).end(JSON.stringify({ error: "no", code, request_id: "r" }));
}

function accept(response: ServerResponse): void {
  response.end('{"id":"1","model":"m","version":"1","outputs":{"y":1}}');
}

describe("a server without room", () => {
  for (const [status, code] of [
    [429, "TOO_MANY_REQUESTS"],
    [503, "QUEUE_FULL"],
  ] as const) {
    test(`${status} is asked again until it answers`, async () => {
      await using server = await serveAnswers((_, response, count) =>
        count <= 2 ? refuse(response, status, code) : accept(response),
      );
      const { outputs } = await createClient({ url: server.url }).predict("m", {});
      assert.deepEqual([outputs, server.count()], [{ y: 1 }, 3]);
    });
  }

  test("not more often than said, and then it is the last refusal that is thrown", async () => {
    await using server = await serveAnswers((_, response) => refuse(response, 503, "QUEUE_FULL"));
    const client = createClient({ url: server.url, retries: 2 });
    await assert.rejects(client.predict("m", {}), { code: "QUEUE_FULL", requestId: "r" });
    assert.equal(server.count(), 3);
  });

  test("not before the server wants it", async () => {
    const times: number[] = [];
    await using server = await serveAnswers((_, response, count) => {
      times.push(performance.now());
      if (count === 1) refuse(response, 503, "QUEUE_FULL", "1");
      else accept(response);
    });
    await createClient({ url: server.url }).predict("m", {});
    assert.ok(times[1]! - times[0]! >= 990, `${times[1]! - times[0]!} ms`);
  });

  test("not where the time would be up before", async () => {
    await using server = await serveAnswers((_, response) =>
      refuse(response, 503, "QUEUE_FULL", "60"),
    );
    const client = createClient({ url: server.url, timeoutMs: 5000 });
    await assert.rejects(client.predict("m", {}), { code: "QUEUE_FULL" });
    assert.equal(server.count(), 1);
  });

  for (const [status, code] of [
    [400, "INPUT_UNKNOWN"],
    [422, "REJECTED"],
    [500, "INTERNAL"],
    // Its time was up in the server: what was asked is too slow, not in the way of others.
    [503, "TIMEOUT"],
  ] as const) {
    test(`${code} is not asked again`, async () => {
      await using server = await serveAnswers((_, response) => refuse(response, status, code));
      await assert.rejects(createClient({ url: server.url }).predict("m", {}), { code, status });
      assert.equal(server.count(), 1);
    });
  }
});

test("nobody there", async () => {
  const gone = await serveAnswers(() => undefined);
  await gone[Symbol.asyncDispose]();
  const client = createClient({ url: gone.url, retries: 1 });
  await assert.rejects(client.predict("m", {}), { code: "UNREACHABLE", status: 0 });
  assert.equal(await client.isReady(), false);
});

test("a proxy's page is an error too", async () => {
  await using server = await serveAnswers((_, response) =>
    response.writeHead(502).end("<h1>Bad gateway</h1>"),
  );
  await assert.rejects(createClient({ url: server.url }).predict("m", {}), {
    code: "HTTP",
    status: 502,
    message: "<h1>Bad gateway</h1>",
  });
});

describe("time", () => {
  test("a call ends when its time is up, whether headers came or not", async () => {
    await using server = await serveAnswers((request, response) => {
      if (request.url!.endsWith("slow-body")) response.writeHead(200).write('{"id":');
    });
    const client = createClient({ url: server.url, timeoutMs: 100 });
    await assert.rejects(client.predict("silent", {}), { code: "TIMEOUT" });
    await assert.rejects(client.predict("slow-body", {}), { code: "TIMEOUT" });
    assert.equal(server.count(), 2);
  });

  test("the server is told how much is left", async () => {
    const bodies: string[] = [];
    await using server = await serveAnswers(async (request, response) => {
      bodies.push((await buffer(request)).toString("latin1"));
      if (bodies.length === 1) refuse(response, 503, "QUEUE_FULL");
      else accept(response);
    });
    const client = createClient({ url: server.url });
    await client.predict("m", { x: 1 }, { timeoutMs: 7000, priority: 2 });
    const [first, second] = bodies.map(
      (body) =>
        JSON.parse(body) as { inputs: object; parameters: { timeout: number; priority: number } },
    );
    assert.deepEqual(first!.inputs, { x: 1 });
    assert.equal(first!.parameters.priority, 2);
    assert.ok(first!.parameters.timeout <= 7_000_000 && first!.parameters.timeout > 6_000_000);
    assert.ok(second!.parameters.timeout <= first!.parameters.timeout);
  });

  test("a caller that gives up is told its own reason, also while it waits", async () => {
    await using server = await serveAnswers((request, response) => {
      if (request.url!.endsWith("busy")) refuse(response, 503, "QUEUE_FULL", "20");
    });
    const client = createClient({ url: server.url });
    for (const name of ["silent", "busy"]) {
      const signal = AbortSignal.timeout(100);
      await assert.rejects(client.predict(name, {}, { signal }), { name: "TimeoutError" });
    }
    const aborted = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(client.predict("m", {}, { signal: aborted }), { message: "never mind" });
  });
});

describe("files", () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 1, 2, 3]);

  test("one alone is the body, with its type", async () => {
    const seen: unknown[] = [];
    await using server = await serveAnswers(async (request, response) => {
      seen.push(request.headers["content-type"], await buffer(request));
      accept(response);
    });
    const client = createClient({ url: server.url });
    await client.predict("m", png);
    await client.predict("m", new Blob([png], { type: "image/x-own" }));
    assert.deepEqual(seen, ["image/png", Buffer.from(png), "image/x-own", Buffer.from(png)]);
  });

  test("among other fields, they make a form", async () => {
    let form: FormData | undefined;
    await using server = await serveAnswers(async (request, response) => {
      const body = await buffer(request);
      const headers = { "content-type": request.headers["content-type"]! };
      form = await new Response(body, { headers }).formData();
      accept(response);
    });
    const client = createClient({ url: server.url, headers: { authorization: "Bearer t" } });
    await client.predict("m", { photo: png, age: 7, list: [1, 2], nothing: null });
    assert.deepEqual([...form!.keys()], ["photo", "age", "list"]);
    assert.deepEqual(new Uint8Array(await (form!.get("photo") as File).arrayBuffer()), png);
    assert.deepEqual([form!.get("age"), form!.get("list")], ["7", "[1,2]"]);
  });
});
