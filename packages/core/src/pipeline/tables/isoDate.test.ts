/** Against the platform's own `Temporal`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DATE_PARTS, datePart } from "./dateParts.ts";
import { parseIsoDate } from "./isoDate.ts";

interface ZonedDateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly dayOfWeek: number;
  readonly dayOfYear: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  toString(options: { timeZoneName: "never"; fractionalSecondDigits?: number }): string;
}
interface Instant {
  readonly epochMilliseconds: number;
  toZonedDateTimeISO(zone: string): ZonedDateTime;
}
const { Instant } = (
  globalThis as unknown as {
    Temporal: {
      Instant: { from(text: string): Instant; fromEpochMilliseconds(value: number): Instant };
    };
  }
).Temporal;

/** From the year 0 to the end of 9999, to the millisecond. */
const moment = fc.integer({ min: -62_167_132_800_000, max: 253_402_214_400_000 });
const zone = fc
  .tuple(
    fc.constantFrom("+", "-"),
    fc.integer({ min: 0, max: 23 }),
    fc.integer({ min: 0, max: 59 }),
  )
  .map(
    ([sign, hours, minutes]) =>
      `${sign}${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`,
  );

test("times in all zones are read as Temporal reads them", () => {
  fc.assert(
    fc.property(moment, zone, fc.constantFrom("T", " ", "t"), (milliseconds, offset, between) => {
      const time = Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO(offset);
      const text = time.toString({ timeZoneName: "never" });
      fc.pre(/^\d{4}-/.test(text));
      const written = text.replace("T", between);
      assert.equal(parseIsoDate(written), milliseconds, written);
      assert.equal(parseIsoDate(written.replace(/:(\d\d)$/, "$1")), milliseconds, written);
    }),
  );
});

test("what may be left out", () => {
  const minute = Date.UTC(2026, 10, 23, 8, 30);
  for (const [text, expected] of [
    ["2026-11-23", Date.UTC(2026, 10, 23)],
    ["2026-11-23T08:30", minute],
    ["2026-11-23T08:30Z", minute],
    ["2026-11-23 08:30:00", minute],
    ["2026-11-23T09:30+01", minute],
    ["2026-11-23T08:30:00.5Z", minute + 500],
    ["2026-11-23T08:30:00,250", minute + 250],
    ["2026-11-23T08:30:00.123456789Z", minute + 123.456789],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["0001-01-01", Instant.from("0001-01-01T00:00Z").epochMilliseconds],
  ] as const)
    assert.equal(parseIsoDate(text), expected, text);
});

test("what is no date, or not in this form", () => {
  for (const text of [
    "",
    "today",
    "2026",
    "2026-11",
    "2026-1-1",
    "23.11.2026",
    "11/23/2026",
    "20261123",
    "2026-W48-1",
    "2026-00-01",
    "2026-13-01",
    "2026-02-29",
    "2100-02-29",
    "2026-04-31",
    "2026-11-00",
    "2026-11-23T",
    "2026-11-23T8:30",
    "2026-11-23T24:00",
    "2026-11-23T08:60",
    "2026-11-23T08:30:60",
    "2026-11-23T08:30:00.",
    "2026-11-23T08:30+24:00",
    "2026-11-23T08:30+01:60",
    "2026-11-23T08:30 UTC",
    "2026-11-23T08:30Z ",
    " 2026-11-23",
    "2026-11-23Z",
    "12026-11-23",
    "-2026-11-23",
    "２０２６-11-23",
  ])
    assert.equal(parseIsoDate(text), undefined, JSON.stringify(text));
});

test("parts are those of Temporal", () => {
  const parts = Object.fromEntries(DATE_PARTS.map((part) => [part, datePart(part)]));
  fc.assert(
    fc.property(moment, (milliseconds) => {
      const time = Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO("UTC");
      const plain = {
        year: time.year,
        month: time.month,
        day: time.day,
        weekday: time.dayOfWeek - 1,
        day_of_year: time.dayOfYear,
        hour: time.hour,
        minute: time.minute,
        second: time.second,
        epoch: milliseconds / 1000,
      };
      for (const [part, value] of Object.entries(plain))
        assert.equal(parts[part]!(milliseconds), value, part);
      const periods = { month: 12, weekday: 7, day_of_year: 365.25, hour: 24, minute: 60 } as const;
      for (const [part, period] of Object.entries(periods)) {
        const angle = (plain[part as keyof typeof periods] / period) * 2 * Math.PI;
        assert.ok(Math.abs(parts[`${part}_sin`]!(milliseconds) - Math.sin(angle)) < 1e-12, part);
        assert.ok(Math.abs(parts[`${part}_cos`]!(milliseconds) - Math.cos(angle)) < 1e-12, part);
      }
    }),
  );
});

test("there is no part that is not tested", () => {
  assert.equal(DATE_PARTS.length, 9 + 2 * 5);
  for (const part of DATE_PARTS) assert.ok(Number.isNaN(datePart(part)(Number.NaN)), part);
});
