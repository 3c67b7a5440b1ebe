import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readMultipart } from "./multipart.ts";

test("parts are what a form was made of, in their order", async () => {
  const part = fc.record({
    name: fc.string({ minLength: 1, maxLength: 150 }).filter((name) => !/[\r\n"%\\]/.test(name)),
    value: fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replaceAll(/\r\n?|\n/g, "")),
      fc.uint8Array({ maxLength: 70_000 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
      const form = new FormData();
      for (const { name, value } of parts)
        form.append(name, typeof value === "string" ? value : new Blob([Uint8Array.from(value)]));
      const { headers, body } = toRequest(form);
      const read = await readMultipart(await body, headers);
      assert.deepEqual(
        read.map(({ name, value }) => [name, toPlain(value)]),
        parts.map(({ name, value }) => [name, toPlain(value)]),
      );
    }),
    { numRuns: 100 },
  );
});

function toRequest(form: FormData): { headers: string; body: Promise<Uint8Array> } {
  const response = new Response(form);
  return { headers: response.headers.get("content-type")!, body: response.bytes() };
}

function toPlain(value: string | Uint8Array): unknown {
  return typeof value === "string" ? value : [...value];
}

test("damaged forms are errors, and are never waited for", async () => {
  const good = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--b--\r\n';
  const type = "multipart/form-data; boundary=b";
  assert.deepEqual(await readMultipart(Buffer.from(good), type), [{ name: "a", value: "value" }]);
  for (let end = 0; end < good.length - 4; end++) {
    const read = readMultipart(Buffer.from(good.slice(0, end)), type);
    await read.then(
      (parts) => assert.ok(parts.length <= 1),
      (error: { code?: unknown }) => assert.equal(error.code, "DATA_INVALID"),
    );
  }
  for (const wrong of ["multipart/form-data", "multipart/form-data; boundary="])
    await assert.rejects(readMultipart(Buffer.from(good), wrong), { code: "DATA_INVALID" });
});
