const DATE = /^(\d{4})-(\d\d)-(\d\d)/;
const TIME = /^[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?/i;
const OFFSET = /^([+-])(\d\d)(?::?(\d\d))?$/;

/**
 * Reads a date or a time as ISO 8601 (and RFC 3339) writes it: `2026-11-23`, `2026-11-23T08:30`,
 * `2026-11-23 08:30:00.25+01:00`. A time without an offset is UTC, a date is its midnight in UTC.
 *
 * @returns milliseconds since 1970 in UTC, or undefined for any other text, and for days that the
 *   (proleptic Gregorian) calendar does not have.
 */
export function parseIsoDate(text: string): number | undefined {
  const date = DATE.exec(text);
  if (date === null) return undefined;
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  const midnight = toMilliseconds(year, month, day);
  if (midnight === undefined) return undefined;
  let rest = text.slice(10);
  if (rest === "") return midnight;
  const time = TIME.exec(rest);
  if (time === null) return undefined;
  const [hours, minutes, seconds] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const fraction = time[4] === undefined ? 0 : Number(`0.${time[4]}`);
  rest = rest.slice(time[0].length);
  const offset = offsetOf(rest);
  if (offset === undefined) return undefined;
  return midnight + ((hours * 60 + minutes - offset) * 60 + seconds) * 1000 + fraction * 1000;
}

/** Midnight in UTC; `Date.UTC` would take the years 0 to 99 for 1900 to 1999. */
function toMilliseconds(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : undefined;
}

/** Minutes that the local time is ahead of UTC. */
function offsetOf(text: string): number | undefined {
  if (text === "" || text === "Z" || text === "z") return 0;
  const offset = OFFSET.exec(text);
  if (offset === null) return undefined;
  const [hours, minutes] = [Number(offset[2]), Number(offset[3] ?? 0)];
  if (hours > 23 || minutes > 59) return undefined;
  return (offset[1] === "-" ? -1 : 1) * (hours * 60 + minutes);
}
