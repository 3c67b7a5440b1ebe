import type { Socket } from "node:net";

/** Up to this, pieces are put together: one write of a copy costs less than many of pieces. */
const SMALL_BYTES = 65_536;
/** Bytes that wait before no more DATA is taken. */
const FULL_BYTES = 262_144;

/**
 * What is written to a socket, together for each turn of the event loop: answers of one batch go out
 * in one system call.
 */
export class Output {
  readonly #socket: Socket;
  readonly #onRoom: () => void;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param onRoom called when there is room again after there was none. */
  constructor(socket: Socket, onRoom: () => void) {
    this.#socket = socket;
    this.#onRoom = onRoom;
    socket.on("drain", onRoom);
  }

  /** Bytes that were not handed to the system. */
  get length(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  /** Whether more would only lie in memory. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain || this.#bytes >= FULL_BYTES;
  }

  write(bytes: Uint8Array): void {
    if (this.#pieces.length === 0) process.nextTick(() => this.#flush());
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Writes what is left, then says that nothing follows. */
  end(): void {
    this.#flush();
    this.#socket.end();
  }

  #flush(): void {
    const pieces = this.#pieces;
    const bytes = this.#bytes;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#bytes = 0;
    const socket = this.#socket;
    if (!socket.writable) return;
    if (pieces.length === 1) socket.write(pieces[0]!);
    else if (bytes <= SMALL_BYTES) socket.write(Buffer.concat(pieces, bytes));
    else {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    if (bytes >= FULL_BYTES && !socket.writableNeedDrain) this.#onRoom();
  }
}
