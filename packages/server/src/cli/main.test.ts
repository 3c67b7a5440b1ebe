/** The command as a user runs it: a process, its output and its exit code. */
import assert from "node:assert/strict";
import { chmod, copyFile, mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { version } from "../version.ts";
import { longshore, MAIN, NODE, run, succeed, ROOT } from "./process.test.ts";

test("--help fits on a screen and names every command", async () => {
  for (const args of [["--help"], ["-h"], ["help"]]) {
    const screen = await succeed(args);
    const lines = screen.trimEnd().split("\n");
    assert.ok(lines.length <= 24 && lines.every((line) => line.length <= 80), screen);
    for (const command of ["serve", "predict", "inspect", "optimize", "doctor"])
      assert.match(screen, new RegExp(`^  ${command} `, "m"));
  }
});

test("--version is the package's", async () => {
  assert.equal(await succeed(["--version"]), `${version}\n`);
});

test("each command's help is the same by both ways, with usage and examples", async () => {
  for (const command of ["serve", "predict", "inspect", "optimize", "doctor"]) {
    const screen = await succeed(["help", command]);
    assert.match(screen, new RegExp(`^Usage: longshore ${command}\\b`, "m"));
    assert.match(screen, /^Examples:$/m);
    assert.equal(await succeed([command, "--help"]), screen);
  }
});

test("help loads no runtime, no web framework and no graph tools", async () => {
  const hook = `data:text/javascript,import { registerHooks } from "node:module";
    registerHooks({ load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); } });`;
  for (const args of [["--help"], ["serve", "--help"]]) {
    const { code, stderr } = await run(process.execPath, [
      ...NODE,
      "--import",
      hook,
      MAIN,
      ...args,
    ]);
    assert.equal(code, 0);
    assert.match(stderr, /cli\/main\.ts/);
    assert.doesNotMatch(stderr, /onnxruntime|fastify|packages\/onnx\//);
  }
});

const DIGITS = ["predict", "examples/digits"];
const SERVE = ["serve", "examples/digits"];
const OPTIMIZE = ["optimize", "examples/digits"];
const MISUSED: readonly (readonly [args: string[], message: RegExp])[] = [
  [[], /^Usage: longshore <command>/m],
  [
    ["prdict"],
    /^longshore: unknown command "prdict"; did you mean "predict"\?\nSee: longshore --help$/m,
  ],
  [["deploy"], /unknown command "deploy"; use one of serve, predict, inspect, /],
  [["--verison"], /unknown option "--verison"/],
  [["help", "insepct"], /did you mean "inspect"\?/],
  [["inspect"], /^longshore: <model> is missing\nSee: longshore inspect --help$/m],
  [["inspect", "a", "b"], /unexpected argument "b"/],
  [["inspect", "a", "--jsno"], /unknown option "--jsno"; did you mean "--json"\?/],
  [["doctor", "--json=yes"], /does not take an argument/],
  [DIGITS, /give the data with --data FILE/],
  [[...DIGITS, "--data", "a", "--input", "b=c"], /give the data with --data FILE/],
  [
    [...DIGITS, "--data", "a", "--format", "xml"],
    /--format takes one of table, csv, json, got "xml"/,
  ],
  [[...DIGITS, "--data", "a", "--limit", "-1"], /--limit/],
  [OPTIMIZE, /give samples with --data FILE/],
  [[...OPTIMIZE, "--data", "a", "--max-drop", "1%"], /--max-drop takes numbers of at least 0/],
  [[...OPTIMIZE, "--data", "a", "--metric", "acuracy"], /--metric takes one of accuracy, /],
  [[...OPTIMIZE, "--data", "a", "--target", "z80"], /--target takes one of x64-vnni, /],
  [[...OPTIMIZE, "--data", "a", "--for", "fun"], /--for takes one of speed, size/],
  [[...OPTIMIZE, "--data", "a", "--for", "speed", "--target", "webgpu"], /use --for size/],
  [[...OPTIMIZE, "--data", "a", "--batch", "0"], /--batch takes a number from 1 to 65536, got 0/],
  [[...OPTIMIZE, "--data", "a", "--mean", "0.5"], /give --mean and --std together/],
  [[...OPTIMIZE, "--data", "a", "--out", "model.bin"], /--out takes an \.onnx file/],
  [[...DIGITS, "--data", "a", "--limit", "2.5"], /--limit takes a whole number from 1, got "2.5"/],
  [[...DIGITS, "--data", "a", "--limit", "0"], /--limit takes a whole number from 1, got "0"/],
  [[...DIGITS, "--data", "a", "--json", "--format", "csv"], /--json and --format exclude each/],
  [[...SERVE, "--port", "65536"], /--port takes a whole number from 0 to 65535, got "65536"/],
  [[...SERVE, "--grpc-port", "65536"], /--grpc-port takes a whole number from 0 to 65535/],
  [[...SERVE, "--tfserving-port", "a"], /--tfserving-port takes a whole number from 0 to 65535/],
  [[...SERVE, "--max-body-mib", "0"], /--max-body-mib takes a whole number from 1 to 4096, got/],
  [[...SERVE, "--max-concurrent", "0"], /--max-concurrent takes a whole number from 1, got "0"/],
];

for (const [args, message] of MISUSED) {
  test(`"longshore ${args.join(" ")}" is a usage error`, async () => {
    const { code, stdout, stderr } = await longshore(args);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [2, ""]);
  });
}

test("every example of predict, inspect and doctor works as it is written", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-cli-"));
  const shim = join(folder.path, "longshore");
  await writeFile(shim, `#!/bin/sh\nexec "${process.execPath}" ${NODE.join(" ")} "${MAIN}" "$@"\n`);
  await chmod(shim, 0o755);
  for (const command of ["predict", "inspect", "doctor"]) {
    const screen = await succeed(["help", command]);
    const lines = screen.slice(screen.indexOf("Examples:")).trimEnd().split("\n").slice(1);
    assert.ok(lines.length >= 2);
    for (const line of lines) {
      const path = `${folder.path}:${process.env["PATH"]}`;
      const { code, stdout, stderr } = await run("/bin/sh", ["-c", line], "", { PATH: path });
      assert.equal(code, 0, `${line}\n${stderr}`);
      assert.notEqual(stdout, "", line);
    }
  }
});

