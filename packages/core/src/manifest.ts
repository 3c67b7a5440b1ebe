/** An entry of its own, `@longshore/core/manifest`: only those who read manifests load zod. */
import { z } from "zod";

const positiveInteger = z.int().positive();

/** What `bundle.yaml` may say. Everything is optional: the graph tells the rest. */
export const manifestSchema: z.ZodType<Manifest> = z.strictObject({
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/, "letters, digits, '_', '-' and '.' only, as it becomes part of a URL")
    .optional(),
  description: z.string().optional(),
  licence: z.string().optional(),
  source: z.string().optional(),
  model: z.string().optional(),
  versions: z
    .union([
      z.strictObject({ latest: positiveInteger }),
      z.literal("all"),
      z.array(positiveInteger).min(1),
    ])
    .optional(),
  batching: z
    .strictObject({
      enabled: z.boolean().optional(),
      maxBatchSize: positiveInteger.optional(),
      maxQueueDelayMs: z.number().nonnegative().optional(),
      preferredBatchSizes: z.array(positiveInteger).optional(),
    })
    .optional(),
  instances: z
    .strictObject({
      count: positiveInteger.optional(),
      intraOpThreads: positiveInteger.optional(),
    })
    .optional(),
  queue: z
    .strictObject({
      maxLength: positiveInteger.optional(),
      timeoutMs: z.number().positive().optional(),
    })
    .optional(),
  golden: z.strictObject({ file: z.string(), tolerance: z.number().nonnegative() }).optional(),
});

/** A bundle's `bundle.yaml`. */
export interface Manifest {
  /** The model's name in URLs; by default the folder's name. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** Free text, such as an SPDX expression. */
  readonly licence?: string | undefined;
  /** Where the model or its data come from. */
  readonly source?: string | undefined;
  /** The model file, relative to the bundle; `model.onnx` by default. */
  readonly model?: string | undefined;
  /** Which of a repository's version folders are served; the latest one by default. */
  readonly versions?: { readonly latest: number } | "all" | readonly number[] | undefined;
  readonly batching?:
    | {
        /** Overrules what the graph and the proof on loading say about independent rows. */
        readonly enabled?: boolean | undefined;
        /** Rows that are put together in one run, and up to which a larger request is split. */
        readonly maxBatchSize?: number | undefined;
        /** How long the first request of a batch waits for others; 0, the default, not at all. */
        readonly maxQueueDelayMs?: number | undefined;
        /** Batch sizes that the model is fastest at. */
        readonly preferredBatchSizes?: readonly number[] | undefined;
      }
    | undefined;
  readonly instances?:
    | {
        /** Sessions of the model. */
        readonly count?: number | undefined;
        /** Threads of one run. */
        readonly intraOpThreads?: number | undefined;
      }
    | undefined;
  readonly queue?:
    | {
        /** Requests that may wait. */
        readonly maxLength?: number | undefined;
        /** Deadline of requests that bring none. */
        readonly timeoutMs?: number | undefined;
      }
    | undefined;
  /** Requests with the answers of the training framework, one a line. */
  readonly golden?: { readonly file: string; readonly tolerance: number } | undefined;
}

/**
 * Checks what was read from a manifest.
 *
 * @returns the manifest, or what is wrong with it, a line a problem: `batching.maxBatchSize:
 *   expected number, received string`.
 */
export function toManifest(value: unknown): { manifest: Manifest } | { problem: string } {
  const result = manifestSchema.safeParse(value ?? {});
  if (result.success) return { manifest: result.data };
  const problems = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`,
  );
  return { problem: problems.join("; ") };
}
