/**
 * `npm run bench`: Longshore against the raw runtime, on this machine, in this run.
 *
 *     npm run bench -- tiny mlp --seconds 5 --json
 */
import { parseArgs } from "node:util";
import { formatMachine, readMachine } from "./machine.ts";
import { writeModels } from "./models.ts";
import { SCENARIOS, type Row, type ScenarioName } from "./scenarios.ts";
import { formatTable } from "./table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const names = (positionals.length > 0 ? positionals : Object.keys(SCENARIOS)).map(toScenarioName);
const timing = { warmup: 2, seconds: Number(values.seconds) };

const machine = readMachine();
writeModels(names.flatMap((name) => SCENARIOS[name].models));
const rows: Row[] = [];
for (const name of names) {
  console.error(`${name} …`);
  rows.push(...(await SCENARIOS[name].run(timing)));
}

if (values.json) {
  console.log(
    JSON.stringify(
      { machine, rows: rows.map((row) => ({ ...row, met: isMet(row) })) },
      undefined,
      2,
    ),
  );
} else {
  console.log(`${formatMachine(machine)}\n`);
  console.log(
    formatTable(["what", "raw", "figure", "compared", "target", "met"], rows.map(toCells)),
  );
  const details = rows.filter((row) => row.detail !== undefined);
  console.log(`\n${details.map(({ what, detail }) => `${what}: ${detail}`).join("\n")}`);
}

function toCells(row: Row): string[] {
  const { what, against, served, unit, compared, comparedUnit, target } = row;
  const met = isMet(row);
  return [
    what,
    against === undefined ? "" : `${format(against)} ${unit}`,
    `${format(served)} ${unit}`,
    `${format(compared)} ${comparedUnit}`,
    target === undefined
      ? ""
      : `${target.atMost === undefined ? "≥" : "≤"} ${target.atMost ?? target.atLeast}`,
    met === undefined ? "" : met ? "yes" : "NO",
  ];
}

/** Three or more significant digits. */
function format(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

function isMet({ compared, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return compared >= (target.atLeast ?? -Infinity) && compared <= (target.atMost ?? Infinity);
}

function toScenarioName(name: string): ScenarioName {
  if (Object.hasOwn(SCENARIOS, name)) return name as ScenarioName;
  console.error(`${name}: no such benchmark; there are ${Object.keys(SCENARIOS).join(", ")}`);
  process.exit(2);
}
