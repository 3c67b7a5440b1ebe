import assert from "node:assert/strict";
import { test } from "node:test";
import { Writable } from "node:stream";
import { pino } from "pino";
import pretty from "pino-pretty";
import { FOR_PEOPLE, logRequestLines } from "./logger.ts";
import { logRequestsTo, type RequestEntry } from "./requestLog.ts";

const ENTRIES: readonly RequestEntry[] = [
  { requestId: "a-1", method: "POST", url: "/v2/models/m/infer", status: 200, ms: 0.125 },
  {
    requestId: 'q"\\',
    method: "GET",
    url: "/é\u0000\u2028?x=\"'",
    status: 404,
    ms: 1e-3,
    error: "ROUTE_UNKNOWN",
  },
];

test("a line put together by hand says what pino's own says", () => {
  for (const entry of ENTRIES) {
    for (const level of ["debug", "info", "warn", "error"] as const) {
      const lines: string[] = [];
      const destination = { write: (line: string) => void lines.push(line) };
      const logger = pino({ level: "debug", base: null }, destination);
      logRequestsTo(logger)(level, entry);
      logRequestLines(logger, destination)(level, entry);
      const [own, byHand] = lines.map((line) => ({ ...JSON.parse(line), time: 0 }));
      assert.deepEqual(byHand, own);
      assert.ok(lines[1]!.endsWith("}\n"));
    }
  }
});

test("for people, a request is one line, with the code of its error", () => {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const logger = pino({ base: null }, pretty({ ...FOR_PEOPLE, destination, colorize: false }));
  logRequestsTo(logger)("warn", { ...ENTRIES[0]!, status: 404, error: "MODEL_UNKNOWN" });
  assert.match(
    text,
    /^\[[\d:.]+\] WARN: a-1 request \{.*"status":404.*"error":"MODEL_UNKNOWN"\}\n$/,
  );
});

test("a line below the logger's level is not written", () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = logRequestLines(pino({ level: "warn" }, destination), destination);
  log("info", ENTRIES[0]!);
  log("warn", ENTRIES[0]!);
  assert.equal(lines.length, 1);
});
