/** Good requests, damaged at random, against the real server: a fault is always the caller's. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { writeBundles } from "../support/bundles.ts";
import { temporaryFolder } from "../support/models.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { exchange, parseAnswer, readError, send, type Answer, type Call } from "./answer.ts";
import { writeModels } from "./models.ts";

const RUNS = 700;
const HEADER = "inference-header-content-length";

const folder = temporaryFolder();
let server: TestServer;

before(async () => {
  writeModels(folder.path);
  writeBundles(folder.path);
  server = await startServer([folder.path], ["--log-level", "error"]);
});

after(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** A request that is good as it is. */
interface Seed {
  readonly path: string;
  readonly json: string;
  /** Bytes after the JSON, which then needs the header. */
  readonly data?: readonly number[];
}

const SEEDS: readonly Seed[] = [
  {
    path: "/predict/people",
    json: '{"inputs":[{"age":41,"member":true,"height":1.5,"city":"Ulm","joined":"2024-02-29"},{"age":2,"member":false}],"outputs":["y"]}',
  },
  { path: "/predict/review", json: '{"inputs":{"x":["good","\\u00e4rgerlich 😀"]}}' },
  {
    path: "/v2/models/affine/infer",
    json: '{"id":"1","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[-3e2,4]]}],"outputs":[{"name":"y","parameters":{"binary_data":false}}],"parameters":{"priority":1}}',
  },
  {
    path: "/v2/models/affine/versions/1/infer",
    json: '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}',
    data: [0, 0, 128, 63, 0, 0, 0, 64],
  },
  {
    path: "/v2/models/echo/infer",
    json: '{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":11}}],"outputs":[{"name":"y"}]}',
    data: [2, 0, 0, 0, 0xc3, 0xa4, 1, 0, 0, 0, 65],
  },
  {
    path: "/v2/models/echo/infer",
    json: '{"inputs":[{"name":"x","shape":[1,2],"datatype":"BYTES","data":["caf\\u00e9","\\ud83d\\ude00 ß"]}]}',
  },
  {
    path: "/v2/models/pair/infer",
    json: '{"inputs":[{"name":"a","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"b","shape":[1,1],"datatype":"INT64","parameters":{"binary_data_size":8}}]}',
    data: [255, 255, 255, 255, 255, 255, 255, 127],
  },
  {
    path: "/v2/models/lookup/infer",
    json: '{"inputs":[{"name":"index","shape":[3],"datatype":"INT64","data":[0,50,99]}]}',
  },
  { path: "/predict/affine", json: '{"inputs":[[1,2],[3,4.5e1]],"outputs":["y"]}' },
  { path: "/predict/pair", json: '{"inputs":[{"a":[1,2],"b":3},{"a":[4,5],"b":-6}]}' },
  { path: "/predict/pair", json: '{"inputs":{"a":[[1,2]],"b":[[3]]},"parameters":{}}' },
];

/** Places are fractions of the body's length at the time, so that shrinking keeps them valid. */
type Damage =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "set"; readonly at: number; readonly byte: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "remove"; readonly at: number; readonly count: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "splice";
      readonly at: number;
      readonly seed: number;
      readonly from: number;
      readonly count: number;
    };

/** Pieces that bodies are made of, and some that they should not be. */
const PIECES =
  `[ ] { } , : " \\ \\u - 0 9 . e E+9 null true NaN 1e999 -1 9007199254740993 18446744073709551616
  "" [] {} "inputs": "data": "shape": "x" "name":"x", "parameters":{} "binary_data_size":4,
  \0 \u{fffd} \u{1f600} ä`
    .split(/\s+/)
    .map((text) => new Uint8Array(Buffer.from(text)));

/** Harmless in most places of a JSON text. */
const SPACE = new Uint8Array([0x20]);

const at = fc.noBias(fc.integer({ min: 0, max: 9_999 })).map((share) => share / 10_000);
const count = fc.integer({ min: 1, max: 60 });
const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant("set" as const), at, byte: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant("cut" as const), at }),
  fc.record({ kind: fc.constant("remove" as const), at, count }),
  fc.record({
    kind: fc.constant("insert" as const),
    at,
    bytes: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...PIECES) },
      { weight: 3, arbitrary: fc.constant(SPACE) },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }) },
    ),
  }),
  fc.record({
    kind: fc.constant("splice" as const),
    at,
    seed: fc.nat(SEEDS.length - 1),
    from: at,
    count,
  }),
);
const anyDamages = fc.array(anyDamage, { minLength: 1, maxLength: 3 });
const anySeed = fc.constantFrom(...SEEDS);

