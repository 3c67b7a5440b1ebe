import { domainOf } from "../edit.ts";
import { readShape } from "../signature.ts";
import type { Dimension } from "@longshore/core";
import type { Graph, Model, Node, TensorProto, TypeProto, ValueInfo } from "../proto/types.ts";
import { subgraphs, walkModel } from "../walk.ts";
import { tensorAttribute } from "./attributes.ts";
import { redirectNode, sortNodes, valuesUsedBy } from "./scope.ts";

/** What the graphs of a model share while they are edited. */
interface Shared {
  readonly irVersion: number;
  readonly opsets: Map<string, number>;
  /** Every name of a value, in whichever graph: new ones differ from all of them. */
  readonly names: Set<string>;
}

/**
 * A graph that is being edited: who makes each value, who uses it, and which are constant, kept
 * right through every edit. The model that it came from is not changed: nodes and tensors are
 * plain data that is replaced, never written to.
 *
 * Nodes may be added in any order; they are sorted when the editing is done.
 *
 * ```ts
 * const slim = editModel(model, (graph) => {
 *   for (const node of graph.nodes) {
 *     if (node.opType !== "Dropout") continue;
 *     graph.redirect(node.outputs[0]!, node.inputs[0]!);
 *     graph.remove(node);
 *   }
 * });
 * ```
 */
export class GraphEditor {
  /** The graph around this one, where this is a branch or a loop's body. */
  readonly outer: GraphEditor | undefined;
  readonly #shared: Shared;
  readonly #graph: Graph;
  readonly #nodes = new Set<Node>();
  readonly #producers = new Map<string, Node>();
  readonly #users = new Map<string, Set<Node>>();
  readonly #initializers = new Map<string, TensorProto>();
  readonly #types = new Map<string, TypeProto>();
  readonly #inputs: ReadonlySet<string>;
  readonly #outputs: ReadonlySet<string>;

  /** Use {@link editModel}. */
  constructor(graph: Graph, shared: Shared, outer?: GraphEditor) {
    this.#graph = graph;
    this.#shared = shared;
    this.outer = outer;
    this.#inputs = new Set(graph.inputs.map(({ name }) => name));
    this.#outputs = new Set(graph.outputs.map(({ name }) => name));
    for (const tensor of graph.initializers) this.#initializers.set(tensor.name ?? "", tensor);
    for (const { name, type } of [...graph.valueInfos, ...graph.inputs, ...graph.outputs])
      if (type) this.#types.set(name, type);
    for (const node of graph.nodes) this.add(node);
  }

