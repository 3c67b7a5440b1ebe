/**
 * An entry of its own, `@longshore/core/profile`: what a model's training data looked like, small
 * enough to travel with the model. `schema.ts` says what a profile is, `summarize.ts` makes one of
 * columns, `merge.ts` puts those of parts of the data together.
 */
export * from "./layout.ts";
export * from "./merge.ts";
export * from "./quantiles.ts";
export * from "./schema.ts";
export * from "./summarize.ts";
