/**
 * An entry of its own, `@longshore/core/pipeline`: pre- and post-processing as data.
 *
 * `frame.ts` says what flows, `step.ts` what a step is, `steps.ts` which there are, `pipeline.ts`
 * how they are put together around a model.
 */
export * from "./columns.ts";
export * from "./config.ts";
export * from "./customModule.ts";
export * from "./example.ts";
export * from "./frame.ts";
export * from "./images/index.ts";
export * from "./lowering.ts";
export * from "./notes.ts";
export * from "./pipeline.ts";
export * from "./platform.ts";
export * from "./step.ts";
export * from "./steps.ts";
