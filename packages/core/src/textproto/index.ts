/**
 * An entry of its own, `@longshore/core/textproto`: protobuf messages as text (`config.pbtxt`, model
 * config files), without a schema: to a tree of fields, and from there to values by name and type.
 *
 * `lexer.ts` makes words of text, `parse.ts` a tree of words; `reader.ts` is what users read with.
 *
 * Source: "Text Format Language Specification", protobuf.dev.
 */
export { parseTextProto, type TextField, type TextMessage, type TextValue } from "./parse.ts";
export { TextProtoProblem, type Place } from "./problem.ts";
export { MessageReader } from "./reader.ts";
