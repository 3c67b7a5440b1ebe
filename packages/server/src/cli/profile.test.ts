/** The command as a user runs it: what it writes, tells, and refuses. */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { toProfile, type Profile } from "@longshore/core/profile";
import { PEOPLE, writeBundle } from "../../../../test/support/bundles.ts";
import { affineModel, temporaryFolder, writeOnnx } from "../../../../test/support/models.ts";
import { openModel } from "../library/openModel.ts";
import { longshore, ROOT, succeed } from "./process.test.ts";

function readProfile(file: string): Profile {
  const read = toProfile(JSON.parse(readFileSync(file, "utf8")));
  assert.ok("profile" in read, JSON.stringify(read));
  return read.profile;
}

/** A copy of an example as it was before it had a profile. */
function withoutProfile(folder: string, name: string): { bundle: string; manifest: string } {
  const bundle = join(folder, name);
  cpSync(join(ROOT, "examples", name), bundle, { recursive: true });
  rmSync(join(bundle, "profile.json"));
  const manifest = join(bundle, "bundle.yaml");
  const text = readFileSync(manifest, "utf8");
  assert.match(text, /^profile: profile\.json\n/m);
  writeFileSync(manifest, text.replace("profile: profile.json\n", ""));
  return { bundle, manifest };
}

test("an example's profile is made again, and bundle.yaml names it, comments kept", async () => {
  using folder = temporaryFolder();
  const { bundle, manifest } = withoutProfile(folder.path, "diabetes");
  const args = ["--data", "examples/diabetes/train.csv", "--drop", "progression"];
  const screen = await succeed(["profile", bundle, ...args]);
  const committed = join(ROOT, "examples/diabetes/profile.json");
  const profile = readProfile(join(bundle, "profile.json"));
  assert.deepEqual(profile.inputs, readProfile(committed).inputs);
  assert.equal(
    readFileSync(manifest, "utf8"),
    readFileSync(join(ROOT, "examples/diabetes/bundle.yaml"), "utf8"),
  );
  assert.match(screen, /^331 rows$/m);
  assert.match(screen, /^input +missing +min +mean +max$/m);
  assert.match(screen, /^bmi +0 +18 +26\.26 +42\.2$/m);
  assert.match(screen, /^progression +0 +69\.84 +152 +308\.1$/m);
  assert.match(screen, /^the rule "distance" flags 4 rows \(1\.2 %\)$/m);
  assert.match(screen, /^wrote \S+profile\.json, 4\.\d KiB and named it in \S+bundle\.yaml$/m);
  // A column a line.
  assert.ok(readFileSync(join(bundle, "profile.json"), "utf8").split("\n").length < 25);
  // Once named, the manifest stays as it is.
  assert.match(await succeed(["profile", bundle, ...args]), /profile\.json, 4\.\d KiB$/m);
});

test("outputs are those that the bundle gives to these rows, of all runs together", async () => {
  using folder = temporaryFolder();
  const { bundle } = withoutProfile(folder.path, "breast-cancer");
  const data = join(ROOT, "examples/breast-cancer/train.csv");
  await succeed(["profile", bundle, "--data", data, "--drop", "diagnosis"]);
  const { rows, inputs, outputs } = readProfile(join(bundle, "profile.json"));
  const [header, ...lines] = readFileSync(data, "utf8").trim().split("\n");
  const names = header!.split(",").slice(0, -1);
  const records = lines.map((line) => {
    const fields = line.split(",");
    return Object.fromEntries(names.map((name, index) => [name, Number(fields[index])]));
  });
  await using model = await openModel(bundle);
  const answer = (await model.predict({ inputs: records })) as {
    outputs: { diagnosis: string; risk: number }[];
  };
  assert.equal(rows, records.length);
  assert.deepEqual(
    outputs["diagnosis"]!.categories!.counts,
    Object.fromEntries(
      ["benign", "malignant", "unsure"].map((label) => [
        label,
        answer.outputs.filter(({ diagnosis }) => diagnosis === label).length,
      ]),
    ),
  );
  const near = (got: number, expected: number): void =>
    assert.ok(Math.abs(got - expected) <= 1e-6 * Math.abs(expected), `${got}, ${expected}`);
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  near(outputs["risk"]!.numbers!.mean, mean(answer.outputs.map(({ risk }) => risk)));
  for (const name of names)
    near(inputs[name]!.numbers!.mean, mean(records.map((record) => record[name]!)));
});

