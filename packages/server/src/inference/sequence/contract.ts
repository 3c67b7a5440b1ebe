import { DATATYPES, type Dimension, type Signature, type TensorSpec } from "@longshore/core";
import type { Manifest, ManifestPath } from "@longshore/core/manifest";

/** What `bundle.yaml` says of sequences. */
export type SequenceSettings = NonNullable<Manifest["sequence"]>;

/** Inputs that the server fills. */
export interface Control {
  readonly kind: "start" | "end" | "ready" | "corrid";
  readonly spec: TensorSpec;
}

/** What is kept from an output of one request for an input of the next. */
export interface StateSlot {
  readonly input: TensorSpec;
  readonly output: string;
  readonly initial: number;
  /** Of the state that a sequence starts with. */
  readonly shape: readonly number[];
}

/** How a model's sequences are run. */
export interface SequenceContract {
  /** What callers send and get. */
  readonly signature: Signature;
  readonly controls: readonly Control[];
  readonly states: readonly StateSlot[];
  /** Names of the outputs that callers do not get. */
  readonly stateOutputs: readonly string[];
}

/** What does not fit between a manifest and its model, with its place in the manifest. */
export class SequenceProblem extends Error {
  override readonly name: string = "SequenceProblem";
  readonly path: ManifestPath;

  constructor(path: ManifestPath, message: string) {
    super(message);
    this.path = ["sequence", ...path];
  }
}

/**
 * Makes the contract of a model's sequences.
 *
 * @param signature of the whole graph.
 * @throws SequenceProblem
 */
export function toSequenceContract(
  { controls = {}, state = [] }: SequenceSettings,
  signature: Signature,
): SequenceContract {
  const hidden = new Set<string>();
  const take = (
    specs: readonly TensorSpec[],
    kind: "input" | "output",
    name: string,
    path: ManifestPath,
  ): TensorSpec => {
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      const names = specs.map((candidate) => `"${candidate.name}"`).join(", ");
      throw new SequenceProblem(path, `the model has no ${kind} "${name}", but ${names}`);
    }
    const key = `${kind} ${name}`;
    if (hidden.has(key)) throw new SequenceProblem(path, `${kind} "${name}" is named twice`);
    hidden.add(key);
    return spec;
  };

  const filled = (["start", "end", "ready", "corrid"] as const).flatMap((kind): Control[] => {
    const name = controls[kind];
    if (name === undefined) return [];
    const path = ["controls", kind];
    const spec = take(signature.inputs, "input", name, path);
    const { kind: element } = DATATYPES[spec.datatype];
    const fits =
      kind === "corrid" ? ["integer", "bigint", "string"] : ["bool", "integer", "bigint", "float"];
    if (!fits.includes(element)) {
      const wanted = kind === "corrid" ? "integers or texts" : "numbers or booleans";
      throw new SequenceProblem(
        path,
        `expected an input of ${wanted}; "${name}" is ${spec.datatype}`,
      );
    }
    return [{ kind, spec }];
  });
  const states = state.map(
    ({ input: inputName, output: outputName, initial = 0, shape }, index) => {
      const path = ["state", index];
      const input = take(signature.inputs, "input", inputName, [...path, "input"]);
      const output = take(signature.outputs, "output", outputName, [...path, "output"]);
      if (input.datatype !== output.datatype || input.shape.length !== output.shape.length) {
        throw new SequenceProblem(
          [...path, "output"],
          `"${outputName}" cannot become "${inputName}": their data types or ranks differ`,
        );
      }
      const start = shape ?? firstShape(input, path);
      if (!fitsShape(start, input.shape)) {
        const problem = `[${start.join(", ")}] is no shape of "${inputName}", [${input.shape.join(", ")}]`;
        throw new SequenceProblem([...path, "shape"], problem);
      }
      return { input, output: outputName, initial, shape: start };
    },
  );
  return {
    signature: {
      inputs: signature.inputs.filter(({ name }) => !hidden.has(`input ${name}`)),
      outputs: signature.outputs.filter(({ name }) => !hidden.has(`output ${name}`)),
    },
    controls: filled,
    states,
    stateOutputs: states.map(({ output }) => output),
  };
}

/** One row, of the lengths that the graph says. */
function firstShape({ name, shape }: TensorSpec, path: ManifestPath): number[] {
  return shape.map((axis, index) => {
    if (typeof axis === "number") return axis;
    if (index === 0) return 1;
    throw new SequenceProblem(
      path,
      `the axis ${axis} of "${name}" is free: give the \`shape\` that a sequence starts with`,
    );
  });
}

function fitsShape(shape: readonly number[], wanted: readonly Dimension[]): boolean {
  return (
    shape.length === wanted.length &&
    shape.every((length, axis) => typeof wanted[axis] !== "number" || wanted[axis] === length)
  );
}
