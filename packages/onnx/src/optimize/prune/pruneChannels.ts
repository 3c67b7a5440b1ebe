import type { Tensors } from "@longshore/core";
import { domainOf } from "../../edit.ts";
import { editModel, type GraphEditor } from "../../graph/editor.ts";
import type { Model, Node, TypeProto } from "../../proto/types.ts";
import { withInferredTypes, withStatedTypes } from "../inferredTypes.ts";
import { nodeLabel, skip, type PassResult, type Skipped } from "../pass.ts";
import type { OpenModel } from "../runtime.ts";
import { chooseUnits } from "./chooseUnits.ts";
import { cutChannels, type KeptPositions } from "./cutChannels.ts";
import { listReaders, type Reader } from "./refit/readers.ts";
import { refitReaders } from "./refit/refitReaders.ts";
import type { Trace } from "./trace.ts";
import { traceChannels } from "./traceChannels.ts";

/** How much {@link pruneChannels} removes, and what the rest is refitted on. */
export interface PruneChannelsOptions {
  /** How many of each layer's channels to remove: 0.5 is half of them. */
  readonly fraction: number;
  /** Labels of nodes whose output channels all stay; see {@link nodeLabel}. */
  readonly keep?: ReadonlySet<string>;
  /**
   * Data to refit the layers on that lose inputs: all inputs of a run each, as many rows as the
   * model takes. They are gone through once a layer, so they must be a source that can be iterated
   * more than once; one sample is in memory at a time.
   */
  readonly samples?: AsyncIterable<Tensors>;
  /** What runs the model for that; without it, or without samples, nothing is refitted. */
  readonly open?: OpenModel;
}

/**
 * Removes the least important channels of Conv, ConvTranspose, Gemm and MatMul layers, with
 * everything that belongs to them: filters, biases, statistics, and the weights with which the next
 * layers read them. The model computes what it did before with these channels set to zero wherever a
 * layer reads them, in less time and space. Inputs and outputs keep their shapes. Run `cleanModel`
 * before, as a filter says little while its scale sits in a BatchNormalization.
 *
 * Channels that an Add brings together are removed together; what cannot be followed stays, and is
 * listed. Wide layers keep a multiple of 16 channels.
 *
 * With samples, the layers that lose inputs are then refitted one after another, so that on the
 * samples they give what the original's give, as nearly as they can: see {@link refitReaders}.
 *
 * Source: Li et al. 2017, "Pruning filters for efficient ConvNets"; Fang et al. 2023, "DepGraph:
 * Towards any structural pruning".
 *
 * @throws RangeError for a fraction outside of [0, 1).
 * @throws LongshoreError DATA_INVALID for samples that the model does not take.
 */
export async function pruneChannels(
  model: Model,
  { fraction, keep = new Set(), samples, open }: PruneChannelsOptions,
): Promise<PassResult> {
  if (!(fraction >= 0 && fraction < 1))
    throw new RangeError(`a fraction of channels is from 0 to below 1, got ${fraction}`);
  const typed = withInferredTypes(model);
  const { pruned, changes, skipped, readers } = removeChannels(typed, fraction, keep);
  if (changes.length === 0) return { model, changes, skipped };
  const refitted =
    samples && open
      ? await refitReaders(typed, pruned, readers, samples, open)
      : { model: pruned, changes: [], skipped: [] };
  return {
    model: withNewTypes(refitted.model, typed, model),
    changes: [...changes, ...refitted.changes],
    skipped: [...skipped, ...refitted.skipped],
  };
}

/** The pruned model stating the types that the original states, apart from those that have changed. */
function withNewTypes(pruned: Model, typed: Model, original: Model): Model {
  const typesOf = ({ graph }: Model): ReadonlyMap<string, TypeProto | undefined> =>
    new Map(graph.valueInfos.map(({ name, type }) => [name, type]));
  const [before, after] = [typesOf(typed), typesOf(pruned)];
  const valueInfos = original.graph.valueInfos.map((info) => {
    const type = after.get(info.name);
    return type && type !== before.get(info.name) ? { ...info, type } : info;
  });
  return withStatedTypes(pruned, { ...original, graph: { ...original.graph, valueInfos } });
}

interface Removal {
  readonly pruned: Model;
  readonly changes: readonly string[];
  readonly skipped: readonly Skipped[];
  /** The layers that have lost inputs, in the order in which they run. */
  readonly readers: readonly Reader[];
}

function removeChannels(model: Model, fraction: number, keep: ReadonlySet<string>): Removal {
  const changes: string[] = [];
  const skipped: Skipped[] = [];
  let readers: readonly Reader[] = [];
  const pruned = editModel(model, (graph) => {
    if (graph.outer) {
      skipped.push(...layersOf(graph).map((node) => skip(node, "it is in a subgraph")));
      return;
    }
    const trace = traceChannels(graph, keep);
    const removed = chooseUnits(trace, fraction);
    const kept: KeptPositions = (units) =>
      [...units.keys()].filter((index) => !removed.has(trace.units.find(units[index]!)));
    report(trace, kept, changes, skipped);
    readers = listReaders(trace, kept);
    cutChannels(trace, kept);
  });
  return { pruned, changes, skipped, readers };
}

/** Says what becomes of each layer. */
function report(trace: Trace, kept: KeptPositions, changes: string[], skipped: Skipped[]): void {
  const producers = new Map(trace.layers.map(({ node, units }) => [node, units]));
  for (const node of layersOf(trace.graph)) {
    const units = producers.get(node);
    const refusal = trace.refusals.get(node);
    if (units === undefined) {
      if (refusal !== undefined) skipped.push(skip(node, refusal));
      continue;
    }
    const left = kept(units).length;
    if (left < units.length)
      changes.push(`${node.opType} "${nodeLabel(node)}": ${units.length} → ${left} channels`);
    else skipped.push(skip(node, trace.units.reason(units[0]!) ?? "it has too few channels"));
  }
}

function layersOf(graph: GraphEditor): Node[] {
  const layers = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);
  return graph.nodes.filter((node) => domainOf(node) === "" && layers.has(node.opType));
}
