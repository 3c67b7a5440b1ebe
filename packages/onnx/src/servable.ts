import {
  fail,
  type Datatype,
  type LongshoreError,
  type Signature,
  type TensorSpec,
} from "@longshore/core";
import { node, tensorType } from "./build.ts";
import { domainOf, freshName, opsetVersion, renameValue } from "./edit.ts";
import type { Graph, Model, Node, TypeProto, ValueInfo } from "./proto/types.ts";
import { callerInputs, exchangeable, formatType, readSignature } from "./signature.ts";
import { subgraphs } from "./walk.ts";

/** A model whose inputs and outputs a server can exchange, and how. */
export interface Servable {
  /** The model itself if {@link changes} is empty, else an edited copy. */
  readonly model: Model;
  /** As the outside sees it: BF16 where the original has BF16, labels of a classifier's classes. */
  readonly signature: Signature;
  /**
   * What a runtime exchanges for an input or output where that is not the signature's data type:
   * FP32 for BF16.
   */
  readonly exchange: ReadonlyMap<string, Datatype>;
  /** What was changed, in words. */
  readonly changes: readonly string[];
}

/**
 * Makes every input and output a plain tensor that ONNX Runtime for JavaScript can exchange, by
 * editing the graph around what it computes:
 *
 * - scikit-learn's ZipMap is taken away: its tensor of probabilities `[rows, classes]` takes its
 *   place and name, the classes become labels of the signature;
 * - a sequence of tensors is stacked along a new first axis (ConcatFromSequence). Tensors of
 *   different shapes, or none at all, cannot be stacked: such a run fails;
 * - an optional output becomes its value (OptionalGetElement). A run that has none fails;
 * - BF16 inputs and outputs are cast from and to FP32, which holds every BF16 value exactly.
 *
 * @param file what error messages call the model.
 * @throws MODEL_INVALID for an input or output that stays unservable, with what to do about it.
 */
export function toServable(model: Model, file = "model"): Servable {
  const edit = new Edit(model, file);
  edit.castInputs();
  edit.openOutputs();
  return edit.finish();
}

class Edit {
  readonly #model: Model;
  readonly #file: string;
  #graph: Graph;
  readonly #changes: string[] = [];
  readonly #exchange = new Map<string, Datatype>();
  readonly #labels = new Map<string, readonly string[]>();
  /** Operators that were added, with the first opset that has them as they are used here. */
  readonly #added: { opType: string; since: number }[] = [];

  constructor(model: Model, file: string) {
    this.#model = model;
    this.#file = file;
    this.#graph = model.graph;
  }

  castInputs(): void {
    for (const input of callerInputs(this.#graph)) {
      if (exchangeable(input.type) === undefined) throw this.#unservable("input", input);
      if (exchangeable(input.type) !== "BF16") continue;
      const inner = freshName(this.#graph, `${input.name}_bf16`);
      const renamed = renameValue(this.#graph, input.name, inner);
      const toOuter = (value: ValueInfo): ValueInfo =>
        value.name === inner
          ? { ...value, name: input.name, type: withElement(value.type, FLOAT) }
          : value;
      this.#graph = {
        ...renamed,
        nodes: [node("Cast", [input.name], [inner], { to: BFLOAT16 }), ...renamed.nodes],
        inputs: renamed.inputs.map(toOuter),
        // An output that is the input itself hands the input's FP32 back.
        outputs: renamed.outputs.map(toOuter),
      };
      this.#added.push({ opType: "Cast", since: 13 });
      this.#exchange.set(input.name, "FP32");
      this.#changes.push(`input "${input.name}": BF16 is exchanged as FP32`);
    }
  }

  openOutputs(): void {
    for (const output of this.#graph.outputs) {
      const zipMap = this.#findZipMap(output.name);
      if (zipMap) this.#removeZipMap(zipMap, output);
      else this.#openOutput(output);
    }
  }

  finish(): Servable {
    const changes = this.#changes;
    const model =
      changes.length === 0
        ? this.#model
        : { ...this.#model, graph: this.#graph, opsetImports: this.#opsets() };
    const { inputs, outputs } = readSignature(model, this.#file);
    const asSeen = (spec: TensorSpec): TensorSpec => {
      const labels = this.#labels.get(spec.name);
      return {
        ...spec,
        ...(this.#exchange.has(spec.name) && { datatype: "BF16" }),
        ...(labels && { labels }),
      };
    };
    const signature = { inputs: inputs.map(asSeen), outputs: outputs.map(asSeen) };
    return { model, signature, exchange: this.#exchange, changes };
  }

  /** The ZipMap that makes an output and nothing else. */
  #findZipMap(output: string): Node | undefined {
    const { nodes } = this.#graph;
    const producer = nodes.find(({ outputs }) => outputs.includes(output));
    const isZipMap = producer?.opType === "ZipMap" && domainOf(producer) === "ai.onnx.ml";
    return isZipMap && !isUsed(nodes, output) ? producer : undefined;
  }

  #removeZipMap(zipMap: Node, output: ValueInfo): void {
    const [probabilities = ""] = zipMap.inputs;
    const labels = readLabels(zipMap);
    const known = [...this.#graph.valueInfos, ...this.#graph.inputs].find(
      ({ name }) => name === probabilities,
    );
    const type = known?.type ?? tensorType("FP32", ["?", labels.length]);
    this.#graph = {
      ...this.#graph,
      nodes: this.#graph.nodes.map((other) =>
        other === zipMap ? node("Identity", [probabilities], [output.name]) : other,
      ),
      outputs: this.#graph.outputs.map((other) =>
        other === output ? { name: output.name, type } : other,
      ),
      valueInfos: this.#graph.valueInfos.filter(({ name }) => name !== output.name),
    };
    this.#added.push({ opType: "Identity", since: 1 });
    this.#labels.set(output.name, labels);
    this.#changes.push(
      `output "${output.name}": a tensor of ${labels.length} class scores instead of ZipMap's maps`,
    );
  }

