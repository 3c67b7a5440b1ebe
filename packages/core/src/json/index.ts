/** Strict JSON from bytes. The codecs beside this folder read with `reader.ts` and `elements.ts`. */
export { readJson, type JsonValue } from "./value.ts";
export { areKeys } from "./nested.ts";
