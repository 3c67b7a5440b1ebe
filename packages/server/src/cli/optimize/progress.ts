import type { WriteStream } from "node:tty";
import { printable } from "../table.ts";

/** What is being done: one line that changes on a terminal; elsewhere a line for each new thing. */
export class Progress {
  readonly #stream: WriteStream;
  #previous = "";

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** @param how far it is; for terminals only. */
  show(what: string, how?: string): void {
    const line = printable(how === undefined ? what : `${what}: ${how}`);
    if (this.#stream.isTTY)
      this.#stream.write(`\r\u001B[K${line.slice(0, this.#stream.columns - 1)}`);
    else if (what !== this.#previous) this.#stream.write(`${printable(what)} …\n`);
    this.#previous = what;
  }

  /** Makes room for what is printed next. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\u001B[K");
  }
}