  /** The nodes as they are now; safe to edit while going through them. Not sorted. */
  get nodes(): Node[] {
    return [...this.#nodes];
  }

  get inputs(): readonly ValueInfo[] {
    return this.#graph.inputs;
  }

  get outputs(): readonly ValueInfo[] {
    return this.#graph.outputs;
  }

  get initializers(): TensorProto[] {
    return [...this.#initializers.values()];
  }

  /** Version of a domain's operators (`""`: the standard ones), undefined if none is imported. */
  opset(domain = ""): number | undefined {
    return this.#shared.opsets.get(domain);
  }

  /** Imports a domain that the model may not know yet. @throws RangeError if it has another version. */
  importOpset(domain: string, version: number): void {
    const known = this.opset(domain);
    if (known !== undefined && known !== version)
      throw new RangeError(`the model imports version ${known} of "${domain}", not ${version}`);
    this.#shared.opsets.set(domain, version);
  }

  /** Whether a node is still part of the graph. */
  has(node: Node): boolean {
    return this.#nodes.has(node);
  }

  /** The node that makes a value; undefined for inputs, constants and values of outer graphs. */
  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  /** The nodes that read a value, themselves or in their subgraphs. */
  users(value: string): Node[] {
    return [...(this.#users.get(value) ?? [])];
  }

  isOutput(value: string): boolean {
    return this.#outputs.has(value);
  }

  isInput(value: string): boolean {
    return this.#inputs.has(value);
  }

  /** Whether a subgraph of this graph reads a value. */
  isCaptured(value: string): boolean {
    return this.users(value).some((node) => !node.inputs.includes(value));
  }

  /** The only reader of a value; undefined if others, a subgraph, or the caller read it as well. */
  soleUser(value: string): Node | undefined {
    const [user, ...others] = this.users(value);
    const alone = others.length === 0 && !this.isOutput(value) && !this.isCaptured(value);
    return alone ? user : undefined;
  }

  /**
   * A value that is always the same: an initializer that no caller can override, or what a
   * Constant node holds as a tensor. Looks in the graphs around this one too.
   */
  constant(value: string): TensorProto | undefined {
    const own = this.#initializers.get(value);
    if (own) return this.#isOverridable(value) ? undefined : own;
    const producer = this.#producers.get(value);
    if (producer?.opType === "Constant" && domainOf(producer) === "")
      return tensorAttribute(producer, "value");
    return producer || this.isInput(value) ? undefined : this.outer?.constant(value);
  }

  /** The graph that defines a value: this one, or one around it. */
  scopeOf(value: string): GraphEditor | undefined {
    const own = this.#initializers.has(value) || this.#producers.has(value) || this.isInput(value);
    return own ? this : this.outer?.scopeOf(value);
  }

  /**
   * From IR version 4 on, an initializer that is listed as an input is a default, which a caller may
   * change; before, all of them had to be listed.
   */
  #isOverridable(value: string): boolean {
    return this.#shared.irVersion >= 4 && this.#inputs.has(value);
  }

  /** A value's type as far as the graph states it. */
  type(value: string): TypeProto | undefined {
    const own = this.#types.get(value);
    if (own) return own;
    const tensor = this.#initializers.get(value);
    if (tensor) {
      const dims = tensor.dims.map((dimValue) => ({ dimValue }));
      return { tensorType: { elemType: tensor.dataType, shape: { dims } } };
    }
    return this.#producers.has(value) ? undefined : this.outer?.type(value);
  }

  /** A tensor's shape: a length, a symbol, or `"?"` a dimension; undefined if the rank is unknown. */
  shape(value: string): Dimension[] | undefined {
    const shape = this.type(value)?.tensorType?.shape;
    return shape && readShape(shape);
  }

  /** A tensor's `TensorProto.DataType`. */
  elementType(value: string): number | undefined {
    return this.type(value)?.tensorType?.elemType;
  }

  setType(value: string, type: TypeProto): void {
    this.#types.set(value, type);
  }

  /** A name that no value of the model bears, and that is taken from now on. */
  freshName(base: string): string {
    const { names } = this.#shared;
    let name = base;
    for (let count = 2; names.has(name); count++) name = `${base}_${count}`;
    names.add(name);
    return name;
  }

  /**
   * Adds a constant under a fresh name made from the tensor's; before IR version 4, in which only a
   * model's own inputs can list it, to the outermost graph. @returns the name.
   */
  addConstant(tensor: TensorProto): string {
    if (this.#shared.irVersion < 4 && this.outer) return this.outer.addConstant(tensor);
    const name = this.freshName(tensor.name || "constant");
    this.#initializers.set(name, { ...tensor, name });
    return name;
  }

  /** Makes a value that no node makes any more a constant, under the name it has. */
  define(name: string, tensor: TensorProto): void {
    if (this.#producers.has(name) || this.#initializers.has(name) || this.isInput(name))
      throw new RangeError(`"${name}" is made already`);
    this.#initializers.set(name, { ...tensor, name });
    this.#types.delete(name);
  }

  /** Puts another tensor in the place of an initializer of this graph. */
  setInitializer(name: string, tensor: TensorProto): void {
    if (!this.#initializers.has(name))
      throw new RangeError(`the graph has no initializer "${name}"`);
    this.#initializers.set(name, { ...tensor, name });
    this.#types.delete(name);
  }

  /** Adds a node. Its outputs must be new, or those of a node that was removed before. */
  add(node: Node): Node {
    for (const name of node.outputs) {
      if (name === "") continue;
      const other = this.#producers.get(name);
      if (other && other !== node) throw new RangeError(`"${name}" is made by two nodes`);
      this.#producers.set(name, node);
      this.#shared.names.add(name);
    }
    this.#nodes.add(node);
    for (const name of valuesUsedBy(node)) {
      const users = this.#users.get(name);
      if (users) users.add(node);
      else this.#users.set(name, new Set([node]));
    }
    return node;
  }

  /** Takes a node away. Whoever reads its outputs must be given another source; see {@link redirect}. */
  remove(node: Node): void {
    if (!this.#nodes.delete(node)) throw new RangeError(`no such node in the graph`);
    for (const name of node.outputs)
      if (this.#producers.get(name) === node) this.#producers.delete(name);
    for (const name of valuesUsedBy(node)) this.#users.get(name)?.delete(node);
  }

  /** Puts nodes in the place of one. Those that make the same outputs need no redirecting. */
  replace(node: Node, ...others: readonly Node[]): void {
    this.remove(node);
    for (const other of others) this.add(other);
  }

  /**
   * Makes nodes that read one value read another: all of them, subgraphs included, unless a list is
   * given. What the graph gives to the caller stays: an output needs its producer.
   */
  redirect(from: string, to: string, users: readonly Node[] = this.users(from)): void {
    for (const user of users) this.replace(user, redirectNode(user, from, to));
  }

  /** Removes nodes whose outputs nobody reads, and constants likewise. @returns how many of each. */
  removeUnused(): { nodes: number; constants: number } {
    const wanted = new Set<Node>();
    const values = new Set<string>(this.#outputs);
    const want = (name: string): void => {
      values.add(name);
      const node = this.#producers.get(name);
      if (node === undefined || wanted.has(node)) return;
      wanted.add(node);
      open.push(node);
    };
    const open: Node[] = [];
    for (const name of this.#outputs) want(name);
    for (let node = open.pop(); node; node = open.pop())
      for (const name of valuesUsedBy(node)) want(name);
    let [nodes, constants] = [0, 0];
    for (const node of this.nodes) {
      if (wanted.has(node)) continue;
      this.remove(node);
      nodes += 1;
    }
    for (const name of this.#initializers.keys()) {
      if (values.has(name) || this.#isOverridable(name)) continue;
      this.#initializers.delete(name);
      constants += 1;
    }
    return { nodes, constants };
  }

  /** The graph as edited, its nodes in order. @throws RangeError if they form a circle. */
  toGraph(): Graph {
    const nodes = sortNodes(this.nodes);
    const made = new Set(nodes.flatMap(({ outputs }) => outputs));
    return {
      ...this.#graph,
      nodes,
      inputs: this.#listInputs(),
      initializers: this.initializers,
      valueInfos: [...this.#types]
        .filter(([name]) => made.has(name) && !this.#outputs.has(name))
        .map(([name, type]) => ({ name, type })),
    };
  }

  /** The inputs; before IR version 4, those of a model list its initializers, as they are now. */
  #listInputs(): ValueInfo[] {
    const { inputs, initializers } = this.#graph;
    if (this.#shared.irVersion >= 4 || this.outer !== undefined) return inputs;
    const before = new Set(initializers.map(({ name }) => name));
    const given = inputs.filter(({ name }) => !before.has(name));
    const listed = Array.from(this.#initializers.keys(), (name) => {
      const type = this.type(name);
      return { ...inputs.find((input) => input.name === name), name, ...(type && { type }) };
    });
    return [...given, ...listed];
  }
}

/**
 * A copy of a model, edited. The edit is given the main graph, then every branch and loop body in
 * it, each as an editor of its own whose `outer` is the graph around it.
 */
export function editModel(model: Model, edit: (graph: GraphEditor) => void): Model {
  const opsets = new Map<string, number>();
  for (const opset of model.opsetImports)
    opsets.set(domainOf(opset), Math.max(opset.version, opsets.get(domainOf(opset)) ?? 0));
  const shared = { irVersion: model.irVersion, opsets, names: allNames(model) };
  const editGraph = (graph: Graph, outer?: GraphEditor): Graph => {
    const editor = new GraphEditor(graph, shared, outer);
    edit(editor);
    for (const node of editor.nodes) {
      if (subgraphs(node).length === 0) continue;
      editor.replace(node, {
        ...node,
        attributes: node.attributes.map((attribute) => ({
          ...attribute,
          ...(attribute.g && { g: editGraph(attribute.g, editor) }),
          ...(attribute.graphs && { graphs: attribute.graphs.map((g) => editGraph(g, editor)) }),
        })),
      });
    }
    return editor.toGraph();
  };
  const graph = editGraph(model.graph);
  const opsetImports = Array.from(opsets, ([domain, version]) => ({ domain, version }));
  return { ...model, graph, opsetImports };
}

function allNames(model: Model): Set<string> {
  const names = new Set<string>();
  walkModel(model, {
    graph({ inputs, initializers }) {
      for (const { name } of inputs) names.add(name);
      for (const { name } of initializers) names.add(name ?? "");
    },
    node({ inputs, outputs }) {
      for (const name of inputs) names.add(name);
      for (const name of outputs) names.add(name);
    },
  });
  return names;
}
