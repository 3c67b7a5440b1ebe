import type { NodeBuilder } from "@longshore/core/pipeline";

/** A builder that writes nothing, and the record of what would have been written. */
export interface Trace {
  readonly builder: NodeBuilder;
  /**
   * What some values are computed from.
   *
   * @returns how many operators that do more than lay out what comes, and the values that no operator makes and that are no
   *   constants, in the order in which they are first read.
   */
  sourcesOf(values: readonly string[]): { operators: number; sources: string[] };
}

interface Operator {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What only puts columns side by side, or changes their type. */
const LAYOUT: ReadonlySet<string> = new Set(["Concat", "Gather", "Reshape", "Cast"]);

/** Steps are lowered into a trace first, to learn which columns they need of those that come. */
export function newTrace(): Trace {
  const operators: Operator[] = [];
  const constants = new Set<string>();
  let count = 0;
  const fresh = (): string => `trace ${++count}`;
  const nodes: NodeBuilder["nodes"] = (operator, inputs, length) => {
    const outputs = Array.from({ length }, fresh);
    operators.push({ operator, inputs, outputs });
    return outputs;
  };
  return {
    builder: {
      nodes,
      node: (operator, inputs) => nodes(operator, inputs, 1)[0]!,
      constant() {
        const name = fresh();
        constants.add(name);
        return name;
      },
    },
    sourcesOf(values) {
      const read = new Set(values);
      const needed = operators.toReversed().filter(({ inputs, outputs }) => {
        if (!outputs.some((name) => read.has(name))) return false;
        for (const name of inputs) read.add(name);
        return true;
      });
      // Once more in the order of computation.
      const inOrder = [...needed.toReversed().flatMap(({ inputs }) => inputs), ...values];
      const made = new Set(needed.flatMap(({ outputs }) => outputs));
      const sources = new Set(
        inOrder.filter((name) => name !== "" && !made.has(name) && !constants.has(name)),
      );
      const working = needed.filter(({ operator }) => !LAYOUT.has(operator));
      return { operators: working.length, sources: [...sources] };
    },
  };
}
