import { node } from "../../build.ts";
import type { GraphEditor } from "../../graph/editor.ts";

/** Names of a quantised value: `real = (values - zeroPoint) * scale`. */
export interface QuantizedActivation {
  readonly values: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

/** Gives a value quantised as it comes; quantises it when first asked in a graph. */
export type Activations = (graph: GraphEditor, value: string) => QuantizedActivation;

/** A memory of what is quantised already, for one run of the pass. */
export function createActivations(): Activations {
  const known = new Map<GraphEditor, Map<string, QuantizedActivation>>();
  return (graph, value) => {
    const here = known.get(graph) ?? new Map<string, QuantizedActivation>();
    known.set(graph, here);
    const activation = here.get(value) ?? quantizeLinear(graph, value);
    here.set(value, activation);
    return activation;
  };
}

function quantizeLinear(graph: GraphEditor, value: string): QuantizedActivation {
  const values = graph.freshName(`${value}_uint8`);
  const scale = graph.freshName(`${value}_scale`);
  const zeroPoint = graph.freshName(`${value}_zero_point`);
  graph.add(node("DynamicQuantizeLinear", [value], [values, scale, zeroPoint]));
  return { values, scale, zeroPoint };
}
