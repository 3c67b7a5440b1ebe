import { domainOf } from "../../../edit.ts";
import type { GraphEditor } from "../../../graph/editor.ts";
import type { KeptPositions } from "../cutChannels.ts";
import type { Trace } from "../trace.ts";

/** A layer that has lost some of its inputs. */
export interface Reader {
  /** The values that it reads and makes; names outlive the pruning. */
  readonly input: string;
  readonly output: string;
  /**
   * Where its result is compared with the original's: its output, or the sum that this becomes part
   * of. In a residual block that lets it make up for what the shortcut has lost too.
   */
  readonly target: string;
  /** Which of the original's outputs are left; undefined for all. */
  readonly kept: readonly number[] | undefined;
}

/** The layers that are about to lose inputs, in the order in which they run. */
export function listReaders({ graph, slices, axes }: Trace, kept: KeptPositions): Reader[] {
  return slices.flatMap(({ node, role, units }) => {
    if (role !== "readers" || kept(units).length === units.length) return [];
    const [output] = node.outputs as [string];
    const target = followSums(graph, output);
    const outputs = axes.get(target)?.units;
    return { input: node.inputs[0]!, output, target, kept: outputs && kept(outputs) };
  });
}

/** The last of the sums of the same shape that a value goes into. */
function followSums(graph: GraphEditor, value: string): string {
  const add = graph.soleUser(value);
  if (add?.opType !== "Add" || domainOf(add) !== "" || add.inputs[0] === add.inputs[1])
    return value;
  const [sum] = add.outputs as [string];
  const shape = graph.shape(value);
  if (shape === undefined || shape.join() !== graph.shape(sum)?.join()) return value;
  return followSums(graph, sum);
}