  /** Appends what it takes to make a tensor of an output's value. */
  #openOutput(output: ValueInfo): void {
    // Cast back already where it is an input too.
    if (this.#exchange.has(output.name)) return;
    const steps: Step[] = [];
    let type = output.type;
    for (let step = nextStep(output.name, type); step; step = nextStep(output.name, type)) {
      steps.push(step);
      type = step.type;
    }
    if (type === undefined || exchangeable(type) === undefined)
      throw this.#unservable("output", output);
    if (steps.length === 0) return;

    let value = freshName(this.#graph, `${output.name}_inner`);
    const renamed = renameValue(this.#graph, output.name, value);
    const nodes = steps.map((step, index) => {
      const result =
        index === steps.length - 1
          ? output.name
          : freshName(renamed, `${output.name}_step${index}`);
      const added = node(step.opType, [value], [result], step.attributes);
      value = result;
      return added;
    });
    const opened: ValueInfo = { name: output.name, type };
    this.#graph = {
      ...renamed,
      nodes: [...renamed.nodes, ...nodes],
      outputs: this.#graph.outputs.map((other) => (other === output ? opened : other)),
    };
    this.#added.push(...steps);
    for (const { what, opType } of steps) {
      this.#changes.push(`output "${output.name}": ${what}`);
      if (opType === "Cast") this.#exchange.set(output.name, "FP32");
    }
  }

  /** The imports, with that of the standard operators if the model had none. */
  #opsets(): Model["opsetImports"] {
    const { opsetImports } = this.#model;
    const version = opsetVersion(this.#model, "");
    const newest = this.#added.reduce((a, b) => (b.since > a.since ? b : a), {
      opType: "",
      since: 1,
    });
    if (version === undefined)
      return [...opsetImports, { domain: "", version: Math.max(newest.since, 13) }];
    if (version < newest.since) {
      throw this.#invalid(
        `its inputs or outputs need the operator ${newest.opType} of opset ${newest.since} to be served, ` +
          `but the model has opset ${version}; export it with opset ${newest.since} or later`,
      );
    }
    return opsetImports;
  }

  #unservable(kind: "input" | "output", { name, type }: ValueInfo): LongshoreError {
    const narrow = type?.tensorType !== undefined;
    return this.#invalid(
      `${kind} "${name}" is ${formatType(type)}, which cannot be exchanged with callers; ` +
        (narrow
          ? `cast it ${kind === "input" ? "from" : "to"} FP32 inside the graph and export it again`
          : `make it a tensor${kind === "output" ? " or leave it out of the outputs" : ""} and export it again`),
    );
  }

  #invalid(problem: string): LongshoreError {
    return fail("MODEL_INVALID", { file: this.#file, problem });
  }
}

const FLOAT = 1;
const BFLOAT16 = 16;

interface Step {
  readonly opType: string;
  readonly attributes: Readonly<Record<string, number>>;
  readonly since: number;
  /** Type of what the operator gives. */
  readonly type: TypeProto | undefined;
  readonly what: string;
}

/** The operator that brings a value of a type one step nearer to an exchangeable tensor. */
function nextStep(name: string, type: TypeProto | undefined): Step | undefined {
  if (type?.optionalType) {
    const what = "the value of the optional";
    return {
      opType: "OptionalGetElement",
      attributes: {},
      since: 15,
      type: type.optionalType.elemType,
      what,
    };
  }
  const element = type?.sequenceType?.elemType?.tensorType;
  if (element) {
    const length = { dimParam: `${name}_length` };
    const shape = element.shape && { dims: [length, ...element.shape.dims] };
    const stacked = { tensorType: { elemType: element.elemType, ...(shape && { shape }) } };
    const attributes = { axis: 0, new_axis: 1 };
    const what = "the sequence's tensors, stacked along a new first axis";
    return { opType: "ConcatFromSequence", attributes, since: 11, type: stacked, what };
  }
  if (exchangeable(type) === "BF16") {
    const what = "BF16 is exchanged as FP32";
    return {
      opType: "Cast",
      attributes: { to: FLOAT },
      since: 13,
      type: withElement(type, FLOAT),
      what,
    };
  }
  return undefined;
}

function withElement(type: TypeProto | undefined, elemType: number): TypeProto {
  return { ...type, tensorType: { ...type?.tensorType, elemType } };
}

function isUsed(nodes: readonly Node[], value: string): boolean {
  return nodes.some(
    (user) =>
      user.inputs.includes(value) ||
      subgraphs(user).some(
        ({ nodes: inner, outputs }) =>
          isUsed(inner, value) || outputs.some(({ name }) => name === value),
      ),
  );
}

function readLabels(zipMap: Node): string[] {
  const text = new TextDecoder();
  return zipMap.attributes.flatMap(({ name, strings = [], ints = [] }) => {
    if (name === "classlabels_strings") return strings.map((label) => text.decode(label));
    return name === "classlabels_int64s" ? Array.from(ints, String) : [];
  });
}
