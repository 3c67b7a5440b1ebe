import { z } from "zod";
import { SESSION_ENTRY } from "./sessionEntry.ts";

/** Options of a session in ONNX Runtime, beside the threads of a run, which `instances` has. */
export const sessionSchema = z.strictObject({
  graphOptimization: z
    .enum(["disabled", "basic", "extended", "all"])
    .optional()
    .describe("How far the graph is optimised on loading; `all` by default."),
  parallel: z
    .boolean()
    .optional()
    .describe("Branches of the graph run at the same time; false by default."),
  interOpThreads: z
    .int()
    .positive()
    .optional()
    .describe("Threads that branches share where `parallel` is set; 1 by default."),
  memoryArena: z.boolean().optional().describe("Memory is kept for the next run; true by default."),
  memoryPattern: z
    .boolean()
    .optional()
    .describe("Memory is laid out ahead by what earlier runs needed; true by default."),
  config: z
    .record(
      z
        .string()
        .regex(
          SESSION_ENTRY,
          "`session.…`, `optimization.…` or `mlas.…`, and none that names a file",
        ),
      z.string(),
    )
    .optional()
    .describe("Configuration entries of ONNX Runtime, by their full names."),
});

/** Options of a session, as a manifest has them. */
export type SessionSettings = z.output<typeof sessionSchema>;
