import type { Model } from "../../proto/types.ts";
import type { PassResult } from "../pass.ts";

/** From this version on, an initializer need not be listed as an input. */
const PLAIN_CONSTANTS_IR = 4;

/**
 * Takes initializers out of the list of inputs: what a caller may override can be neither folded nor
 * quantised. Older files had to list them, and are raised to the IR version that does not.
 *
 * Source: "Graphs" in the IR specification: an input with an initializer is its default.
 */
export function freezeInputs(model: Model): PassResult {
  const { graph, irVersion } = model;
  // Before IR version 3, models have no operator sets.
  const raise = irVersion === PLAIN_CONSTANTS_IR - 1;
  const constants = new Set(graph.initializers.map(({ name }) => name));
  for (const { values } of graph.sparseInitializers ?? []) constants.add(values?.name);
  const listed = graph.inputs.filter(({ name }) => constants.has(name)).map(({ name }) => name);
  if ((listed.length === 0 && !raise) || irVersion < PLAIN_CONSTANTS_IR - 1)
    return { model, changes: [], skipped: [] };
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const names = listed.length <= 4 ? `: ${listed.join(", ")}` : "";
  return {
    model: {
      ...model,
      irVersion: Math.max(irVersion, PLAIN_CONSTANTS_IR),
      graph: { ...graph, inputs },
    },
    changes: raise
      ? [`IR version ${irVersion} raised to 4: initializers are no longer listed as inputs`]
      : [
          `initializers listed as inputs (${listed.length}) are constants now, which a caller cannot override${names}`,
        ],
    skipped: [],
  };
}
