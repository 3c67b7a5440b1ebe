import { styleText } from "node:util";
import { readMachine } from "../engine/machine.ts";
import { parseArguments } from "./arguments.ts";
import type { Check } from "./doctor/check.ts";
import { checkDefaults, checkMachine } from "./doctor/machine.ts";
import { checkRuntime } from "./doctor/runtime.ts";
import { formatTable } from "./table.ts";

export const help = `Check this machine, and show what serve would choose on it.

Usage: longshore doctor [--json]

Looks at processor, memory and limits, loads ONNX Runtime and computes something
with it. The exit code is 1 if something does not work.

Options:
  --json   the checks as JSON

Examples:
  longshore doctor
  longshore doctor --json`;

export async function run(args: string[]): Promise<number> {
  const { values } = parseArguments(
    args,
    { json: { type: "boolean" } },
    { name: "", min: 0, max: 0 },
  );
  const machine = readMachine();
  const checks = [
    ...(await checkMachine(machine)),
    ...(await checkRuntime()),
    checkDefaults(machine),
  ];
  const failed = checks.some((check) => check.status === "fail");
  if (values.json) console.log(JSON.stringify({ ok: !failed, machine, checks }, null, 2));
  else console.log(toText(checks));
  return failed ? 1 : 0;
}

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

function toText(checks: readonly Check[]): string {
  const rows = checks.flatMap(({ status, name, detail, advice }) => [
    [status, name, detail],
    ...(advice === undefined ? [] : [["", "", `→ ${advice}`]]),
  ]);
  // Coloured after it was aligned, and only where the output is a terminal.
  return formatTable(rows).replace(/^(ok|warn|fail)\b/gm, (word) =>
    styleText(COLOURS[word as Check["status"]], word),
  );
}
