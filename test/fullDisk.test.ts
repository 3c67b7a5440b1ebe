import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { until } from "./support/metrics.ts";

const MAIN = fileURLToPath(new URL("../packages/server/src/cli/main.ts", import.meta.url));

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  await using server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test(
  "a server whose log cannot be written serves, and stops when it is told to",
  { skip: !existsSync("/dev/full") && "no /dev/full here" },
  async () => {
    using folder = temporaryFolder();
    const model = writeOnnx(join(folder.path, "affine.onnx"), affineModel());
    const port = await freePort();
    const full = openSync("/dev/full", "w");
    const args = [MAIN, "serve", model, "--port", `${port}`, "--no-grpc"];
    const child = spawn(process.execPath, ["--conditions=longshore-source", ...args], {
      stdio: ["ignore", full, full],
    });
    const ended = once(child, "exit");
    const url = `http://127.0.0.1:${port}`;
    try {
      await until("ready", () =>
        fetch(`${url}/v2/health/ready`).then(
          ({ ok }) => ok,
          () => false,
        ),
      );
      for (let call = 0; call < 500; call++) {
        const init = { method: "POST", body: '{"inputs":[[3]]}' };
        const answer = await fetch(`${url}/predict/affine`, init);
        assert.equal(answer.status, 200);
        assert.match(await answer.text(), /"y":\[\[7\]\]/);
      }
      child.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  },
);
