import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { changeLog, describeLog } from "./logSettings.ts";

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

test("settings say what a log of each level writes", () => {
  for (const level of ["trace", ...LEVELS, "fatal"]) {
    const lines: string[] = [];
    const log = pino({ level, base: null }, { write: (line: string) => void lines.push(line) });
    for (const each of ["debug", "info", "warn", "error"] as const) log[each](each);
    const written = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    const settings = describeLog(level);
    assert.deepEqual(
      {
        debug: settings.log_verbose_level === 1,
        info: settings.log_info,
        warn: settings.log_warning,
        error: settings.log_error,
      },
      {
        debug: written.includes("debug"),
        info: written.includes("info"),
        warn: written.includes("warn"),
        error: written.includes("error"),
      },
      level,
    );
  }
});

test("the settings of one level bring any log to it", () => {
  for (const from of LEVELS) {
    for (const to of LEVELS) {
      const log = { level: from as string };
      changeLog(log, { ...describeLog(to) });
      assert.equal(log.level, to, `from ${from}`);
    }
  }
});

test("what is not named stays", () => {
  const cases: [from: string, wanted: Record<string, unknown>, to: string][] = [
    ["info", {}, "info"],
    ["info", { log_verbose_level: 1 }, "debug"],
    ["debug", { log_verbose_level: 0 }, "info"],
    ["info", { log_verbose_level: 3 }, "debug"],
    ["info", { log_info: false }, "warn"],
    ["warn", { log_info: true }, "info"],
    ["warn", { log_info: false, log_warning: false }, "error"],
    ["trace", { log_info: true, log_file: "", log_format: "default" }, "trace"],
  ];
  for (const [from, wanted, to] of cases) {
    const log = { level: from };
    changeLog(log, wanted);
    assert.equal(log.level, to, `${from} ${JSON.stringify(wanted)}`);
  }
});

test("what a log cannot do is refused, and changes nothing", () => {
  const cases: [wanted: Record<string, unknown>, code: string, says: RegExp][] = [
    [{ log_file: "/tmp/x" }, "PARAMETER_UNSUPPORTED", /"log_file".*goes to standard output/],
    [{ log_format: "ISO8601" }, "PARAMETER_UNSUPPORTED", /"log_format"/],
    [{ log_error: false }, "PARAMETER_UNSUPPORTED", /set them together/],
    [{ log_info: false, log_verbose_level: 1 }, "PARAMETER_UNSUPPORTED", /set them together/],
    [{ log_verbose: 1 }, "FIELD_UNKNOWN", /"log_verbose" .* expected log_file, log_info/],
    [{ log_info: "yes" }, "FIELD_TYPE", /"log_info": expected a boolean, got a string/],
    [{ log_info: null }, "FIELD_TYPE", /got null/],
    [{ log_verbose_level: -1 }, "FIELD_TYPE", /expected an integer from 0, got -1/],
    [{ log_verbose_level: 1.5 }, "FIELD_TYPE", /got 1.5/],
    [{ log_file: 1 }, "FIELD_TYPE", /expected a string/],
    [{ log_warning: false, log_info: false, log_level: 1 }, "FIELD_UNKNOWN", /log_level/],
  ];
  for (const [wanted, code, message] of cases) {
    const log = { level: "info" };
    assert.throws(() => changeLog(log, wanted), { code, message }, JSON.stringify(wanted));
    assert.equal(log.level, "info");
  }
});
