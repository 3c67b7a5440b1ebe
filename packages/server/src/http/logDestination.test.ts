import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { writeInBlocks } from "./logDestination.ts";

const sayLost = (lines: number): string => `lost ${lines}\n`;

/** A file descriptor in a folder, both gone when the test is over. */
function openIn(make: (folder: string) => number): Disposable & { fd: number; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "longshore-log-"));
  const fd = make(folder);
  return {
    fd,
    folder,
    [Symbol.dispose]() {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    },
  };
}

const linesOf = (text: string): string[] => text.split("\n").slice(0, -1);

test("lines are written whole and in their order, by themselves and when the process ends", async () => {
  using file = openIn((folder) => openSync(join(folder, "log"), "a"));
  const read = (): string[] => linesOf(readFileSync(join(file.folder, "log"), "utf8"));
  const log = writeInBlocks(file.fd, sayLost);
  const wanted = Array.from({ length: 20_000 }, (_, index) => `line ${index} é`);
  for (const [index, line] of wanted.entries()) {
    log.write(`${line}\n`);
    if (index % 1000 === 999) await sleep(1);
  }
  while (read().length < wanted.length) await sleep(10);
  assert.deepEqual(read(), wanted);
  log.write("the last\n");
  log.flushSync();
  assert.deepEqual(read(), [...wanted, "the last"]);
});

test(
  "a full disk loses lines, and stops nobody",
  { skip: !existsSync("/dev/full") && "no /dev/full here" },
  async () => {
    using full = openIn(() => openSync("/dev/full", "w"));
    const log = writeInBlocks(full.fd, sayLost);
    for (let line = 0; line < 10_000; line++) {
      log.write(`line ${line}\n`);
      if (line % 1000 === 0) await sleep(1);
    }
    log.flushSync();
  },
);

test("what a reader left unread too long is missing, and the log says how much", async () => {
  using pipe = openIn((folder) => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  });
  const log = writeInBlocks(pipe.fd, sayLost);
  const filler = "x".repeat(1000);
  const written = 10_000;
  for (let line = 0; line < written; line++) log.write(`${line} ${filler}\n`);
  await sleep(10);

  let text = "";
  const chunk = Buffer.alloc(65_536);
  const read = (): void => {
    try {
      for (;;) text += chunk.toString("latin1", 0, readSync(pipe.fd, chunk));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
    }
  };
  const losses = (): number =>
    linesOf(text)
      .filter((line) => line.startsWith("lost "))
      .reduce((sum, line) => sum + Number(line.slice("lost ".length)), 0);
  const numbers = (): number[] =>
    linesOf(text)
      .filter((line) => /^\d/.test(line))
      .map((line) => Number(line.split(" ")[0]));
  log.write(`${written} ${filler}\n`);
  while (numbers().at(-1) !== written) {
    log.write(`${written} ${filler}\n`);
    read();
    await sleep(10);
  }
  const before = new Set(numbers().filter((number) => number < written));
  assert.ok(before.size > 1000 && before.size < written);
  assert.equal(before.size + losses(), written, "every line is there or counted");
  assert.deepEqual(
    [...before],
    [...before].toSorted((a, b) => a - b),
    "in their order",
  );

  for (let line = 0; line < 100; line++) log.write(`${filler}\n`);
  log.flushSync(); // Nobody reads any more: it gives up.
});
