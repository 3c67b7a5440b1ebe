import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { scanPath } from "./scan.ts";
import { selectVersions } from "./versions.ts";

/** What was found, short: `name/version`. */
async function found(path: string): Promise<string[]> {
  return (await scanPath(path)).sources.map(({ name, version }) => `${name}/${version}`);
}

test("a file, a bundle, a versioned model and a repository of all of them", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("single.onnx"), affineModel());
  writeOnnx(at("bundle", "model.onnx"), affineModel());
  writeFileSync(at("bundle", "bundle.yaml"), "name: named\n");
  for (const version of ["1", "2", "10"]) {
    writeOnnx(at("versioned", version, "model.onnx"), affineModel());
  }
  writeOnnx(at("versioned", "not-a-version", "model.onnx"), affineModel());
  writeFileSync(at("README.md"), "not a model");
  mkdirSync(at("empty"));
  assert.deepEqual(await found(at("single.onnx")), ["single/1"]);
  assert.deepEqual(await found(at("bundle")), ["named/1"]);
  assert.deepEqual(await found(at("bundle", "model.onnx")), ["named/1"]);
  assert.deepEqual(await found(at("versioned")), ["versioned/1", "versioned/2", "versioned/10"]);
  assert.deepEqual(await found(folder.path), [
    "named/1",
    "single/1",
    "versioned/1",
    "versioned/2",
    "versioned/10",
  ]);
});

test("a manifest that is wrong is a problem with its place, and the others are found", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  writeOnnx(at("good", "model.onnx"), affineModel());
  writeOnnx(at("typo", "model.onnx"), affineModel());
  writeFileSync(at("typo", "bundle.yaml"), "batching: { maxBatchSize: many }\n");
  writeOnnx(at("unknown", "model.onnx"), affineModel());
  writeFileSync(at("unknown", "bundle.yaml"), "bathcing: {}\n");
  writeOnnx(at("broken", "model.onnx"), affineModel());
  writeFileSync(at("broken", "bundle.yaml"), "name: [\n");
  mkdirSync(at("lost"));
  writeFileSync(at("lost", "bundle.yaml"), "model: nowhere.onnx\n");
  const { sources, problems } = await scanPath(folder.path);
  assert.deepEqual(
    sources.map(({ name }) => name),
    ["good"],
  );
  const reasons = Object.fromEntries(problems.map(({ name, reason }) => [name, reason]));
  assert.match(
    reasons["typo"]!,
    /bundle\.yaml:1:27: batching\.maxBatchSize: expected a number, got "many"/,
  );
  assert.match(
    reasons["unknown"]!,
    /bundle\.yaml:1:1: bathcing: there is no such key; did you mean "batching"\?/,
  );
  assert.match(reasons["broken"]!, /bundle\.yaml:2:1: no valid YAML: /);
  assert.match(reasons["lost"]!, /there is no .*nowhere\.onnx/);
});

test("a module is a model where it is named, or where a manifest names it", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  mkdirSync(at("bundle", "parts"), { recursive: true });
  writeFileSync(at("bundle", "bundle.yaml"), "name: named\nmodel: rules.ts\n");
  writeFileSync(at("bundle", "rules.ts"), "");
  writeFileSync(at("stray.ts"), "");
  const sources = async (path: string, allowCode?: boolean) =>
    (await scanPath(path, allowCode)).sources.map(({ name, codeAllowed }) => ({
      name,
      codeAllowed,
    }));
  assert.deepEqual(await sources(folder.path), [{ name: "named", codeAllowed: false }]);
  assert.deepEqual(await sources(folder.path, true), [{ name: "named", codeAllowed: true }]);
  assert.deepEqual(await sources(at("bundle")), [{ name: "named", codeAllowed: false }]);
  assert.deepEqual(await sources(at("stray.ts")), [{ name: "stray", codeAllowed: true }]);
  assert.deepEqual(await sources(at("bundle", "rules.ts")), [{ name: "named", codeAllowed: true }]);
  await assert.rejects(scanPath(at("bundle", "bundle.yaml")), /expected an \.onnx file, a module/);
  const print = async () => (await scanPath(at("bundle"))).sources[0]!.fingerprint;
  const before = await print();
  assert.equal(await print(), before);
  writeFileSync(at("bundle", "parts", "helper.ts"), "export {};");
  assert.notEqual(await print(), before, "what a module may import counts");
});

test("a version's only graph may have any name; of several, a manifest says which", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, "net", ...parts);
  writeOnnx(at("1", "b.onnx"), affineModel());
  assert.deepEqual(await found(folder.path), ["net/1"]);
  writeOnnx(at("1", "a.onnx"), affineModel());
  const { sources, problems } = await scanPath(folder.path);
  assert.deepEqual(sources, []);
  const reason = `version 1: there is no ${at("1", "model.onnx")}, but several others: a.onnx, b.onnx`;
  assert.deepEqual(problems, [{ name: "net", reason }]);
  writeFileSync(at("bundle.yaml"), "model: a.onnx\n");
  assert.deepEqual(await found(folder.path), ["net/1"]);
});

test("a folder with a model beside versions is named when its name is none of a version", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, "net", ...parts);
  for (const name of ["1", "v2", "08", "latest", ".old"])
    writeOnnx(at(name, "model.onnx"), affineModel());
  mkdirSync(at("notes"));
  writeFileSync(at("readme"), "");
  const { sources, problems } = await scanPath(folder.path);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    sources.map(({ version, notices }) => [version, notices]),
    [
      [
        "1",
        ["08", "latest", "v2"].map(
          (name) =>
            `${at(name)}: is no version; the folder of a version has a number for a name, without leading zeros, such as 1 or 20`,
        ),
      ],
    ],
  );
});

