/** So many characters are shown in a window of so long; the rest is counted and dropped. */
const SHOWN = 16_384;
const WINDOW_MS = 10_000;

/**
 * In a worker thread: hands over what its code prints, in whole lines, through `show`. Floods are cut
 * off here, before they cross to the other thread and fill its memory or its log.
 *
 * The thread's own streams will not do: what a loop prints stays in them until the loop is over, and
 * to read them keeps the process alive.
 */
export function captureOutput(show: (line: string) => void): void {
  const print = limited(show);
  for (const stream of [process.stdout, process.stderr]) {
    let rest = "";
    const write = (chunk: unknown, ...more: readonly unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString();
      const lines = (rest + text.slice(0, SHOWN)).split("\n");
      rest = lines.pop()!.slice(0, SHOWN);
      for (const line of lines) print(line);
      const done = more.find((argument) => typeof argument === "function");
      if (done !== undefined) queueMicrotask(done as () => void);
      return true;
    };
    stream.write = write as typeof stream.write;
  }
}

function limited(show: (line: string) => void): (line: string) => void {
  let windowStart = Number.NEGATIVE_INFINITY;
  let shown = 0;
  let dropped = 0;
  return (line) => {
    const now = performance.now();
    if (now - windowStart > WINDOW_MS) {
      if (dropped > 0) show(`… ${dropped} more lines were dropped`);
      [windowStart, shown, dropped] = [now, 0, 0];
    }
    shown += line.length;
    if (shown > SHOWN) dropped++;
    else show(line);
  };
}
