import { pino, type Logger, type LevelWithSilent } from "pino";
import { remember } from "./remember.ts";
import { logRequestsTo, type LogRequest } from "./requestLog.ts";

/** How long a line may wait in memory for others before all are written together. */
const FLUSH_MS = 250;
/** Characters of lines that are written at once. */
const BLOCK_LENGTH = 8_192;

export interface ServerLog {
  readonly logger: Logger;
  readonly logRequest: LogRequest;
}

/**
 * The server's log on standard output: JSON lines, or for people when that is a terminal.
 *
 * JSON lines are written in blocks, as a system call a request would cost more than the request.
 */
export async function createLogger(level: LevelWithSilent): Promise<ServerLog> {
  const options = { level, base: null };
  if (process.stdout.isTTY) {
    const { default: pretty } = await import("pino-pretty");
    const logger = pino(
      options,
      pretty({
        ignore: "requestId",
        singleLine: true,
        messageFormat: "{requestId} {msg}",
        sync: true,
        translateTime: "HH:MM:ss.l",
      }),
    );
    return { logger, logRequest: logRequestsTo(logger) };
  }
  const destination = inBlocks(pino.destination({ fd: 1, sync: false }));
  process.on("exit", () => {
    try {
      destination.flushSync();
    } catch {
      // Nothing was written yet, or standard output is closed: there is nobody to tell.
    }
  });
  const logger = pino(options, destination);
  return { logger, logRequest: logRequestLines(logger, destination) };
}

interface Destination {
  write(text: string): unknown;
  /** Writes everything before it returns. */
  flushSync(): void;
}

/**
 * Gathers lines until there is a block of them. Pino's own destination can gather too, but measures
 * all that it holds again with every line.
 */
function inBlocks(destination: Destination): Destination {
  let lines: string[] = [];
  let length = 0;
  const flush = (): void => {
    if (lines.length === 0) return;
    const block = lines.join("");
    lines = [];
    length = 0;
    destination.write(block);
  };
  setInterval(flush, FLUSH_MS).unref();
  return {
    write(line) {
      lines.push(line);
      length += line.length;
      if (length >= BLOCK_LENGTH) flush();
    },
    flushSync() {
      flush();
      destination.flushSync();
    },
  };
}

/** Text that stands in JSON as it is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/**
 * Lines of requests as pino writes them, put together by hand: there is one for every request, and
 * its fields are known.
 */
export function logRequestLines(
  logger: Logger,
  destination: { write(line: string): unknown },
): LogRequest {
  const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));
  const quoteUrl = remember(quote);
  return (level, { requestId, method, url, status, ms, error }) => {
    if (!logger.isLevelEnabled(level)) return;
    const failure = error === undefined ? "" : `,"error":"${error}"`;
    destination.write(
      `{"level":${pino.levels.values[level]},"time":${Date.now()},"requestId":${quote(requestId)}` +
        `,"method":"${method}","url":${quoteUrl(url)},"status":${status},"ms":${ms}${failure},"msg":"request"}\n`,
    );
  };
}
