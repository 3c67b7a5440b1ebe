/**
 * What serving takes: reading and checking models, their contracts, and the edits of loading. A part
 * of `index.ts` with an entry of its own: every process and thread of a server loads it, and the rest
 * (shapes, steps as nodes, passes) would be most of what they load.
 */
export { joinChunks, readModel, readTensorProto, writeModel } from "./model.ts";
export * from "./proto/types.ts";
export { checkModel, type ExternalData } from "./safety.ts";
export { readShape, readSignature, UNKNOWN_RANK } from "./signature.ts";
export * from "./batch.ts";
export * from "./servable.ts";
export * from "./overrideSignature.ts";
export * from "./optimize/targets.ts";
