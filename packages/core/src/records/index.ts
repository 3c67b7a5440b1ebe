/**
 * An entry of its own, `@longshore/core/records`: callers' data in a bundle's terms to frames, and
 * frames to answers.
 *
 * `kinds.ts` says what a value of each type of field may be, `records.ts` how rows become columns;
 * one file a format reads bytes into them. `answer.ts` and `answerTable.ts` write.
 */
export * from "./answer.ts";
export * from "./answerTable.ts";
export * from "./contract.ts";
export * from "./json.ts";
export * from "./jsonLines.ts";
export * from "./parts.ts";
export * from "./table.ts";
