import assert from "node:assert/strict";
import test from "node:test";
import { longshore, succeed } from "./process.test.ts";

test("doctor checks this machine and computes with ONNX Runtime", async () => {
  const { ok, checks } = JSON.parse(await succeed(["doctor", "--json"])) as {
    ok: boolean;
    checks: { name: string; status: string; detail: string }[];
  };
  assert.equal(ok, true);
  const detail = (name: string): string =>
    checks.find((check) => check.name === name)?.detail ?? "";
  assert.match(detail("ONNX Runtime"), /^\d+\.\d+\.\d+, providers cpu/);
  assert.match(detail("inference"), /^works; calling a model of one node takes \d+ µs$/);
  assert.match(detail("serve would use"), /^\d+ workers? shared by small models/);
  assert.match(await succeed(["doctor"]), /^ok +Node\.js +v\d+/m);
});

test("doctor survives an ONNX Runtime that does not load or crashes, says so and exits with 1", async () => {
  const cases = [
    [
      "throw new Error('GLIBC_2.28 not found')",
      /^fail +ONNX Runtime +does not load: .*GLIBC_2\.28 not found$/m,
    ],
    [
      "process.kill(process.pid, 'SIGILL')",
      /^fail +ONNX Runtime +does not load: its process ended with SIGILL$/m,
    ],
  ] as const;
  for (const [failure, message] of cases) {
    const hook = `import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) {
        if (url.includes("onnxruntime-node")) ${failure};
        return next(url, context);
      } });`;
    const { code, stdout } = await longshore(["doctor"], "", {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
    });
    assert.match(stdout, message);
    assert.match(stdout, /→ install it again/);
    assert.equal(code, 1);
  }
});
