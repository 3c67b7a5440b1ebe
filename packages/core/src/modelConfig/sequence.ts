/**
 * `sequence_batching`, both ways.
 *
 * Source: triton-inference-server/common `protobuf/model_config.proto`, `ModelSequenceBatching`.
 */
import type { Manifest } from "../manifest/schema.ts";
import type { TritonConfig } from "./messages.ts";
import { ModelConfigProblem, problem } from "./problem.ts";

type SequenceBatching = NonNullable<TritonConfig["sequence_batching"]>;
type Settings = NonNullable<Manifest["sequence"]>;
type ControlName = keyof NonNullable<Settings["controls"]>;
type Control = NonNullable<
  NonNullable<SequenceBatching["control_input"]>[number]["control"]
>[number];

const KINDS: Readonly<Record<NonNullable<Control["kind"]>, ControlName>> = {
  CONTROL_SEQUENCE_START: "start",
  CONTROL_SEQUENCE_END: "end",
  CONTROL_SEQUENCE_READY: "ready",
  CONTROL_SEQUENCE_CORRID: "corrid",
};
/** What a control is where it does not hold, and where it does; one of them says its data type too. */
const VALUES = ["int32_false_true", "fp32_false_true", "bool_false_true"] as const;

/**
 * Reads the section. Data types are those of the graph, whatever it says; states start with zeros.
 *
 * @param hasRows whether dims leave out an axis of rows; undefined where that is not known, and dims
 *   are passed over.
 * @throws ModelConfigProblem
 */
export function readSequenceBatching(
  given: SequenceBatching,
  where: string,
  hasRows: boolean | undefined,
): Settings {
  const { max_sequence_idle_microseconds: idle = 0, oldest = {} } = given;
  const { max_candidate_sequences: most = 0 } = oldest;
  if (most < 0) throw problem(`${where}.oldest.max_candidate_sequences`, "an integer from 0", most);
  return {
    controls: readControls(given.control_input ?? [], `${where}.control_input`),
    state: readStates(given.state ?? [], `${where}.state`, hasRows),
    ...(idle > 0 && { maxIdleMs: idle / 1000 }),
    ...(most > 0 && { maxSequences: most }),
  };
}

function readControls(
  inputs: NonNullable<SequenceBatching["control_input"]>,
  where: string,
): NonNullable<Settings["controls"]> {
  const controls: Partial<Record<ControlName, string>> = {};
  for (const [index, { name = "", control = [] }] of inputs.entries()) {
    for (const [place, each] of control.entries()) {
      for (const values of VALUES) {
        const [off = false, on = true] = each[values] ?? [];
        if (Number(off) !== 0 || Number(on) !== 1)
          throw problem(`${where}[${index}].control[${place}].${values}`, "0 and 1", each[values]);
      }
      controls[KINDS[each.kind ?? "CONTROL_SEQUENCE_START"]] = name;
    }
  }
  return controls;
}

function readStates(
  states: NonNullable<SequenceBatching["state"]>,
  where: string,
  hasRows: boolean | undefined,
): NonNullable<Settings["state"]> {
  return states.map((state, index) => {
    const { input_name: input = "", output_name: output = "", dims = [] } = state;
    const { initial_state: initial = [] } = state;
    for (const [place, { data_file: file }] of initial.entries()) {
      if (!file) continue;
      const at = `${where}[${index}].initial_state[${place}].data_file`;
      throw new ModelConfigProblem(at, "states start with zeros (zero_data), no file is read");
    }
    const first = initial[0]?.dims ?? dims;
    const isKnown = hasRows !== undefined && first.length > 0 && first.every((axis) => axis >= 0);
    return { input, output, ...(isKnown && { shape: hasRows ? [1, ...first] : first }) };
  });
}

/** The section that a model's sequences are described by. */
export function toSequenceBatching(
  { controls = {}, state = [] }: Settings,
  limits: { readonly maxIdleMs: number; readonly maxSequences: number },
): SequenceBatching {
  const named = (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) => {
    const name = controls[KINDS[kind]];
    return name === undefined ? [] : [{ name, control: [{ kind }] }];
  });
  return {
    max_sequence_idle_microseconds: Math.round(limits.maxIdleMs * 1000),
    control_input: named,
    state: state.map(({ input, output }) => ({ input_name: input, output_name: output })),
    oldest: { max_candidate_sequences: limits.maxSequences },
  };
}
