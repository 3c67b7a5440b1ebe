/** gRPC over TLS, with a certificate made for the test. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { connectGrpc, floatsOf, toRequest } from "./support/grpc.ts";
import { startLocalGrpc } from "./badInput/grpcServer.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { findProgram } from "./support/require.ts";

const { program, skip } = findProgram("openssl");

test("calls over TLS, and none without", { skip }, async () => {
  using folder = temporaryFolder();
  const key = join(folder.path, "key.pem");
  const cert = join(folder.path, "cert.pem");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  execFileSync(program, [...made, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
  writeOnnx(join(folder.path, "models", "affine.onnx"), affineModel());
  const pem = { key: readFileSync(key), cert: readFileSync(cert) };
  await using grpc = await startLocalGrpc(join(folder.path, "models"), {}, pem);
  const address = grpc.address.replace("127.0.0.1", "localhost");
  using client = connectGrpc(address, undefined, credentials.createSsl(pem.cert));
  const answer = await client.call("ModelInfer", toRequest("affine", [1, 2], [1, 2]));
  assert.deepEqual(floatsOf(answer), [3, 5]);
  using plain = connectGrpc(address);
  await assert.rejects(plain.call("ServerLive", {}, { deadline: Date.now() + 3000 }));
});
