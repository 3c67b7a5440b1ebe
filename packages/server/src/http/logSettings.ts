/**
 * The server's log in the terms of Triton's logging extension, whatever protocol asks.
 *
 * Source: triton-inference-server/server `docs/protocol/extension_logging.md`; the names are those
 * that its server and clients use.
 */
import { fail, type LongshoreError } from "@longshore/core";

/** Where the level of a log is read and changed: a pino logger is one. */
export interface LogLevel {
  level: string;
}

/** What the extension tells of a log. */
export interface LogSettings {
  /** Empty: standard output. */
  readonly log_file: string;
  readonly log_info: boolean;
  readonly log_warning: boolean;
  readonly log_error: boolean;
  /** 1 where details are logged too; there are no finer levels. */
  readonly log_verbose_level: number;
  readonly log_format: string;
}

/** From the lowest: a log shows its level and those after it. */
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** The settings of a log of this level. */
export function describeLog(level: string): LogSettings {
  const shows = (wanted: string): boolean => LEVELS.indexOf(wanted) >= LEVELS.indexOf(level);
  return {
    log_file: "",
    log_info: shows("info"),
    log_warning: shows("warn"),
    log_error: shows("error"),
    log_verbose_level: shows("debug") ? 1 : 0,
    log_format: "default",
  };
}

/**
 * Changes the level of a log as settings ask for; what they do not name stays.
 *
 * @param wanted values by the names of {@link LogSettings}.
 * @throws LongshoreError FIELD_UNKNOWN, FIELD_TYPE, PARAMETER_UNSUPPORTED; the log is as it was then.
 */
export function changeLog(log: LogLevel, wanted: Readonly<Record<string, unknown>>): void {
  const now: Readonly<Record<string, unknown>> = { ...describeLog(log.level) };
  const settings = { ...describeLog(log.level) };
  for (const [name, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(now, name)) {
      throw fail("FIELD_UNKNOWN", {
        field: name,
        where: "",
        expected: Object.keys(now).join(", "),
      });
    }
    requireKind(name, value, now[name]);
    if (value !== now[name] && (name === "log_file" || name === "log_format")) {
      throw unsupported(name, "the log goes to standard output, in one format");
    }
    Object.assign(settings, { [name]: value });
  }
  const { log_info: info, log_warning: warning, log_error: error } = settings;
  const verbose = settings.log_verbose_level > 0;
  if ((verbose && !info) || (info && !warning) || (warning && !error)) {
    const instead = "a log that shows a level shows those above it too: set them together";
    throw unsupported("log_*", instead);
  }
  const level = verbose ? "debug" : info ? "info" : warning ? "warn" : error ? "error" : "silent";
  // What is finer than the extension can say stays, where nothing was changed.
  if (JSON.stringify(describeLog(level)) !== JSON.stringify(now)) log.level = level;
}

function requireKind(field: string, value: unknown, now: unknown): void {
  const isCount = typeof now === "number";
  const fits = isCount
    ? Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
    : typeof value === typeof now;
  if (fits) return;
  const expected = isCount ? "an integer from 0" : `a ${typeof now}`;
  const got = value === null ? "null" : typeof value === "number" ? value : `a ${typeof value}`;
  throw fail("FIELD_TYPE", { field, where: "", expected, got });
}

function unsupported(parameter: string, instead: string): LongshoreError {
  return fail("PARAMETER_UNSUPPORTED", { parameter, where: "", instead });
}
