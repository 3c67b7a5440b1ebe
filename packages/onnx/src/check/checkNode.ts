import { domainOf } from "../edit.ts";
import type { FunctionProto, Node } from "../proto/types.ts";
import { keyOfCall } from "../infer/functions.ts";
import { attributeTypeName, checkAttributes } from "./checkAttributes.ts";
import { hasForms, operatorForm, type Count } from "./operatorForms.ts";

/** What a node is checked against. */
export interface NodeContext {
  /** Version by domain, those imported by the model or by the function that the node is in. */
  readonly opsets: ReadonlyMap<string, number>;
  /** The model's functions; see {@link keyOfCall}. */
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly inFunction: boolean;
}

/** What is wrong with a node by itself, whatever the values it reads. */
export function checkNode(node: Node, context: NodeContext): string[] {
  if (node.opType === "") return ["has no operator"];
  return [...checkAttributes(node, context.inFunction), ...checkOperator(node, context)];
}

function checkOperator(node: Node, { opsets, functions }: NodeContext): string[] {
  const domain = domainOf(node);
  const called = functions.get(keyOfCall(node));
  const version = opsets.get(domain);
  if (version === undefined)
    return [`is of the domain "${domain || "ai.onnx"}", which is not imported`];
  if (called !== undefined) return checkCall(node, called);
  if (!hasForms(domain, version)) return [];
  const form = operatorForm(domain, version, node.opType);
  if (form === undefined)
    return [`there is no such operator in version ${version} of "${domain || "ai.onnx"}"`];
  const problems = [
    ...checkCount("input", node.inputs, form.inputs),
    ...checkCount("output", node.outputs, form.outputs),
  ];
  for (const [name, { required }] of form.attributes)
    if (required && !node.attributes.some((attribute) => attribute.name === name))
      problems.push(`lacks its attribute "${name}"`);
  for (const { name, type } of node.attributes) {
    const known = form.attributes.get(name);
    if (known === undefined)
      problems.push(`has no attribute "${name}" in version ${version} of its operator`);
    else if (type && type !== known.type)
      problems.push(
        `attribute "${name}" is of type ${attributeTypeName(type)}, not ${attributeTypeName(known.type)}`,
      );
  }
  return problems;
}

function checkCall(node: Node, called: FunctionProto): string[] {
  const known = new Set([
    ...(called.attributes ?? []),
    ...(called.attributeProtos ?? []).map(({ name }) => name),
  ]);
  return [
    ...checkCount("input", node.inputs, { min: 0, max: called.inputs.length }),
    ...checkCount("output", node.outputs, { min: 0, max: called.outputs.length }),
    ...node.attributes
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `gives its function the attribute "${name}", which it does not have`),
    ...(called.attributes ?? [])
      .filter((name) => !node.attributes.some((attribute) => attribute.name === name))
      .map((name) => `does not give its function the attribute "${name}"`),
  ];
}

function checkCount(kind: string, names: readonly string[], { min, max }: Count): string[] {
  const given = names.findLastIndex((name) => name !== "") + 1;
  if (given > max) return [`has ${given} ${kind}s; its operator has at most ${max}`];
  if (names.length < min) return [`has ${names.length} ${kind}s; its operator needs ${min}`];
  return [];
}
