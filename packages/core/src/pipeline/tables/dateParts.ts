/** What the step `dates` takes of a moment. */

const DAY = 86_400_000;

/** Parts of a date in UTC, as pandas' `Series.dt` counts them: the week begins with Monday, 0. */
const PARTS = {
  year: (date: Date) => date.getUTCFullYear(),
  month: (date: Date) => date.getUTCMonth() + 1,
  day: (date: Date) => date.getUTCDate(),
  weekday: (date: Date) => (date.getUTCDay() + 6) % 7,
  day_of_year: (date: Date) => dayOfYear(date),
  hour: (date: Date) => date.getUTCHours(),
  minute: (date: Date) => date.getUTCMinutes(),
  second: (date: Date) => date.getUTCSeconds(),
};

/** How long a part takes to come round; a year is of 365.25 days. */
const PERIODS = { month: 12, weekday: 7, day_of_year: 365.25, hour: 24, minute: 60 };

type Part = keyof typeof PARTS;
type Cycle = keyof typeof PERIODS;
export type DatePart = Part | "epoch" | `${Cycle}_${"sin" | "cos"}`;

const CYCLES = Object.keys(PERIODS) as Cycle[];

/** All parts that there are. */
export const DATE_PARTS: readonly [DatePart, ...DatePart[]] = [
  "epoch",
  ...(Object.keys(PARTS) as Part[]),
  ...CYCLES.flatMap((cycle) => [`${cycle}_sin`, `${cycle}_cos`] as const),
];

/**
 * A function from milliseconds since 1970 to a part of that moment in UTC.
 *
 * `epoch` is in seconds; `hour_sin` is `sin(2π hour / 24)`, and so on, so that 23 is next to 0.
 */
export function datePart(part: DatePart): (milliseconds: number) => number {
  if (part === "epoch") return (milliseconds) => milliseconds / 1000;
  const [, cycle, wave] = /^(.+)_(sin|cos)$/.exec(part) ?? [];
  if (cycle === undefined) {
    const read = PARTS[part as Part];
    return (milliseconds) => read(new Date(milliseconds));
  }
  const read = PARTS[cycle as Cycle];
  const turn = (2 * Math.PI) / PERIODS[cycle as Cycle];
  const compute = wave === "sin" ? Math.sin : Math.cos;
  return (milliseconds) => compute(turn * read(new Date(milliseconds)));
}

/** 1 for the first of January. */
function dayOfYear(date: Date): number {
  const first = new Date(date);
  first.setUTCMonth(0, 1);
  return Math.floor((date.getTime() - first.getTime()) / DAY) + 1;
}