test("a folder that may not be read is a problem, and the others are found", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "net.onnx"), affineModel());
  mkdirSync(join(folder.path, "lost+found"));
  chmodSync(join(folder.path, "lost+found"), 0);
  chmodSync(folder.path, 0o755);
  const user = process.geteuid!();
  // The superuser may read everything.
  if (user === 0) process.seteuid!(65_534);
  try {
    const { sources, problems } = await scanPath(folder.path);
    assert.deepEqual(
      sources.map(({ name }) => name),
      ["net"],
    );
    assert.deepEqual(
      problems.map(({ name }) => name),
      ["lost+found"],
    );
    assert.match(problems[0]!.reason, /^EACCES: permission denied/);
  } finally {
    process.seteuid!(user);
  }
});

test("a path that does not exist is an error", async () => {
  await assert.rejects(scanPath("/nowhere/at/all"), { code: "MODEL_INVALID" });
});

test("which versions are served: the latest, so many, all, or those named", () => {
  const sourcesOf = (versions: "all" | number[] | { latest: number } | undefined) =>
    ["1", "2", "10"].map((version) => ({
      name: "m",
      version,
      file: "",
      folder: "",
      fingerprint: "",
      codeAllowed: false,
      manifest: { versions },
    }));
  const selected = (versions: Parameters<typeof sourcesOf>[0]): string[] => {
    const { candidates, count } = selectVersions(sourcesOf(versions));
    return candidates.slice(0, count).map(({ version }) => version);
  };
  assert.deepEqual(selected(undefined), ["10"]);
  assert.deepEqual(selected({ latest: 2 }), ["10", "2"]);
  assert.deepEqual(selected("all"), ["10", "2", "1"]);
  assert.deepEqual(selected([1, 2]), ["2", "1"]);
});

test("a file that a manifest names counts as a change when it changes, others do not", async () => {
  using folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  writeOnnx(at("model.onnx"), affineModel());
  const manifest = `
golden: { file: golden.jsonl, tolerance: 0 }
profile: profile.json
inputs: { text: { type: text } }
pipeline: { before: [{ step: tokenize, column: text, file: words.json, maxLength: 8 }] }
`;
  writeFileSync(at("bundle.yaml"), manifest);
  for (const name of ["golden.jsonl", "words.json", "profile.json", "notes.txt"])
    writeFileSync(at(name), "old");
  const print = async (): Promise<string> => (await scanPath(folder.path)).sources[0]!.fingerprint;
  for (const name of ["golden.jsonl", "words.json", "profile.json"]) {
    const before = await print();
    assert.equal(await print(), before);
    writeFileSync(at(name), "newer");
    assert.notEqual(await print(), before, name);
  }
  const before = await print();
  writeFileSync(at("notes.txt"), "newer");
  assert.equal(await print(), before);
});

test("external data count as a change: all beside a version, else what is named after the model", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  const print = async (path: string): Promise<string> =>
    (await scanPath(path)).sources[0]!.fingerprint;
  for (const [model, scanned, data] of [
    [at("versioned", "1", "model.onnx"), at("versioned"), at("versioned", "1", "weights.bin")],
    [at("bundle", "model.onnx"), at("bundle"), at("bundle", "model.onnx.data")],
    [at("bare.onnx"), at("bare.onnx"), at("bare.onnx_data")],
  ] as const) {
    writeOnnx(model, affineModel());
    const without = await print(scanned);
    writeFileSync(data, "part");
    const part = await print(scanned);
    assert.notEqual(part, without, data);
    assert.equal(await print(scanned), part);
    writeFileSync(data, "all of it");
    assert.notEqual(await print(scanned), part, data);
  }
  const before = await print(at("bare.onnx"));
  writeOnnx(at("other.onnx"), affineModel());
  writeFileSync(at("other.onnx.data"), "");
  assert.equal(await print(at("bare.onnx")), before, "what belongs to others does not count");
});

test("the settings of a folder: bundle.yaml before config.pbtxt, and what they do not act on", async () => {
  using folder = temporaryFolder();
  const at = (...parts: string[]): string => join(folder.path, ...parts);
  const write = (name: string, settings: Readonly<Record<string, string>>): void => {
    writeOnnx(at(name, "1", "model.onnx"), affineModel());
    for (const [file, text] of Object.entries(settings)) writeFileSync(at(name, file), text);
  };
  write("config", { "config.pbtxt": "max_batch_size: 3\nno_such: 1" });
  write("both", {
    "config.pbtxt": "max_batch_size: 3",
    "bundle.yaml": "batching: { maxBatchSize: 5 }",
  });
  write("long", { "config.pbtxt": "#".repeat(2 ** 20 + 1) });
  mkdirSync(at("empty"));
  writeFileSync(at("empty", "config.pbtxt"), "");
  const { sources, problems } = await scanPath(folder.path);
  const about = sources.map(({ name, manifest, notices }) => ({
    name,
    ...manifest.batching,
    notices,
  }));
  assert.deepEqual(about, [
    {
      name: "both",
      maxBatchSize: 5,
      notices: [`${at("both", "config.pbtxt")}: is not read, as there is a bundle.yaml`],
    },
    {
      name: "config",
      maxBatchSize: 3,
      notices: [`${at("config", "config.pbtxt")}:2:1: the field "no_such" is not known`],
    },
  ]);
  assert.deepEqual(
    problems.map(({ name, reason, unread }) => [name, reason.replace(folder.path, ""), unread]),
    [
      ["empty", "version 1: there is no /empty/model.onnx", undefined],
      ["long", "/long/config.pbtxt: 1048577 bytes are more than a configuration needs", true],
    ],
  );
});