test("categories, texts, missing values and refused rows of JSON Lines", async () => {
  using folder = temporaryFolder();
  const people = writeBundle(folder.path, "people", affineModel(), PEOPLE);
  const data = join(folder.path, "people.jsonl");
  const lines = [
    ...Array.from({ length: 70 }, () => ({ age: 30, member: true, city: "Ulm", height: 180 })),
    { age: 300, member: true },
    { age: 40, member: false, city: "Rome", joined: "2024-02-29", height: null },
  ];
  writeFileSync(data, lines.map((line) => `${JSON.stringify({ ...line, id: 7 })}\n\n`).join(""));
  const out = join(folder.path, "out.json");
  const args = ["profile", people, "--data", data, "--out", out];
  const refused = await longshore(args);
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /people\.jsonl: columns that .*: "id"; leave them out with --drop id$/m,
  );
  assert.ok(!existsSync(out));
  const screen = await succeed([...args, "--drop", "id"]);
  assert.match(screen, /^city +1 +Ulm 70, Rome 1$/m);
  assert.match(screen, /^joined +71 +10 +10 +10 +characters$/m);
  assert.match(screen, /^the rule "category" flags 1 row /m);
  assert.match(screen, /^the bundle refuses 1 row, without an answer to count; line 141: .*300/m);
  const { rows, inputs } = readProfile(out);
  assert.equal(rows, 72);
  assert.equal(inputs["height"]!.missing, 2);
  assert.deepEqual(inputs["city"]!.categories!.counts, { Ulm: 70, Rome: 1 });
  // The bundle is as it was.
  assert.equal(readFileSync(join(people, "bundle.yaml"), "utf8"), PEOPLE);
  assert.ok(!existsSync(join(people, "profile.json")));
});

test("where a line at the end would not do, the line to add is told", async () => {
  using folder = temporaryFolder();
  const yaml = "{ inputs: { x: { type: tensor, datatype: FP32, shape: [1] } } }\n";
  const bundle = writeBundle(folder.path, "matrix", affineModel(), yaml);
  const data = join(folder.path, "rows.csv");
  writeFileSync(data, "x\n[1]\n[2]\n");
  const screen = await succeed(["profile", bundle, "--data", data]);
  assert.match(
    screen,
    /profile\.json, \d+ bytes; add "profile: profile\.json" to \S+bundle\.yaml$/m,
  );
  assert.equal(readFileSync(join(bundle, "bundle.yaml"), "utf8"), yaml);
  assert.deepEqual(readProfile(join(bundle, "profile.json")).inputs["x"]!.numbers!.mean, 1.5);
});

test("what cannot be profiled is an error that says what to do", async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, "data.csv");
  const bundle = join(folder.path, "people");
  writeBundle(folder.path, "people", affineModel(), PEOPLE);
  const fails = async (args: string[], code: number, message: RegExp): Promise<void> => {
    const result = await longshore(["profile", ...args]);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr, message);
  };
  const given = async (text: string, message: RegExp, ...more: string[]): Promise<void> => {
    writeFileSync(data, text);
    await fails([bundle, "--data", data, ...more], 1, message);
  };
  await fails([bundle], 2, /give the training data with --data FILE/);
  await fails([bundle, "--data", "nowhere.csv"], 1, /nowhere\.csv: there is no such file/);
  await given(
    "agee,member\n1,1\n",
    /"agee" \(did you mean "age"\?\); leave them out with --drop agee/,
  );
  await given("age,it's\n1,1\n", /leave them out with --drop 'it'\\''s'$/m);
  await given(
    "age\n1\n",
    /--drop "agee": no such column \(did you mean "age"\?\)/,
    "--drop",
    "agee",
  );
  await given("age,member\n", /data\.csv: has no rows/);
  await given(
    "age,member\n1,true\nold,true\n",
    /data\.csv: field "age" in line 3: expected .*, got /,
  );
  await given("age,member\n300,true\n", /refuses all rows; line 2: /);
  const rows = join(folder.path, "data.jsonl");
  writeFileSync(rows, '{"age": 1, "member": true, "id": 1}\n\n{"age": "old", "member": true}\n');
  await fails(
    [bundle, "--data", rows, "--drop", "id"],
    1,
    /data\.jsonl: line 3: field "age".*: expected /,
  );
  await fails(
    [writeOnnx(join(folder.path, "bare/model.onnx"), affineModel()), "--data", data],
    1,
    /it says nothing of its inputs; .*longshore init/,
  );
  writeFileSync(join(bundle, "bundle.yaml"), `${PEOPLE}profile: ../profile.json\n`);
  await given("age,member\n1,true\n", /profile: \.\.\/profile\.json lies outside of the bundle/);
});

test("a profile that is none keeps its bundle from being served, with the reason", async () => {
  using folder = temporaryFolder();
  const bundle = writeBundle(folder.path, "people", affineModel(), `${PEOPLE}profile: p.json\n`);
  const refused = async (message: RegExp): Promise<void> => {
    await assert.rejects(openModel(bundle), { message });
  };
  await refused(/p\.json: there is no such file in the bundle; make it with `longshore profile`/);
  writeFileSync(join(bundle, "p.json"), "{");
  await refused(/p\.json: .*JSON.*; make it with `longshore profile`/);
  writeFileSync(join(bundle, "p.json"), '{"rows": -1, "inputs": {}, "outputs": {}}');
  await refused(/p\.json: is no profile: rows: .*; make it with `longshore profile`/);
});
