import { intAttribute } from "../graph/attributes.ts";
import type { TypeProto } from "../proto/types.ts";
import { attributeOf, input, scalar, type Call, type Rules } from "./call.ts";
import { frontAxis, withDim, type Dim } from "./dims.ts";
import { fromType, join, tensorOf, toType, TYPE, type Known } from "./known.ts";

/** Sequences of tensors, and values that may be missing. */
export const sequence: Rules = {
  SequenceConstruct: (call) => {
    const [first = {}, ...others] = call.inputs.map((known) => known ?? {});
    return [sequenceOf(others.reduce(join, first))];
  },
  SequenceEmpty: ({ node }) => [
    sequenceOf(tensorOf(intAttribute(node, "dtype", TYPE.FLOAT), undefined)),
  ],
  SequenceInsert: (call) => {
    const element = elementOf(input(call, 0));
    return [sequenceOf(element ? join(element, input(call, 1)) : {})];
  },
  SequenceErase: (call) => [input(call, 0)],
  SequenceAt: (call) => [elementOf(input(call, 0)) ?? {}],
  SequenceLength: () => [tensorOf(TYPE.INT64, [])],
  SequenceMap: (call) => {
    const [first, ...others] = call.inputs.map((known) => known ?? {});
    // Other inputs are sequences too, or tensors that are the same in every call.
    const given = [
      elementOf(first ?? {}) ?? {},
      ...others.map((known) => elementOf(known) ?? known),
    ];
    return call.subgraph("body", given).map(sequenceOf);
  },
  SplitToSequence: (call) => [sequenceOf(splitPart(call))],
  ConcatFromSequence: (call) => [concatenated(call)],
  Optional: (call) => {
    const stated = attributeOf(call.node, "type")?.tp;
    const elemType = call.inputs[0] ? toType(call.inputs[0]) : stated;
    return [elemType ? { container: { optionalType: { elemType } } } : {}];
  },
  OptionalHasElement: () => [tensorOf(TYPE.BOOL, [])],
  OptionalGetElement: (call) => {
    const known = input(call, 0);
    const inner = known.container?.optionalType?.elemType;
    return [inner ? fromType(inner) : known];
  },
};

/** What is known of every tensor in a sequence. */
function elementOf({ container }: Known): Known | undefined {
  const type: TypeProto | undefined = container?.sequenceType?.elemType;
  return type && fromType(type);
}

function sequenceOf(element: Known): Known {
  const elemType = toType(element);
  return elemType ? { container: { sequenceType: { elemType } } } : {};
}

function splitPart(call: Call): Known {
  const { elemType, shape } = input(call, 0);
  const axis = shape && frontAxis(intAttribute(call.node, "axis", 0), shape.length);
  if (shape === undefined || axis === undefined) return tensorOf(elemType, undefined);
  if (call.inputs[1] === undefined) {
    const keep = intAttribute(call.node, "keepdims", 1) === 1;
    return tensorOf(elemType, keep ? withDim(shape, axis, 1) : shape.toSpliced(axis, 1));
  }
  const size = call.inputs[1].shape?.length === 0 ? scalar(call.inputs[1]) : undefined;
  const length = shape[axis];
  const even = typeof length === "number" && typeof size === "number" && length % size === 0;
  const part: Dim = even ? size : undefined;
  return tensorOf(elemType, withDim(shape, axis, part));
}

function concatenated(call: Call): Known {
  const { elemType, shape } = elementOf(input(call, 0)) ?? {};
  const added = intAttribute(call.node, "new_axis", 0);
  const rank = shape && shape.length + added;
  const axis = rank === undefined ? undefined : frontAxis(intAttribute(call.node, "axis", 0), rank);
  if (shape === undefined || axis === undefined) return tensorOf(elemType, undefined);
  return tensorOf(elemType, shape.toSpliced(axis, 1 - added, undefined));
}
