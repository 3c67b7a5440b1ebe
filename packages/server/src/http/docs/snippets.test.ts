import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import fc from "fast-check";
import { temporaryFolder } from "../../../../../test/support/models.ts";

// The page's own scripts are plain JavaScript without declarations.
const { formatJson, tokens } = (await import(assetUrl("json.js"))) as {
  formatJson: (text: string) => string;
  tokens: (text: string) => string[];
};
const { snippets } = (await import(assetUrl("snippets.js"))) as {
  snippets: (call: Call) => { language: string; code: string }[];
};

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body?: string;
  readonly zeros?: number;
  readonly file?: Blob;
  readonly form?: { readonly name: string; readonly value: string | Blob }[];
}

test("formatting JSON changes white space only", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1, "\t"), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), undefined, indent);
      const formatted = formatJson(text);
      assert.deepEqual(tokens(formatted), tokens(text));
      assert.equal(JSON.stringify(JSON.parse(formatted)), JSON.stringify(JSON.parse(text)));
      assert.equal(formatJson(formatted), formatted);
    }),
  );
});

test("formatting keeps every digit, and lists of numbers together", () => {
  const numbers = Array.from({ length: 30 }, (_, index) => index * 100);
  assert.equal(
    formatJson(`{"a":[9223372036854775807,1.0],"b":[${numbers}]}`),
    `{
  "a": [9223372036854775807, 1.0],
  "b": [
    0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1300,
    1400, 1500, 1600, 1700, 1800, 1900, 2000, 2100, 2200, 2300, 2400, 2500,
    2600, 2700, 2800, 2900
  ]
}`,
  );
});

const RUN: Readonly<Record<string, (code: string) => readonly [string, ...string[]]>> = {
  curl: (code) => ["bash", "-c", `set -o pipefail; ${code}`],
  TypeScript: (code) => [process.execPath, "--input-type=module-typescript", "-e", code],
  Python: (code) => ["python3", "-c", code],
};
const PROGRAM: Readonly<Record<string, string>> = {
  curl: "curl",
  TypeScript: process.execPath,
  Python: "python3",
};

const TRICKY = String.raw`{"inputs": {"text": ["it's \"q\" $HOME \ud83d\ude00 \/ \\n"], "ok": [true, false, null], "big": [9223372036854775807]}}`;

const CALLS: Readonly<Record<string, Omit<Call, "url">>> = {
  "a GET": { method: "GET" },
  "a POST without a body": { method: "POST" },
  "a JSON body": { method: "POST", body: '{"inputs": {"x": [[1, 2.5], [true, "a"]]}}' },
  "a tricky JSON body": { method: "POST", body: TRICKY },
  "binary tensors": { method: "POST", body: '{"inputs": [{"name": "é"}]}', zeros: 70_000 },
};

const PHOTO = new File([Uint8Array.from([0x89, 0x50, 0, 13, 10, 255])], "it's a photo.png", {
  type: "image/png",
});

for (const language of Object.keys(RUN)) {
  test(`${language} sends a file, alone and among other fields`, async (t) => {
    if (!(await isThere(language, t))) return;
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, PHOTO.name), await PHOTO.bytes());
    const seen: { type: string; body: Buffer }[] = [];
    await using server = await listen(async (request) =>
      seen.push({ type: request.headers["content-type"] ?? "", body: await buffer(request) }),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/predict/a`;
    const note = `@it's "q" = $HOME; ü`;
    const form = [
      { name: "photo", value: PHOTO },
      { name: "a note", value: note },
    ];
    for (const call of [{ file: PHOTO }, { form }]) {
      const all = snippets({ method: "POST", url, ...call });
      const code = all.find((snippet) => snippet.language === language)?.code ?? "";
      const [program, ...rest] = RUN[language]?.(code) ?? [""];
      const { stdout } = await promisify(execFile)(program, rest, { cwd: folder.path });
      assert.equal(stdout.trim(), "answer");
    }
    const [alone, fields] = seen;
    assert.equal(alone?.type, "image/png");
    assert.deepEqual(new Uint8Array(alone!.body), await PHOTO.bytes());
    if (language === "Python") {
      const bytes = Buffer.from(await PHOTO.bytes()).toString("base64");
      assert.deepEqual(JSON.parse(fields!.body.toString()), {
        inputs: { photo: bytes, "a note": note },
      });
      return;
    }
    const headers = { "content-type": fields!.type };
    const sent = await new Response(new Uint8Array(fields!.body), { headers }).formData();
    assert.equal(sent.get("a note"), note);
    assert.deepEqual(await (sent.get("photo") as File).bytes(), await PHOTO.bytes());
    assert.equal((sent.get("photo") as File).type, "image/png");
  });

  for (const [what, call] of Object.entries(CALLS)) {
    test(`${language} sends ${what}`, async (t) => {
      if (!(await isThere(language, t))) return;
      const seen: { request: IncomingMessage; body: Buffer }[] = [];
      await using server = await listen(async (request) =>
        seen.push({ request, body: await buffer(request) }),
      );
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/predict/a%20b`;
      const code =
        snippets({ ...call, url }).find((snippet) => snippet.language === language)?.code ?? "";
      const [program, ...rest] = RUN[language]?.(code) ?? [""];
      const { stdout } = await promisify(execFile)(program, rest);

      assert.equal(stdout.trim(), "answer");
      assert.equal(seen.length, 1);
      const { request, body } = seen[0] ?? assert.fail();
      assert.equal(request.method, call.method);
      assert.equal(request.url, "/predict/a%20b");
      if (call.body === undefined) return assert.equal(body.length, 0);
      const length = Number(request.headers["inference-header-content-length"] ?? body.length);
      const json = body.subarray(0, length).toString();
      assert.deepEqual(JSON.parse(json), JSON.parse(call.body));
      assert.equal(json.includes("9223372036854775807"), call.body.includes("9223372036854775807"));
      assert.deepEqual(body.subarray(length), Buffer.alloc(call.zeros ?? 0));
      const type = call.zeros === undefined ? "application/json" : "application/octet-stream";
      assert.equal(request.headers["content-type"], type);
    });
  }
}

/** Whether a language's program is on this machine; if not, the test is skipped by name. */
async function isThere(language: string, t: TestContext): Promise<boolean> {
  if (await exists(PROGRAM[language] ?? "")) return true;
  const problem = `${language} is not on this machine`;
  assert.notEqual(process.env["LONGSHORE_TEST_REQUIRE"], "all", problem);
  t.skip(problem);
  return false;
}

async function listen(see: (request: IncomingMessage) => Promise<unknown>): Promise<Server> {
  const server = createServer((request, response) => {
    void see(request).then(() => response.end("answer"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function exists(program: string): Promise<boolean> {
  return promisify(execFile)(program, ["--version"]).then(
    () => true,
    () => false,
  );
}

function assetUrl(name: string): string {
  return new URL(`./assets/${name}`, import.meta.url).href;
}
