import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Signature } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { ProcessedBundle } from "./bundle.ts";
import { decodeInThread } from "./decode.ts";
import { openProcessing } from "./openProcessing.ts";
import { ProcessingThreads } from "./threads.ts";

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "BYTES", shape: ["N", 1] }],
  outputs: [{ name: "y", datatype: "BYTES", shape: ["N", 1] }],
};
const MANIFEST: Manifest = { inputs: { x: { type: "text" } } };
const LIMITS = { maxDepth: 8, maxElements: 1000 };

function toBundle(more: Partial<ProcessedBundle> = {}): ProcessedBundle {
  const shared = { name: "m", version: "1", folder: tmpdir(), signature: SIGNATURE };
  return { ...shared, manifest: MANIFEST, allowCode: true, ...more };
}

function toCall(inputs: unknown): { body: Uint8Array; limits: typeof LIMITS } {
  return { body: new TextEncoder().encode(JSON.stringify({ inputs })), limits: LIMITS };
}

test("calls of several bundles go to the threads and come back, and leave callers' bytes alone", async () => {
  const threads = new ProcessingThreads(2);
  const processings = await Promise.all(
    ["a", "b", "c"].map(async (name) => ({
      name,
      ...(await openProcessing(toBundle({ name }), threads)),
    })),
  );
  await Promise.all(
    processings.flatMap(({ name, decode }) =>
      Array.from({ length: 20 }, async (_, index) => {
        const call = toCall([`${name}${index}`]);
        const decoded = await decode(call);
        assert.ok(call.body.length > 0);
        const { data, ...x } = decoded.request.inputs.get("x")!;
        assert.deepEqual(
          { ...x, data },
          { datatype: "BYTES", shape: [1, 1], data: [`${name}${index}`] },
        );
        const outputs = new Map([
          ["y", { datatype: "BYTES", shape: [1, 1], data: ["done"] } as const],
        ]);
        const { body } = await decoded.encode(outputs);
        assert.equal(body, `{"model":"${name}","version":"1","outputs":[{"y":"done"}]}`);
      }),
    ),
  );
  for (const { close } of processings) await close();
  await threads.close();
});

test("a thread that dies fails the calls that it has, and another takes the next ones", async () => {
  const threads = new ProcessingThreads(1);
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-threads-"));
  // A step of a bundle could bring a thread down only by a fault of its own: code stands in for it.
  await writeFile(
    join(folder.path, "step.js"),
    `export default { apply({ columns: { x } }) {
      if (x[0] === "die") process.exit(1);
      return { x: x.map((text) => text + "!") };
    } };`,
  );
  const bundle = toBundle({
    folder: folder.path,
    manifest: {
      ...MANIFEST,
      pipeline: { before: [{ step: "custom", module: "step.js", makes: { x: "text" } }] },
    },
  });
  const thread = threads.add(bundle);
  assert.equal((await thread.open()).type, "opened");
  const decode = decodeInThread("m", thread);
  const dying = Promise.all(
    ["die", "with it"].map((text) =>
      assert.rejects(async () => decode(toCall(text)), {
        code: "RUN_FAILED",
        message: /its processing was stopped/,
      }),
    ),
  );
  await dying;
  const { request } = await decode(toCall("again"));
  assert.deepEqual(request.inputs.get("x")?.data, ["again!"]);
  await threads.close();
});

test("what is wrong with a bundle is told as what it is", async () => {
  const threads = new ProcessingThreads(1);
  const wrong = toBundle({ manifest: { inputs: { text: { type: "text" } } } });
  await assert.rejects(openProcessing(wrong, threads), { name: "PipelineProblem" });
  const missing = toBundle({
    manifest: {
      ...MANIFEST,
      pipeline: { before: [{ step: "custom", module: "nowhere.js", makes: { x: "text" } }] },
    },
  });
  await assert.rejects(openProcessing(missing, threads), {
    code: "DATA_INVALID",
    message: /there is no such file in the bundle/,
  });
  await threads.close();
});

test("a thread that was started ahead takes the first bundle, and is ended with the others", async () => {
  const threads = new ProcessingThreads(1);
  threads.warmUp();
  threads.warmUp();
  const { decode, close } = await openProcessing(toBundle(), threads);
  const { request } = await decode(toCall(["a"]));
  assert.deepEqual(request.inputs.get("x")!.data, ["a"]);
  await close();
  await threads.close();
});
