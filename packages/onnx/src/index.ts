export * from "./model.ts";
export * from "./proto/types.ts";
