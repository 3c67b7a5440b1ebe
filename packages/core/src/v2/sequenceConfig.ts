/**
 * The `sequence_batching` of a `ModelConfig`, both ways.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, `ModelSequenceBatching`.
 */
import type { JsonValue } from "../json/value.ts";
import type { Manifest } from "../manifest/schema.ts";
import { problem, toCount, toFields, toList, toText } from "./configFields.ts";

type Settings = NonNullable<Manifest["sequence"]>;
type ControlName = keyof NonNullable<Settings["controls"]>;

const KINDS: Readonly<Record<string, ControlName>> = {
  CONTROL_SEQUENCE_START: "start",
  CONTROL_SEQUENCE_END: "end",
  CONTROL_SEQUENCE_READY: "ready",
  CONTROL_SEQUENCE_CORRID: "corrid",
};
/** What a control is where it does not hold, and where it does; one of them says its data type too. */
const VALUES = ["int32_false_true", "fp32_false_true", "bool_false_true"];

/**
 * Reads the section. Data types are those of the graph, whatever it says; states start with zeros.
 *
 * @throws ModelConfigProblem
 */
export function readSequenceBatching(value: JsonValue, where: string): Settings {
  const names = ["max_sequence_idle_microseconds", "control_input", "state", "direct", "oldest"];
  const fields = toFields(value, where, names);
  const idle = toCount(fields[names[0]!] ?? 0, `${where}.${names[0]}`);
  const oldest = toFields(fields["oldest"] ?? {}, `${where}.oldest`, ["max_candidate_sequences"]);
  const most = toCount(oldest["max_candidate_sequences"] ?? 0, `${where}.oldest`);
  toFields(fields["direct"] ?? {}, `${where}.direct`, []);
  return {
    controls: readControls(fields["control_input"] ?? [], `${where}.control_input`),
    state: readStates(fields["state"] ?? [], `${where}.state`),
    ...(idle > 0 && { maxIdleMs: idle / 1000 }),
    ...(most > 0 && { maxSequences: most }),
  };
}

function readControls(value: JsonValue, where: string): NonNullable<Settings["controls"]> {
  const controls: Partial<Record<ControlName, string>> = {};
  for (const [index, input] of toList(value, where).entries()) {
    const path = `${where}[${index}]`;
    const { name = "", control = [] } = toFields(input, path, ["name", "control"]);
    for (const [place, each] of toList(control, `${path}.control`).entries()) {
      const at = `${path}.control[${place}]`;
      const fields = toFields(each, at, ["kind", "data_type", ...VALUES]);
      const kind = KINDS[toText(fields["kind"] ?? "CONTROL_SEQUENCE_START", `${at}.kind`)];
      if (kind === undefined) {
        throw problem(`${at}.kind`, `expected ${Object.keys(KINDS).join(" or ")}`, fields["kind"]!);
      }
      for (const values of VALUES) {
        const given = fields[values] ?? [];
        const [off = 0, on = 1] = toList(given, `${at}.${values}`);
        if (Number(off) !== 0 || Number(on) !== 1) {
          throw problem(`${at}.${values}`, "expected 0 and 1", given);
        }
      }
      controls[kind] = toText(name, `${path}.name`);
    }
  }
  return controls;
}

function readStates(value: JsonValue, where: string): NonNullable<Settings["state"]> {
  return toList(value, where).map((state, index) => {
    const path = `${where}[${index}]`;
    const names = ["input_name", "output_name", "data_type", "dims", "initial_state"];
    const fields = toFields(state, path, names);
    for (const [place, initial] of toList(fields["initial_state"] ?? [], path).entries()) {
      const at = `${path}.initial_state[${place}]`;
      toFields(initial, at, ["name", "data_type", "dims", "zero_data"]);
    }
    return {
      input: toText(fields["input_name"] ?? "", `${path}.input_name`),
      output: toText(fields["output_name"] ?? "", `${path}.output_name`),
    };
  });
}

/** The section that a model's sequences are described by. */
export function toSequenceBatching(
  { controls = {}, state = [] }: Settings,
  limits: { readonly maxIdleMs: number; readonly maxSequences: number },
): object {
  const named = Object.entries(KINDS).flatMap(([kind, control]) => {
    const name = controls[control];
    return name === undefined ? [] : [{ name, control: [{ kind }] }];
  });
  return {
    max_sequence_idle_microseconds: Math.round(limits.maxIdleMs * 1000),
    control_input: named,
    state: state.map(({ input, output }) => ({ input_name: input, output_name: output })),
    oldest: { max_candidate_sequences: limits.maxSequences },
  };
}
