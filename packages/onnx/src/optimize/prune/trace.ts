import { elementCount, type Dimension } from "@longshore/core";
import { elementType, rawBytes } from "../../elementType.ts";
import { intsAttribute } from "../../graph/attributes.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { valuesUsedBy } from "../../graph/scope.ts";
import { integersOf } from "../../graph/tensorData.ts";
import type { Node, TensorProto } from "../../proto/types.ts";
import { Units } from "./units.ts";

/** The axis of a value along which channels may be removed. */
export interface ChannelAxis {
  readonly axis: number;
  /** The unit that each position along the axis belongs to. */
  readonly units: readonly number[];
}

/** An input of a node: a constant that loses the channels that its node's values lose. */
export interface Slice extends ChannelAxis {
  readonly node: Node;
  /** Position among the node's inputs. */
  readonly input: number;
  /**
   * `filters`: weights that make the channels. `readers`: weights that a layer reads them with.
   * `vector`: what else has an element a channel, such as a bias.
   */
  readonly role: "filters" | "readers" | "vector";
}

/** How many of these units stay. */
export type CountKept = (units: readonly number[]) => number;

/** What a node needs besides smaller constants: another group count, other lengths. */
export type Edit = (node: Node, kept: CountKept, graph: GraphEditor) => Node;

/** A node that makes channels of its own. */
export interface Layer {
  readonly node: Node;
  readonly units: readonly number[];
}

/**
 * What is known about the channels of a graph: the axis that each value has them on, which of them
 * belong together, and what must change where some are removed. The rules of the operators fill it.
 */
export class Trace {
  readonly graph: GraphEditor;
  readonly units: Units = new Units();
  readonly slices: Slice[] = [];
  readonly edits: Map<Node, Edit> = new Map();
  readonly layers: Layer[] = [];
  /** Why channels could not be followed through a node. */
  readonly refusals: Map<Node, string> = new Map();
  readonly #axes = new Map<string, ChannelAxis>();

  constructor(graph: GraphEditor) {
    this.graph = graph;
  }

  /** The values whose channels are followed. */
  get axes(): ReadonlyMap<string, ChannelAxis> {
    return this.#axes;
  }

  /** The channels of one of a node's inputs; undefined if they are not followed, or a constant's. */
  input(node: Node, index = 0): ChannelAxis | undefined {
    return this.#axes.get(node.inputs[index] ?? "");
  }

  /** Says on which axis a value has which channels. Where it has one only, that one stays. */
  follow(value: string | undefined, axis: number, units: readonly number[]): void {
    if (!value) return;
    if (units.length > 1) this.#axes.set(value, { axis, units });
    else this.units.freeze(units, `"${value}" has a single channel`);
  }

  /** New channels, which a node makes on an axis of its output. */
  produce(node: Node, axis: number, count: number): number[] {
    const units = this.units.create(count);
    this.layers.push({ node, units });
    this.follow(node.outputs[0], axis, units);
    return units;
  }

  /** Makes the channels stay that a node reads, itself or in its subgraphs. */
  freezeInputs(node: Node, reason: string): void {
    for (const value of valuesUsedBy(node))
      this.units.freeze(this.#axes.get(value)?.units ?? [], reason);
  }

  slice(
    node: Node,
    input: number,
    axis: number,
    units: readonly number[],
    role: Slice["role"],
  ): void {
    this.slices.push({ node, input, axis, units, role });
  }

  /** Slices a constant that is broadcast to `rank` axes, if it has an element for each channel. */
  sliceBroadcast(node: Node, input: number, rank: number, channels: ChannelAxis): void {
    const dims = this.constant(node, input)?.dims ?? [];
    const axis = channels.axis - (rank - dims.length);
    if (dims[axis] === channels.units.length)
      this.slice(node, input, axis, channels.units, "vector");
  }

  /** A constant input that can be sliced: its data are here, and its elements whole bytes. */
  constant(node: Node, index: number): TensorProto | undefined {
    const tensor = this.graph.constant(node.inputs[index] ?? "");
    const type = tensor && elementType(tensor.dataType);
    if (type?.datatype === undefined || type.datatype === "BYTES") return undefined;
    if (tensor!.dataLocation === 1) return undefined;
    const bytes = tensor!.rawData?.byteLength ?? 0;
    return bytes > 0 && bytes !== rawBytes(type, elementCount(tensor!.dims)) ? undefined : tensor;
  }

  /**
   * Whole numbers that are an attribute in some versions of an operator and a constant input in
   * others; undefined if there are none or they are not constant.
   */
  integers(node: Node, attribute: string, input: number): number[] | undefined {
    const ints = intsAttribute(node, attribute);
    const tensor = ints ? undefined : this.constant(node, input);
    return ints ?? (tensor && integersOf(tensor));
  }

  /** The shape of a node's input, a constant's too; undefined if the rank is not known. */
  shape(node: Node, index = 0): Dimension[] | undefined {
    const value = node.inputs[index] ?? "";
    return this.graph.constant(value)?.dims ?? this.graph.shape(value);
  }
}
