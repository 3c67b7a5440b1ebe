/**
 * An entry of its own, `@longshore/core/golden`: requests with the answers that they must have, as
 * recorded from the training framework.
 */
export * from "./compare.ts";
export * from "./read.ts";
