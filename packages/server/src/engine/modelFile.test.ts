import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { model, node, writeModel } from "@longshore/onnx";
import { readModelFile } from "./modelFile.ts";

interface Folder extends AsyncDisposable {
  readonly path: string;
  /** Where the model is: in a folder of its own, so that there is an outside. */
  readonly model: string;
}

/** A folder with `inside/model.onnx`, whose weights [2,3] of FP32 are said to be at a location. */
async function folderWith(location: string, offset = 0): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "longshore-model-"));
  await mkdir(join(path, "inside"));
  const externalData = [
    { key: "location", value: location },
    { key: "offset", value: String(offset) },
  ];
  const built = model({
    inputs: [{ name: "x", datatype: "FP32", shape: ["N", 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: ["N", 3] }],
    initializers: [{ name: "w", dims: [2, 3], dataType: 1, dataLocation: 1, externalData }],
    nodes: [node("MatMul", ["x", "w"], ["y"])],
  });
  const file = join(path, "inside", "model.onnx");
  await writeFile(file, writeModel(built));
  return { path, model: file, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("a model with external data is read with the sizes of all its files", async () => {
  await using folder = await folderWith("data/w.bin", 8);
  const inside = join(folder.path, "inside");
  await mkdir(join(inside, "data"));
  await writeFile(join(inside, "data/w.bin"), new Uint8Array(32));
  const file = await readModelFile(folder.model);
  assert.equal(file.folder, inside);
  assert.deepEqual(file.externalFiles, [join(inside, "data/w.bin")]);
  assert.equal(file.model.graph.nodes[0]?.opType, "MatMul");
  const chunks = writeModel(file.model);
  assert.equal(file.bytes, 32 + chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
});

test("external data must exist and be long enough", async () => {
  await using folder = await folderWith("w.bin", 9);
  const refused = (problem: RegExp): Promise<void> =>
    assert.rejects(readModelFile(folder.model), problem);
  await refused(/initializer "w": external data file "w\.bin" does not exist/);
  await writeFile(join(folder.path, "inside/w.bin"), new Uint8Array(32));
  await refused(/has 32 bytes, but 24 are wanted from byte 9 on/);
  await rm(join(folder.path, "inside/w.bin"));
  await mkdir(join(folder.path, "inside/w.bin"));
  await refused(/"w\.bin" is not a regular file/);
});

test("CVE-2026-27489: external data behind a symbolic link are refused", async () => {
  await using folder = await folderWith("w.bin");
  await writeFile(join(folder.path, "secret"), new Uint8Array(64));
  await symlink("../secret", join(folder.path, "inside/w.bin"));
  await assert.rejects(readModelFile(folder.model), /"w\.bin" is reached through a symbolic link/);
});

test("CVE-2026-27489: external data in a linked folder are refused", async () => {
  await using folder = await folderWith("linked/secret");
  await writeFile(join(folder.path, "secret"), new Uint8Array(64));
  await symlink("..", join(folder.path, "inside/linked"));
  await assert.rejects(readModelFile(folder.model), /is reached through a symbolic link/);
});

test("CVE-2026-34446: external data under a second name are refused", async () => {
  await using folder = await folderWith("w.bin");
  await writeFile(join(folder.path, "secret"), new Uint8Array(64));
  await link(join(folder.path, "secret"), join(folder.path, "inside/w.bin"));
  await assert.rejects(readModelFile(folder.model), /"w\.bin" has a second name \(hard link\)/);
});

test("CVE-2022-25882: external data outside are refused before the disk is touched", async () => {
  await using folder = await folderWith("../secret");
  await writeFile(join(folder.path, "secret"), new Uint8Array(64));
  await assert.rejects(
    readModelFile(folder.model),
    /has the external data location "\.\.\/secret"/,
  );
});

test("a model folder that is itself linked to is served", async () => {
  await using folder = await folderWith("w.bin");
  await writeFile(join(folder.path, "inside/w.bin"), new Uint8Array(24));
  await symlink("inside", join(folder.path, "current"));
  const file = await readModelFile(join(folder.path, "current/model.onnx"));
  assert.equal(file.externalFiles.length, 1);
});

test("what is no model file is refused with what it is", async () => {
  await using folder = await folderWith("w.bin");
  const path = (name: string): string => join(folder.path, name);
  await assert.rejects(readModelFile(path("none.onnx")), /none\.onnx: there is no such file/);
  await assert.rejects(readModelFile(path("inside")), /inside: is not a regular file/);
  await writeFile(path("page.onnx"), "<!doctype html><title>Not found</title>");
  await assert.rejects(readModelFile(path("page.onnx")), /page\.onnx: not a valid ONNX file/);
  await writeFile(path("empty.onnx"), "");
  await assert.rejects(readModelFile(path("empty.onnx")), /empty\.onnx: not an ONNX model/);
});

test("a file over 2 GiB is refused without being read", async () => {
  await using folder = await folderWith("w.bin");
  await truncate(folder.model, 2 ** 31);
  await assert.rejects(
    readModelFile(folder.model),
    /2147483648 bytes are more than the 2 GiB of an ONNX file/,
  );
});

test(
  "a named pipe is refused, not waited for",
  { skip: process.platform === "win32" && "no named pipes" },
  async () => {
    await using folder = await folderWith("w.bin");
    const pipe = join(folder.path, "pipe.onnx");
    execFileSync("mkfifo", [pipe]);
    await assert.rejects(readModelFile(pipe), /is not a regular file/);
  },
);
