import type { GraphEditor } from "../graph/editor.ts";
import type { Node } from "../proto/types.ts";

/**
 * Gives what stands for a node in the next version: the same outputs, made by newer operators.
 * Undefined where it can stay as it is; a reason where there is nothing like it.
 */
export type Rewrite = (node: Node, graph: GraphEditor) => readonly Node[] | string | undefined;
