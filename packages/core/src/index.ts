export * from "./datatype.ts";
export * from "./errors.ts";
export * from "./infer.ts";
export * from "./signature.ts";
export * from "./tensor.ts";