test("damaged bodies are answered or refused, whatever the damage", async () => {
  const seen = { good: 0, bad: 0 };
  await fc.assert(
    fc.asyncProperty(anySeed, anyDamages, async (seed, damages) => {
      const body = damages.reduce(inflict, bodyOf(seed));
      const answer = await send(
        server.url,
        toCall(seed, body, String(Buffer.byteLength(seed.json))),
      );
      isAnsweredOrRefused(answer);
      if (answer.status === 200) seen.good++;
      else seen.bad++;
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
  // Both happen: the damage reaches past the first check, and it does damage.
  assert.ok(seen.good > 0 && seen.bad > RUNS / 2, JSON.stringify(seen));
});

test("lengths of the JSON part that lie are answered or refused", async () => {
  const anyLength = fc.oneof(
    fc.integer({ min: -5, max: 250 }).map(String),
    fc.constantFrom(
      "",
      "0",
      "00",
      "+1",
      "1e1",
      "0x1",
      " 7 ",
      "1,2",
      "999999999999999999999",
      "NaN",
    ),
    fc.string({ unit: fc.constantFrom(..."0123456789-+. ex,"), maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(anySeed, anyLength, async (seed, length) => {
      isAnsweredOrRefused(await send(server.url, toCall(seed, bodyOf(seed), length)));
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
});

test("damaged HTTP is answered or refused, never left hanging", async () => {
  await fc.assert(
    fc.asyncProperty(anySeed, anyDamages, fc.boolean(), async (seed, damages, onlyHead) => {
      const body = bodyOf(seed);
      const head = Buffer.from(
        `POST ${seed.path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${HEADER}: ${Buffer.byteLength(seed.json)}\r\n\r\n`,
      );
      const raw = onlyHead
        ? Buffer.concat([damages.reduce(inflict, new Uint8Array(head)), body])
        : damages.reduce(inflict, new Uint8Array(Buffer.concat([head, body])));
      // Who says nothing, or nothing but line ends, is owed no answer.
      if (raw.every((byte) => byte === 0x0d || byte === 0x0a)) return;
      let bytes = await exchange(server.url, { raw });
      // Who closes after a whole request is taken to be gone. Half a request was answered by now.
      if (bytes.length === 0) bytes = await exchange(server.url, { raw, stay: true });
      isAnsweredOrRefused(firstAnswer(bytes));
    }),
    { numRuns: RUNS, includeErrorInReport: true },
  );
});

test("the server went through it in one piece", async () => {
  for (const seed of SEEDS) {
    const answer = await send(
      server.url,
      toCall(seed, bodyOf(seed), String(Buffer.byteLength(seed.json))),
    );
    assert.equal(answer.status, 200, Buffer.from(answer.body).toString());
  }
  assert.doesNotMatch(server.log(), /restarting|INTERNAL/);
});

function bodyOf({ json, data = [] }: Seed): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...Buffer.from(json), ...data]);
}

function toCall(seed: Seed, body: Uint8Array<ArrayBuffer>, length: string): Call {
  const isBinary = seed.data !== undefined || length !== String(Buffer.byteLength(seed.json));
  return { path: seed.path, body, ...(isBinary && { headers: { [HEADER]: length } }) };
}

function inflict(body: Uint8Array<ArrayBuffer>, damage: Damage): Uint8Array<ArrayBuffer> {
  const place = Math.floor(damage.at * body.length);
  const join = (middle: Uint8Array, resume = place): Uint8Array<ArrayBuffer> =>
    new Uint8Array([...body.subarray(0, place), ...middle, ...body.subarray(resume)]);
  switch (damage.kind) {
    case "flip":
      return body.map((byte, index) => (index === place ? byte ^ (1 << damage.bit) : byte));
    case "set":
      return body.map((byte, index) => (index === place ? damage.byte : byte));
    case "cut":
      return body.slice(0, place);
    case "remove":
      return join(new Uint8Array(0), place + damage.count);
    case "insert":
      return join(damage.bytes);
    case "splice": {
      const other = bodyOf(SEEDS[damage.seed]!);
      const from = Math.floor(damage.from * other.length);
      return join(other.subarray(from, from + damage.count));
    }
  }
}

/** The first answer on a connection that may have carried several. */
function firstAnswer(bytes: Buffer): Answer {
  const { status, headers, body } = parseAnswer(bytes);
  const length = headers.get("content-length");
  return { status, headers, body: length === null ? body : body.slice(0, Number(length)) };
}

function isAnsweredOrRefused(answer: Answer): void {
  if (answer.status === 200) return;
  const { error } = readError(answer);
  assert.ok(answer.status < 500, `${answer.status}: ${error}`);
}
