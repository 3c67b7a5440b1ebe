import { intAttribute, intsAttribute } from "../graph/attributes.ts";
import { scalar, type Call, type Rules } from "./call.ts";
import { frontAxis, unify, type Dim, type Shape } from "./dims.ts";
import { join, like, tensorOf, toType, TYPE, type Known } from "./known.ts";

/** Branches and loops. */
export const control: Rules = {
  If: (call) => {
    const taken = call.subgraph("then_branch", []);
    const other = call.subgraph("else_branch", []);
    const condition = scalar(call.inputs[0]);
    if (typeof condition === "number") return condition === 0 ? other : taken;
    return taken.map((known, index) => join(known, other[index] ?? {}));
  },
  Loop: (call) => {
    const [iteration, go] = [tensorOf(TYPE.INT64, []), tensorOf(TYPE.BOOL, [])];
    const { states, outputs } = iterate(call.inputs.slice(2), (current) =>
      call.subgraph("body", [iteration, go, ...current]).slice(1),
    );
    const trips: Dim = undefined;
    return [...states, ...outputs.map((each) => stacked(each, trips, 0))];
  },
  Scan: (call) => (call.opset < 9 ? [] : scan(call)),
};

function scan(call: Call): Known[] {
  const { node } = call;
  const count = intAttribute(node, "num_scan_inputs", 1);
  const initial = call.inputs.slice(0, -count);
  const inputAxes = intsAttribute(node, "scan_input_axes") ?? [];
  const outputAxes = intsAttribute(node, "scan_output_axes") ?? [];
  let steps: Shape = [undefined];
  const slices = call.inputs.slice(-count).map((known = {}, index): Known => {
    const axis = known.shape && frontAxis(inputAxes[index] ?? 0, known.shape.length);
    if (axis === undefined) return tensorOf(known.elemType, undefined);
    steps = unify(steps, [known.shape![axis]])!;
    return tensorOf(known.elemType, known.shape!.toSpliced(axis, 1));
  });
  const { states, outputs } = iterate(initial, (current) =>
    call.subgraph("body", [...current, ...slices]),
  );
  return [
    ...states,
    ...outputs.map((each, index) => stacked(each, steps[0], outputAxes[index] ?? 0)),
  ];
}

/** What each iteration gives, along a new axis. */
function stacked({ elemType, shape }: Known, length: Dim, axis: number): Known {
  const at = shape && frontAxis(axis, shape.length + 1);
  return tensorOf(elemType, at === undefined ? undefined : shape!.toSpliced(at, 0, length));
}

const ROUNDS = 3;

/**
 * What holds for a loop's states before and after every iteration. Dimensions that an iteration
 * changes are forgotten until none does.
 *
 * @param body what an iteration makes of the states: the next ones, then its other outputs.
 */
function iterate(
  initial: readonly (Known | undefined)[],
  body: (states: readonly Known[]) => readonly Known[],
): { states: readonly Known[]; outputs: readonly Known[] } {
  let states = initial.map((known = {}) => (known.container ? known : like(known)));
  for (let round = 0; round < ROUNDS; round++) {
    const after = body(states);
    const joined = states.map((state, index) => join(state, after[index] ?? {}));
    const settled = joined.every((state, index) => sameType(state, states[index]!));
    if (settled) return { states, outputs: after.slice(states.length) };
    states = joined;
  }
  states = states.map(({ elemType }) => tensorOf(elemType, undefined));
  return { states, outputs: body(states).slice(states.length) };
}

function sameType(a: Known, b: Known): boolean {
  const sameShape =
    a.shape?.length === b.shape?.length &&
    (a.shape ?? []).every((dim, axis) => dim === b.shape?.[axis]);
  if (a.container ?? b.container) return JSON.stringify(toType(a)) === JSON.stringify(toType(b));
  return sameShape && a.elemType === b.elemType;
}
