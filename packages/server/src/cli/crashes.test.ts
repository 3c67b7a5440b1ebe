import assert from "node:assert/strict";
import { test } from "node:test";
import { openRunRecord, readRunRecord, toRunLabel } from "../engine/runRecord.ts";
import { Crashes } from "./crashes.ts";

const SEGV = { code: null, signal: "SIGSEGV" } as const;

/** A crash while these models are in a run, each in a worker of its own. */
function crash(crashes: Crashes, ...labels: readonly string[]): string | undefined {
  for (const [slot, label] of labels.entries())
    openRunRecord(crashes.recordFd!, slot + 1).begin(toRunLabel(label));
  const found = crashes.note(SEGV);
  return found && `${found.name} ${found.version}`;
}

/** After the first crash, of which nothing is known. */
function afterFirst(): Crashes {
  const crashes = new Crashes();
  assert.equal(crashes.note(SEGV), undefined);
  assert.notEqual(crashes.recordFd, undefined);
  return crashes;
}

test("nothing is recorded before the first crash, and being stopped is none", () => {
  const crashes = new Crashes();
  for (const signal of ["SIGTERM", "SIGKILL", "SIGINT"] as const)
    assert.equal(crashes.note({ code: null, signal }), undefined);
  assert.equal(crashes.note({ code: 1, signal: null }), undefined);
  assert.equal(crashes.recordFd, undefined);
});

test("the model that was in a run in two crashes is found", () => {
  const crashes = afterFirst();
  assert.equal(crash(crashes, "a/1"), undefined);
  assert.equal(crash(crashes, "b/1"), undefined);
  assert.equal(crash(crashes, "a/2"), undefined);
  assert.equal(crash(crashes, "a/2"), "a 2");
  assert.deepEqual(
    crashes.quarantined.map(({ name, version }) => [name, version]),
    [["a", "2"]],
  );
  // Counted anew: what the others did before may have been by its side.
  assert.equal(crash(crashes, "b/1"), undefined);
  crashes.lift({ name: "a", version: "2" });
  assert.deepEqual(crashes.quarantined, []);
});

test("a model that others were always beside is found when one of them was not", () => {
  const crashes = afterFirst();
  assert.equal(crash(crashes, "busy/1", "bad/1"), undefined);
  assert.equal(crash(crashes, "bad/1", "busy/1"), undefined);
  assert.equal(crash(crashes, "rare/1", "bad/1"), "bad 1");
});

test("a crash outside of any run, and an end in between, count for nobody", () => {
  const crashes = afterFirst();
  assert.equal(crash(crashes, "a/1"), undefined);
  assert.equal(crash(crashes), undefined, "what was recorded is forgotten");
  assert.equal(crashes.note({ code: null, signal: "SIGKILL" }), undefined);
  assert.deepEqual(crashes.quarantined, []);
});

test("the record tells who is in a run, whatever the names are", () => {
  const { recordFd } = afterFirst();
  const first = openRunRecord(recordFd!, 1);
  const third = openRunRecord(recordFd!, 3);
  first.begin(toRunLabel("a rather long name/12"));
  first.end();
  first.begin(toRunLabel("é/2"));
  third.begin(toRunLabel("b/c/1"));
  assert.deepEqual(readRunRecord(recordFd!), ["é/2", "b/c/1"]);
  first.end();
  third.begin(toRunLabel("x".repeat(5000)));
  assert.deepEqual(readRunRecord(recordFd!), []);
});
