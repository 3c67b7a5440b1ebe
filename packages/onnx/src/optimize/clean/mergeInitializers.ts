import { elementCount, toBytes } from "@longshore/core";
import { elementType, rawBytes } from "../../elementType.ts";
import type { GraphEditor } from "../../graph/editor.ts";
import { elementsOf } from "../../graph/tensorData.ts";
import type { Model, TensorProto } from "../../proto/types.ts";
import { editPass } from "../editPass.ts";
import type { PassResult } from "../pass.ts";
import { definesInside } from "./bypass.ts";

/**
 * Keeps one of several initializers with the same type, dims and bytes; those of a subgraph give
 * way to those of the graphs around it.
 */
export function mergeInitializers(model: Model): PassResult {
  let [count, bytes] = [0, 0];
  return editPass(model, (graph, { changes }) => {
    for (const tensor of graph.initializers) {
      const name = tensor.name ?? "";
      // An output keeps its constant, and what a caller may override is none.
      if (graph.isOutput(name) || graph.constant(name) !== tensor) continue;
      const content = contentOf(tensor);
      if (content === undefined) continue;
      const known = knownConstants(graph, tensor, content);
      const users = graph.users(name);
      if (known === undefined || users.length === 0) continue;
      if (users.some((user) => definesInside(user, known))) continue;
      graph.redirect(name, known);
      count += 1;
      bytes += content.byteLength;
    }
    changes.length = 0;
    if (count > 0) changes.push(`duplicate initializers merged: ${count} (${bytes} bytes)`);
  });
}

type Seen = Map<string, { readonly name: string; readonly content: Uint8Array }[]>;

/** The initializers that each graph keeps, by {@link fingerprint}. */
const seenIn = new WeakMap<GraphEditor, Seen>();

/** The name under which a content is there already; takes note of it if it is not. */
function knownConstants(
  graph: GraphEditor,
  tensor: TensorProto,
  content: Uint8Array,
): string | undefined {
  const key = fingerprint(tensor, content);
  for (let scope: GraphEditor | undefined = graph; scope; scope = scope.outer) {
    const same = seenIn
      .get(scope)
      ?.get(key)
      ?.find((other) => equalBytes(other.content, content));
    // The name must mean that constant here too.
    if (same && graph.scopeOf(same.name) === scope) return same.name;
  }
  const seen: Seen = seenIn.get(graph) ?? new Map();
  seenIn.set(graph, seen);
  const alike = seen.get(key);
  const entry = { name: tensor.name ?? "", content };
  if (alike) alike.push(entry);
  else seen.set(key, [entry]);
  return undefined;
}

/** A tensor's elements as bytes, whichever field they are in; undefined for strings. */
function contentOf(tensor: TensorProto): Uint8Array | undefined {
  const type = elementType(tensor.dataType);
  if (type === undefined || type.datatype === "BYTES" || tensor.dataLocation === 1)
    return undefined;
  const { rawData } = tensor;
  if (rawData?.byteLength === rawBytes(type, elementCount(tensor.dims))) return rawData;
  return type.datatype && toBytes(elementsOf(tensor));
}

/** How many bytes of a content are looked at before whole contents are compared. */
const SAMPLES = 64;

/** Equal for equal contents, and rarely for others. */
function fingerprint({ dims, dataType }: TensorProto, content: Uint8Array): string {
  let hash = 0;
  const stride = Math.max(1, Math.floor(content.byteLength / SAMPLES));
  for (let at = 0; at < content.byteLength; at += stride)
    hash = (Math.imul(hash, 31) + content[at]!) | 0;
  return `${dataType}:${dims.join(",")}:${hash}`;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let at = 0; at < a.byteLength; at++) if (a[at] !== b[at]) return false;
  return true;
}
