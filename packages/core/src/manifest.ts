/** An entry of its own, `@longshore/core/manifest`: only those who read manifests load zod. */
import { z } from "zod";
import type { Dimension } from "./signature.ts";

const positiveInteger = z.int().positive();

const valueOverrides = z.record(
  z.string(),
  z.strictObject({
    name: z.string().min(1).optional(),
    shape: z.array(z.union([z.int().nonnegative(), z.string().min(1)])).optional(),
  }),
);

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
  signature: z
    .strictObject({ inputs: valueOverrides.optional(), outputs: valueOverrides.optional() })
    .optional(),
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
  variants: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        target: z.string().min(1),
        model: z.string().min(1),
        original: z.string().regex(/^[0-9a-f]{64}$/, "the SHA-256 of the original, in hexadecimal"),
        record: z.string().optional(),
      }),
    )
    .optional(),
});

/** What is said of an input or output otherwise than its graph does. */
export interface ValueOverride {
  /** What callers call it. */
  readonly name?: string | undefined;
  /** Lengths and symbols; of the same rank as in the graph, where that knows it. */
  readonly shape?: readonly Dimension[] | undefined;
}

/** Overrides by the names in the graph. */
export interface SignatureOverride {
  readonly inputs?: Readonly<Record<string, ValueOverride>> | undefined;
  readonly outputs?: Readonly<Record<string, ValueOverride>> | undefined;
}

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
  /** Other names and shapes for the graph's inputs and outputs, by the names in the graph. */
  readonly signature?: SignatureOverride | undefined;
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
  /**
   * Requests with the answers of the training framework, one a line. They speak of the original
   * model: how far a variant is from it stands in the variant's record.
   */
  readonly golden?: { readonly file: string; readonly tolerance: number } | undefined;
  /**
   * The same model made faster or smaller, by `longshore optimize`. The server takes the one that
   * asks most of the CPU that it is on, of several such the first; else the original.
   */
  readonly variants?: readonly Variant[] | undefined;
}

/** An optimised form of a bundle's model. */
export interface Variant {
  readonly name: string;
  /** What it was made for, such as `x64-vnni`: elsewhere, the original is served. */
  readonly target: string;
  /** Its file, relative to the original's folder. */
  readonly model: string;
  /** SHA-256 of the original, so that a variant of an older model is never served in its place. */
  readonly original: string;
  /** What was measured to choose it, as JSON; relative to the original's folder. */
  readonly record?: string | undefined;
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
