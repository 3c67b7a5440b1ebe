import { pino, type Logger, type LevelWithSilent } from "pino";
import type { PrettyOptions } from "pino-pretty";
import { writeInBlocks } from "./logDestination.ts";
import { remember } from "./remember.ts";
import { logRequestsTo, type LogRequest } from "./requestLog.ts";

export interface ServerLog {
  readonly logger: Logger;
  readonly logRequest: LogRequest;
}

/** The server's log on standard output: JSON lines, or for people when that is a terminal. */
export async function createLogger(level: LevelWithSilent): Promise<ServerLog> {
  const options = { level, base: null };
  if (process.stdout.isTTY) {
    const { default: pretty } = await import("pino-pretty");
    const logger = pino(options, pretty(FOR_PEOPLE));
    return { logger, logRequest: logRequestsTo(logger) };
  }
  const destination = writeInBlocks(STANDARD_OUTPUT, sayLost);
  process.on("exit", () => destination.flushSync());
  const logger = pino(options, destination);
  return { logger, logRequest: logRequestLines(logger, destination) };
}

/** How pino-pretty writes lines for people. */
export const FOR_PEOPLE: PrettyOptions = {
  ignore: "requestId",
  singleLine: true,
  messageFormat: "{requestId} {msg}",
  // Not `error`, which holds a code here: it stays on the line.
  errorLikeObjectKeys: ["err"],
  sync: true,
  translateTime: "HH:MM:ss.l",
};
const STANDARD_OUTPUT = 1;

/** The line of lines that could not be written. */
function sayLost(lines: number): string {
  const msg = "lines of this log are missing here: they could not be written";
  return `${JSON.stringify({ level: pino.levels.values["warn"], time: Date.now(), lines, msg })}\n`;
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
