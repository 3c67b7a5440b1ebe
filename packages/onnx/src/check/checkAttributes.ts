import { ATTRIBUTE_TYPE, type Attribute, type Node } from "../proto/types.ts";

/** The field that holds an attribute's value, by its type. */
const VALUE_FIELDS = {
  [ATTRIBUTE_TYPE.FLOAT]: "f",
  [ATTRIBUTE_TYPE.INT]: "i",
  [ATTRIBUTE_TYPE.STRING]: "s",
  [ATTRIBUTE_TYPE.TENSOR]: "t",
  [ATTRIBUTE_TYPE.GRAPH]: "g",
  [ATTRIBUTE_TYPE.FLOATS]: "floats",
  [ATTRIBUTE_TYPE.INTS]: "ints",
  [ATTRIBUTE_TYPE.STRINGS]: "strings",
  [ATTRIBUTE_TYPE.TENSORS]: "tensors",
  [ATTRIBUTE_TYPE.GRAPHS]: "graphs",
  [ATTRIBUTE_TYPE.SPARSE_TENSOR]: "sparseTensor",
  [ATTRIBUTE_TYPE.SPARSE_TENSORS]: "sparseTensors",
  [ATTRIBUTE_TYPE.TYPE_PROTO]: "tp",
  [ATTRIBUTE_TYPE.TYPE_PROTOS]: "typeProtos",
} as const satisfies Record<number, keyof Attribute>;

const TYPE_NAMES = new Map<number, string>(
  Object.entries(ATTRIBUTE_TYPE).map(([name, code]) => [code, name]),
);

/** What an attribute's type is called; files of IR version 1 leave it out. */
export function attributeTypeName(type: number | undefined): string {
  return TYPE_NAMES.get(type ?? 0) ?? `type ${type ?? 0}`;
}

/** What is wrong with a node's attributes in themselves: names twice, values that are not of the type. */
export function checkAttributes(node: Node, inFunction: boolean): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const attribute of node.attributes) {
    const { name, type, refAttrName } = attribute;
    const report = (problem: string): void => void problems.push(`attribute "${name}" ${problem}`);
    if (name === "") problems.push("has an attribute without a name");
    if (seen.has(name)) report("is there twice");
    seen.add(name);
    const held = Object.values(VALUE_FIELDS).filter((field) => hasValue(attribute[field]));
    if (refAttrName) {
      if (!inFunction) report(`refers to "${refAttrName}", but only a function's nodes may refer`);
      if (held.length > 0) report("holds a value and refers to another");
      continue;
    }
    if (type === undefined || type === 0) continue;
    const field = VALUE_FIELDS[type as keyof typeof VALUE_FIELDS];
    if (field === undefined) report(`has the unknown type ${type}`);
    // A zero, and an empty list or text, may be left out of a file.
    else if (held.some((other) => other !== field))
      report(`is of type ${attributeTypeName(type)}, but holds ${held.join(" and ")}`);
    else if (NEEDS_VALUE.has(type) && held.length === 0)
      report(`is of type ${attributeTypeName(type)}, but holds nothing`);
  }
  return problems;
}

/** Messages have no default that could be left out. */
const NEEDS_VALUE: ReadonlySet<number> = new Set([
  ATTRIBUTE_TYPE.TENSOR,
  ATTRIBUTE_TYPE.GRAPH,
  ATTRIBUTE_TYPE.SPARSE_TENSOR,
  ATTRIBUTE_TYPE.TYPE_PROTO,
]);

function hasValue(value: unknown): boolean {
  if (value === undefined) return false;
  return !isList(value) || value.length > 0;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}
