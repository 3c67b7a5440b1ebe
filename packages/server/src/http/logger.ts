import { pino, type Logger, type LevelWithSilent } from "pino";

/** How long a line may wait in memory for others before all are written together. */
const FLUSH_MS = 250;

/**
 * The server's log on standard output: JSON lines, or for people when that is a terminal.
 *
 * JSON lines are written in blocks, as a system call a request would cost more than the request.
 */
export async function createLogger(level: LevelWithSilent): Promise<Logger> {
  const options = { level, base: null };
  if (process.stdout.isTTY) {
    const { default: pretty } = await import("pino-pretty");
    return pino(
      options,
      pretty({
        ignore: "requestId",
        singleLine: true,
        messageFormat: "{requestId} {msg}",
        sync: true,
        translateTime: "HH:MM:ss.l",
      }),
    );
  }
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: 8_192,
    periodicFlush: FLUSH_MS,
  });
  process.on("exit", () => {
    try {
      destination.flushSync();
    } catch {
      // Nothing was written yet, or standard output is closed: there is nobody to tell.
    }
  });
  return pino(options, destination);
}
