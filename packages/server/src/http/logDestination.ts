import { write, writeSync } from "node:fs";

/** How long a line may wait in memory for others before all are written together. */
const FLUSH_MS = 250;
/** Characters of lines that are written at once. */
const BLOCK_LENGTH = 8_192;
/** Characters that wait at most for a reader that has stopped reading. */
const MAX_WAITING_LENGTH = 4 * 2 ** 20;
/** Wait before another attempt at the end, where a pipe is full. */
const RETRY_MS = 100;
/** Attempts at the end, where a pipe is full: a second in all. */
const LAST_ATTEMPTS = 10;

/** Where lines of a log go. */
export interface LogDestination {
  write(line: string): void;
  /** Writes everything before it returns, as far as it can be written. */
  flushSync(): void;
}

/** Lines that were taken together, until all of them are written. */
interface Block {
  readonly bytes: Buffer;
  /** Lines that are lost with it: its own, and those that it says were lost before. */
  readonly lines: number;
}

/**
 * Writes lines to a file descriptor in blocks, as a system call a line would cost more than what the
 * line is about.
 *
 * A log that cannot be written, such as to a full disk or a pipe that nobody reads, must not harm
 * what is logged: lines are dropped then and counted, and nothing waits for them. (Pino's own
 * destination keeps all of them, and tries for ever to write them when the process ends.)
 *
 * @param sayLost a line that tells how many were lost before it.
 */
export function writeInBlocks(fd: number, sayLost: (lines: number) => string): LogDestination {
  let lines: string[] = [];
  let length = 0;
  let lost = 0;
  let block: Block | undefined;
  let isWriting = false;

  const take = (): Block | undefined => {
    if (lines.length === 0) return undefined;
    const text = `${lost === 0 ? "" : sayLost(lost)}${lines.join("")}`;
    const taken = { bytes: Buffer.from(text), lines: lines.length + lost };
    lines = [];
    length = 0;
    lost = 0;
    return taken;
  };
  /** What is left of a block after an attempt to write it. */
  const leftOf = ({ bytes, lines }: Block, error: unknown, written: number): Block | undefined => {
    if (isFull(error)) return { bytes, lines };
    if (error) lost += lines;
    return error || written === bytes.length
      ? undefined
      : { bytes: bytes.subarray(written), lines };
  };
  const flush = (): void => {
    if (isWriting) return;
    const current = (block ??= take());
    if (current === undefined) return;
    isWriting = true;
    write(fd, current.bytes, (error, written) => {
      isWriting = false;
      block = leftOf(current, error, written);
      // A full pipe is tried again at the next occasion.
      if (!isFull(error) && (block !== undefined || length >= BLOCK_LENGTH)) flush();
    });
  };
  setInterval(flush, FLUSH_MS).unref();
  return {
    write(line) {
      if (length + line.length > MAX_WAITING_LENGTH) {
        lost++;
        return;
      }
      lines.push(line);
      length += line.length;
      if (length >= BLOCK_LENGTH) flush();
    },
    flushSync() {
      // What the system is writing already is left to it.
      let current = isWriting ? take() : (block ?? take());
      let attempts = LAST_ATTEMPTS;
      while (current !== undefined && attempts > 0) {
        const tried: Block = current;
        try {
          current = leftOf(tried, undefined, writeSync(fd, tried.bytes));
        } catch (error) {
          current = leftOf(tried, error, 0);
          if (current !== undefined && --attempts > 0) sleepSync(RETRY_MS);
        }
        if (current === undefined) current = take();
      }
      if (!isWriting) block = current;
      else if (current !== undefined) lost += current.lines;
    },
  };
}

/** A pipe takes nothing more for now. */
function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