test("what fails says why on one line, without a stack, and exits with 1", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "longshore-cli-"));
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder.path, name);
    await writeFile(path, content);
    return path;
  };
  // A graph by itself, which takes tensors.
  const bare = join(folder.path, "digits.onnx");
  await copyFile(join(ROOT, "examples/digits/model.onnx"), bare);
  const digits = ["predict", bare];
  const broken = await write("broken.onnx", "this is no model");
  const ragged = await write("ragged.csv", "a,b\n1,2\n3\n");
  const narrow = await write("narrow.csv", "a,b\n1,2\n");
  const json = await write("data.json", '{"inputs": [[1, 2]]}');
  const cases: readonly (readonly [args: string[], message: RegExp])[] = [
    [["inspect", join(folder.path, "none.onnx")], /there is no such file or folder/],
    [["inspect", broken], /broken\.onnx: /],
    [["inspect", "examples"], /holds several models; name one of/],
    [["predict", broken, "--data", json], /broken/],
    [[...digits, "--data", join(folder.path, "none.csv")], /none\.csv: there is no such file/],
    [[...digits, "--data", folder.path], /is a folder, not a file/],
    [[...digits, "--data", ragged], /ragged\.csv: line 3: expected 2 fields/],
    [[...digits, "--data", narrow], /takes 64 columns, but there are 2/],
    [[...digits, "--data", json], /input "pixels"/],
    [
      [...digits, "--data", "examples/digits/test.csv", "--output", "lable"],
      /output "lable" does not exist/,
    ],
    [
      ["predict", `http://127.0.0.1:${await freePort()}/digits`, "--data", json],
      /no server answers there; is it running\?/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await longshore(args);
    assert.match(stderr, message);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.doesNotMatch(stderr, /^ +at /m);
  }
  const debugged = await longshore(["inspect", broken], "", { LONGSHORE_DEBUG: "1" });
  assert.match(debugged.stderr, /^ +at /m);
});

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
