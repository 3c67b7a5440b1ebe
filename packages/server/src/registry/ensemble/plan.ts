import type { EnsembleGraph } from "./graph.ts";

/** What runs for a set of wanted outputs, and in what order data become available. */
export interface Plan {
  /** Tensors that are handed out, in the order wanted. */
  readonly outputs: readonly string[];
  /** The steps that run, each after those that it waits for. */
  readonly steps: readonly PlannedStep[];
  /** Places in {@link steps} of those that wait for no other. */
  readonly first: readonly number[];
  /** How often each tensor is read, the answer included: after that it can be freed. */
  readonly uses: ReadonlyMap<string, number>;
  /** Whether two steps may ever run at the same time. */
  readonly branches: boolean;
}

export interface PlannedStep {
  /** Its place in the ensemble's graph. */
  readonly index: number;
  /** Input of the model, and the tensor that it gets. */
  readonly inputs: readonly (readonly [input: string, tensor: string])[];
  /** Output of the model, and the tensor that it becomes; only those that something needs. */
  readonly outputs: readonly (readonly [output: string, tensor: string])[];
  /** Steps that must have ended before. */
  readonly waitsFor: number;
  /** Places in {@link Plan.steps} of those that wait for this one. */
  readonly next: readonly number[];
}

/**
 * Plans what to run for some outputs: the steps that they follow from, and no others.
 *
 * @param wanted names of tensors that steps make.
 * @param always places of steps that run in any case, as they remember what they were asked.
 */
export function planEnsemble(
  { steps, order, makers }: EnsembleGraph,
  wanted: readonly string[],
  always: ReadonlySet<number> = new Set(),
): Plan {
  const needed = new Set<string>(wanted);
  const running = new Set<number>();
  // From the end to the beginning: who reads a tensor is seen before who makes it.
  for (const index of order.toReversed()) {
    const { inputs, outputs } = steps[index]!;
    const isNeeded = Object.values(outputs).some((tensor) => needed.has(tensor));
    if (!isNeeded && !always.has(index)) continue;
    running.add(index);
    for (const tensor of Object.values(inputs)) needed.add(tensor);
  }
  const indices = order.filter((index) => running.has(index));
  const places = new Map(indices.map((index, place) => [index, place]));
  const sources = indices.map((index) => {
    const makersOf = Object.values(steps[index]!.inputs).map((tensor) => makers.get(tensor));
    return new Set(makersOf.filter((maker) => maker !== undefined));
  });
  const uses = new Map<string, number>();
  const use = (tensor: string): unknown => uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const tensor of wanted) use(tensor);
  const planned = indices.map((index, place): PlannedStep => {
    const { inputs, outputs } = steps[index]!;
    for (const tensor of Object.values(inputs)) use(tensor);
    return {
      index,
      inputs: Object.entries(inputs),
      outputs: Object.entries(outputs).filter(([, tensor]) => needed.has(tensor)),
      waitsFor: sources[place]!.size,
      next: indices
        .filter((_, other) => sources[other]!.has(index))
        .map((reader) => places.get(reader)!),
    };
  });
  const first = planned.flatMap(({ waitsFor }, place) => (waitsFor === 0 ? [place] : []));
  const branches = first.length > 1 || planned.some(({ next }) => next.length > 1);
  return { outputs: wanted, steps: planned, first, uses, branches };
}
