import type { Model } from "../../proto/types.ts";
import { upgradeOpset } from "../../upgrade/upgradeOpset.ts";
import type { Ranges } from "../calibrate/range.ts";
import { editPass } from "../editPass.ts";
import { withInferredTypes, withStatedTypes } from "../inferredTypes.ts";
import { nodeLabel, skip, type PassResult } from "../pass.ts";
import { dropIdleClamps } from "./idleClamps.ts";
import { dropIdleDilations } from "./dilations.ts";
import type { StaticInt8Options } from "./options.ts";
import { insertPairs } from "./insertPairs.ts";
import { keepFloat } from "./keepFloat.ts";
import { chooseScales, formatOf } from "./scales.ts";
import { selectUnits, skipWeighted } from "./select.ts";
import type { Unit } from "./units.ts";

/** The first opset in which integers can have a scale a channel. */
const OLDEST_OPSET = 13;

/**
 * Static int8: weights and activations become 8-bit integers with ranges that were calibrated,
 * written as pairs of QuantizeLinear and DequantizeLinear (QDQ) that a runtime fuses into integer
 * kernels. Weights have no zero point, and a scale a channel (a tensor, for batched matrices and where
 * scales are powers of two); biases are added to the 32-bit sums; where activations have zero points,
 * a Relu or Clip vanishes into the range of what is in front of it; what only moves values around
 * shares its input's scale.
 *
 * An opset older than 13 is upgraded to that.
 *
 * Fold batch normalisation first (`cleanModel`): what stands between a convolution and its
 * normalisation has wider ranges than the two together.
 *
 * Source: Jacob et al. 2018, "Quantization and training of neural networks for efficient
 * integer-arithmetic-only inference".
 *
 * @param ranges what `calibrate` measured on this very model.
 */
export function quantizeStatic(
  model: Model,
  ranges: Ranges,
  options: StaticInt8Options = {},
): PassResult {
  const recent = upgradeOpset(model, OLDEST_OPSET);
  if (recent.skipped.length > 0) return recent;
  const result = editPass(withInferredTypes(recent.model), (graph, { changes, skipped }) => {
    if (graph.outer) {
      skipped.push(...skipWeighted(graph));
      return;
    }
    const dilated = dropIdleDilations(graph);
    if (dilated.length > 0) {
      const reason = "ONNX Runtime loads no model where one with dilations is between integers";
      skipped.push(...dilated.map((node) => skip(node, reason)));
      return;
    }
    const selection = selectUnits(graph, ranges, options);
    skipped.push(...selection.skipped);
    changes.push(...selection.units.map(describe));
    insertPairs(graph, selection, chooseScales(selection, ranges, formatOf(options)), options);
    if (selection.units.length > 0 && options.scales !== "powerOfTwo") keepFloat(graph);
    graph.removeUnused();
    if (options.scales !== "powerOfTwo") dropIdleClamps(graph);
  });
  if (result.changes.length === 0) return { ...result, model };
  return {
    model: withStatedTypes(result.model, recent.model),
    changes: [...recent.changes, ...result.changes],
    skipped: result.skipped,
  };
}

function describe({ node, operator, clamp }: Unit): string {
  const what = operator.kind === "weighted" ? "weights and activations" : "activations";
  const which = clamp ? `${node.opType} and ${clamp.node.opType}` : node.opType;
  return `${which} "${nodeLabel(node)}": ${what} in int8`;
}
