/** Compressed requests and answers of every route of inference, over real sockets. */
import assert from "node:assert/strict";
import { request as sendRequest, type IncomingHttpHeaders } from "node:http";
import { after, before, describe, test } from "node:test";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { listen, type LibraryServer } from "./badInput/library.ts";
import { wideModel } from "./badInput/models.ts";
import { writeBundles } from "./support/bundles.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer, type TestServer } from "./support/server.ts";

const PACK = { gzip: gzipSync, deflate: deflateSync };
const UNPACK = { gzip: gunzipSync, deflate: inflateSync };
const ENCODINGS = ["gzip", "deflate"] as const;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Unlike `fetch`, it sends no `accept-encoding` of its own, and decompresses nothing. */
function post(
  url: string,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(url + path, { method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode: status = 0, headers: answered } = response;
        resolve({ status, headers: answered, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

const folder = temporaryFolder();
let direct: TestServer;
let mounted: LibraryServer;

before(async () => {
  writeOnnx(`${folder.path}/affine.onnx`, affineModel());
  writeOnnx(`${folder.path}/wide.onnx`, wideModel());
  writeBundles(folder.path);
  direct = await startServer([folder.path], ["--log-level", "error", "--max-body-mib", "1"]);
  mounted = await listen({ models: [folder.path], limits: { maxBodyBytes: 2 ** 20 } });
});

after(async () => {
  await direct[Symbol.asyncDispose]();
  await mounted[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const json = '{"id":"a","inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","data":[1,2]}]}';
const head =
  '{"inputs":[{"name":"x","shape":[2,1],"datatype":"FP32","parameters":{"binary_data_size":8}}]}';
const tensor = Buffer.from(Float32Array.of(1, 2).buffer);
const binary = Buffer.concat([Buffer.from(head), tensor]);
const LENGTH = "inference-header-content-length";

const CALLS: readonly [
  name: string,
  path: string,
  body: string | Buffer,
  headers?: Record<string, string>,
][] = [
  ["JSON", "/v2/models/affine/infer", json],
  ["a version", "/v2/models/affine/versions/1/infer", json],
  ["binary tensors", "/v2/models/affine/infer", binary, { [LENGTH]: `${head.length}` }],
  ["a raw request", "/v2/models/affine/infer", tensor, { [LENGTH]: "0" }],
  ["predict", "/predict/affine", '{"inputs":[[1],[2]]}'],
  ["CSV", "/predict/people", "age,member\n41,true\n7,0\n", { "content-type": "text/csv" }],
  ["text", "/predict/review", "good", { "content-type": "text/plain" }],
];

/** What must not differ. */
function comparable({ status, headers, body }: Answer): object {
  const { "content-type": type, [LENGTH]: length } = headers;
  // Only the ids of requests without one of their own differ.
  const text = body.toString("latin1").replace(/"(id|request_id)": ?"[^"]+"/, "");
  return { status, type, length, text };
}

const servers = (): [string, string][] => [
  ["directly", direct.url],
  ["through Fastify", mounted.url],
];

describe("compressed requests", () => {
  for (const [name, path, body, headers] of CALLS) {
    for (const encoding of ENCODINGS) {
      test(`${name} in ${encoding}`, async () => {
        for (const [, url] of servers()) {
          const plain = await post(url, path, body, headers);
          assert.equal(plain.status, 200, plain.body.toString());
          const packed = await post(url, path, PACK[encoding](body), {
            ...headers,
            "content-encoding": encoding,
          });
          assert.deepEqual(comparable(packed), comparable(plain));
        }
      });
    }
  }

  test("what is wrong with them is said", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 26, " "));
    const cases: [Uint8Array, encoding: string, status: number, code: string, says: RegExp][] = [
      [bomb, "gzip", 413, "BODY_TOO_LARGE", /limit of 1048576 bytes/],
      [gzipSync(json).subarray(0, -9), "gzip", 400, "NOT_ACCEPTED", /unexpected end of file/],
      [Buffer.from(json), "gzip", 400, "NOT_ACCEPTED", /not valid gzip: incorrect header check/],
      [gzipSync(json), "deflate", 400, "NOT_ACCEPTED", /not valid deflate/],
      [gzipSync(""), "gzip", 400, "BODY_EMPTY", /no body/],
      [Buffer.alloc(0), "gzip", 400, "BODY_EMPTY", /no body/],
      [gzipSync("[]"), "GZip", 400, "FIELD_TYPE", /expected an object/],
      [gzipSync(json), "br", 415, "BODY_ENCODING", /"br" is not supported/],
      [gzipSync(gzipSync(json)), "gzip, gzip", 415, "BODY_ENCODING", /"gzip, gzip"/],
    ];
    for (const [, url] of servers()) {
      for (const [body, encoding, status, code, says] of cases) {
        const answer = await post(url, "/v2/models/affine/infer", body, {
          "content-encoding": encoding,
        });
        const error = JSON.parse(answer.body.toString()) as { error: string; code: string };
        assert.deepEqual([answer.status, error.code], [status, code], error.error);
        assert.match(error.error, says);
      }
    }
  });

  test("a body of the limit's length passes, one byte more does not", async () => {
    const padded = (length: number): string => json + " ".repeat(length - json.length);
    for (const [, url] of servers()) {
      for (const [length, status] of [
        [2 ** 20, 200],
        [2 ** 20 + 1, 413],
      ] as const) {
        const answer = await post(url, "/v2/models/affine/infer", gzipSync(padded(length)), {
          "content-encoding": "gzip",
        });
        assert.equal(answer.status, status);
      }
    }
  });
});

describe("compressed answers", () => {
  const wide = '{"inputs":[{"name":"a","shape":[1,1],"datatype":"FP32","data":[3]}]';
  const wideJson = `${wide}}`;
  const wideBinary = `${wide},"parameters":{"binary_data_output":true}}`;
  const ask = (url: string, body: string, accepted?: string): Promise<Answer> =>
    post(url, "/v2/models/wide/infer", body, {
      ...(accepted !== undefined && { "accept-encoding": accepted }),
    });

  test("are what they would be uncompressed", async () => {
    for (const [, url] of servers()) {
      for (const body of [wideJson, wideBinary]) {
        const plain = await ask(url, body);
        assert.equal(plain.headers["content-encoding"], undefined);
        for (const encoding of ENCODINGS) {
          const packed = await ask(url, body, encoding);
          assert.equal(packed.headers["content-encoding"], encoding);
          assert.equal(packed.headers["content-length"], `${packed.body.length}`);
          assert.ok(packed.body.length < plain.body.length / 10);
          const unpacked = { ...packed, body: UNPACK[encoding](packed.body) };
          assert.deepEqual(comparable(unpacked), comparable(plain));
        }
      }
    }
  });

  test("are sent where they are wanted and worth it", async () => {
    const small = { url: "/v2/models/affine/infer", body: json };
    for (const [, url] of servers()) {
      const encodings = await Promise.all([
        ask(url, wideJson, "gzip, deflate, br"),
        ask(url, wideBinary, "gzip, deflate, br"),
        ask(url, wideJson, "identity"),
        ask(url, wideJson, "br"),
        post(url, small.url, small.body, { "accept-encoding": "gzip" }),
        post(url, "/v2/models/nobody/infer", json, { "accept-encoding": "gzip" }),
      ]);
      assert.deepEqual(
        encodings.map(({ headers }) => headers["content-encoding"]),
        ["gzip", undefined, undefined, undefined, undefined, undefined],
      );
      assert.equal(encodings.at(-1)!.status, 404);
    }
  });

  test("to compressed requests", async () => {
    for (const [, url] of servers()) {
      const { headers, body } = await post(url, "/v2/models/wide/infer", gzipSync(wideJson), {
        "content-encoding": "gzip",
        "accept-encoding": "deflate",
      });
      assert.equal(headers["content-encoding"], "deflate");
      const { outputs } = JSON.parse(inflateSync(body).toString()) as {
        outputs: { data: number[] }[];
      };
      assert.deepEqual(new Set(outputs[0]!.data), new Set([3]));
    }
  });
});
