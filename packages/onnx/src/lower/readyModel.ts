import { domainOf, opsetVersion } from "../edit.ts";
import { upgradeOpset } from "../upgrade/upgradeOpset.ts";
import type { Model } from "../proto/types.ts";
import { LOWERED_OPSET } from "./graphBuilder.ts";

/** LabelEncoder has had its lists of keys and values since this version of `ai.onnx.ml`. */
const OLDEST_CLASSICAL = 2;
const NEEDED_CLASSICAL = 3;

/**
 * A model that nodes of lowered steps can be added to: its operators are of a version that has them.
 *
 * @returns the problem, in words, where it cannot be brought to one.
 */
export function readyModel(model: Model): { model: Model; changes: readonly string[] } | string {
  const { model: upgraded, changes, skipped } = upgradeOpset(model, LOWERED_OPSET);
  const version = opsetVersion(upgraded, "");
  if (version !== undefined && version < LOWERED_OPSET)
    return `its opset ${version} cannot be upgraded to ${LOWERED_OPSET}: ${skipped[0]?.reason ?? ""}`;
  const imported = version === undefined ? withOpset(upgraded, "", LOWERED_OPSET) : upgraded;
  const classical = opsetVersion(imported, "ai.onnx.ml");
  if (classical === undefined || classical >= OLDEST_CLASSICAL) return { model: imported, changes };
  // Of the operators that version 1 has, LabelEncoder alone means something else in the newer ones.
  if (imported.graph.nodes.some(({ opType }) => opType === "LabelEncoder"))
    return `its LabelEncoder is of version ${classical} of ai.onnx.ml; export it with version ${NEEDED_CLASSICAL}`;
  return {
    model: withOpset(imported, "ai.onnx.ml", NEEDED_CLASSICAL),
    changes: [...changes, `ai.onnx.ml ${classical} raised to ${NEEDED_CLASSICAL}`],
  };
}

function withOpset(model: Model, domain: string, version: number): Model {
  const others = model.opsetImports.filter((opset) => domainOf(opset) !== domain);
  return { ...model, opsetImports: [...others, { domain, version }] };
}
