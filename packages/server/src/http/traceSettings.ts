/**
 * The settings of Triton's trace extension, whatever protocol asks: requests are not traced, and
 * that is what they say.
 *
 * Source: triton-inference-server/server `docs/protocol/extension_trace.md`.
 */
import { fail } from "@longshore/core";

/** What Triton answers where tracing is off: its defaults. */
export const UNTRACED: Readonly<Record<string, string | readonly string[]>> = {
  trace_file: "",
  trace_level: ["OFF"],
  trace_rate: "1000",
  trace_count: "-1",
  log_frequency: "0",
  trace_mode: "triton",
};

/**
 * Settings may be given as they are, or be cleared; anything else would have no effect.
 *
 * @param settings a string, a list of strings, or null to clear it, by name.
 * @throws LongshoreError FIELD_UNKNOWN, PARAMETER_UNSUPPORTED
 */
export function requireUntraced(settings: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(UNTRACED, name)) {
      const expected = Object.keys(UNTRACED).join(", ");
      throw fail("FIELD_UNKNOWN", { field: name, where: "", expected });
    }
    if (value === null || [value].flat().join() === [UNTRACED[name]].flat().join()) continue;
    const instead =
      "requests are not traced; the log has a line for each, /metrics has their times";
    throw fail("PARAMETER_UNSUPPORTED", { parameter: name, where: "", instead });
  }
}
