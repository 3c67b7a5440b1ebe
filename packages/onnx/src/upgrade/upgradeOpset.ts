import { domainOf, opsetVersion } from "../edit.ts";
import { inlineFunctions } from "../inline.ts";
import { freezeInputs } from "../optimize/clean/freezeInputs.ts";
import { editPass } from "../optimize/editPass.ts";
import { withInferredTypes, withStatedTypes } from "../optimize/inferredTypes.ts";
import { skip, type PassResult } from "../optimize/pass.ts";
import type { Model } from "../proto/types.ts";
import { REWRITES } from "./rewrites.ts";

/** Versions of the standard operators that a model can be upgraded from and to. */
const OLDEST_OPSET = 7;
const FIRST_TARGET = 13;
const NEWEST_OPSET = 21;

/** The IR version that came with each version of the standard operators. */
const IR_VERSIONS: readonly [opset: number, irVersion: number][] = [
  [13, 7],
  [15, 8],
  [19, 9],
  [21, 10],
];

/**
 * Writes a model in a newer version of the standard operators: those whose form or meaning changed
 * on the way are rewritten so that they compute the same. A model with one that cannot be stays as
 * it is, and `skipped` says why; so does one that has that version or a newer one.
 *
 * Source: "Changelog" of the ONNX operators.
 *
 * @param to the version wanted, from 13 to 21.
 * @throws RangeError for any other version.
 */
export function upgradeOpset(model: Model, to: number): PassResult {
  if (!(to >= FIRST_TARGET && to <= NEWEST_OPSET))
    throw new RangeError(`opset ${to} is none of ${FIRST_TARGET} to ${NEWEST_OPSET}`);
  const from = opsetVersion(model, "");
  const stays = (reason: string): PassResult => ({
    model,
    changes: [],
    skipped: [{ node: model.graph.name ?? "", opType: "graph", reason }],
  });
  if (from === undefined || from >= to) return { model, changes: [], skipped: [] };
  if (from < OLDEST_OPSET) return stays(`opset ${from} is older than ${OLDEST_OPSET}`);
  const inlined = inlineFunctions(model);
  if (inlined.functions?.length) return stays("its functions cannot be inlined");

  const rewritten = new Map<string, number>();
  // Values that are added by a rewrite must not become inputs.
  let current = inlined.irVersion < 4 ? freezeInputs(inlined).model : inlined;
  for (let version = from + 1; version <= to; version++) {
    const step = rewriteFor(version, current, rewritten);
    if (step.skipped.length > 0) return { model, changes: [], skipped: step.skipped };
    current = step.model;
  }
  const what = Array.from(rewritten, ([opType, count]) => `${count} ${opType}`).join(", ");
  return {
    model: withVersion(current, to),
    changes: [`opset ${from} upgraded to ${to}${what && `, rewritten: ${what}`}`],
    skipped: [],
  };
}

/** The model with every operator that changed in this version in its new form. */
function rewriteFor(version: number, model: Model, rewritten: Map<string, number>): PassResult {
  const rewrites = REWRITES[version];
  if (rewrites === undefined) return { model, changes: [], skipped: [] };
  const result = editPass(withInferredTypes(model), (graph, { changes, skipped }) => {
    for (const node of graph.nodes) {
      const rewrite = domainOf(node) === "" ? rewrites[node.opType] : undefined;
      const nodes = rewrite?.(node, graph);
      if (nodes === undefined) continue;
      if (typeof nodes === "string") {
        skipped.push(skip(node, `in opset ${version}: ${nodes}`));
        continue;
      }
      graph.replace(node, ...nodes);
      changes.push(node.opType);
      rewritten.set(node.opType, (rewritten.get(node.opType) ?? 0) + 1);
    }
  });
  return { ...result, model: withStatedTypes(result.model, model) };
}

function withVersion(model: Model, to: number): Model {
  const needed = IR_VERSIONS.findLast(([opset]) => opset <= to)?.[1] ?? 0;
  return {
    ...model,
    irVersion: Math.max(model.irVersion, needed),
    opsetImports: [
      ...model.opsetImports.filter((opset) => domainOf(opset) !== ""),
      { domain: "", version: to },
    ],
  };
}
