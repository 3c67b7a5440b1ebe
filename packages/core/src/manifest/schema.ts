import { z } from "zod";
import { findConflicts } from "./conflicts.ts";
import { ensembleSchema } from "./ensemble.ts";
import { queueSchema } from "./queue.ts";
import { sessionSchema } from "./session.ts";
import { warmupSchema } from "./warmup.ts";
import { fieldName, inputFieldSchema, outputFieldSchema } from "./fields.ts";
import { stepConfigSchema } from "../pipeline/config.ts";

const positiveInteger = z.int().positive();

const shape = z.array(z.union([z.int().nonnegative(), z.string().min(1)]));

const valueOverride = z.strictObject({
  name: z.string().min(1).optional().describe("What callers call it."),
  shape: shape
    .optional()
    .describe("Lengths and symbols; of the same rank as in the graph, where that knows it."),
  callerShape: shape
    .optional()
    .describe(
      "The shape that callers send or get instead, with as many elements: `[N, 1]` for a graph's " +
        "`[N]`. Its symbols stand for the graph's free axes, in their order.",
    ),
  modelShape: shape
    .optional()
    .describe(
      "With `callerShape`: the shape that the graph takes or gives for it, where not all of the " +
        "graph's free axes are free for callers.",
    ),
});

const outputOverride = valueOverride.extend({
  labels: z
    .union([z.array(z.string()).min(1), z.string().min(1)])
    .optional()
    .describe(
      "Names of the classes along the last axis, or the file in the bundle that has one a line: " +
        "callers who ask for the highest classes get them too.",
    ),
});

const valueOverrides = z.record(z.string(), valueOverride);

const variant = z.strictObject({
  name: z.string().min(1).describe("What reports and metrics call it."),
  target: z
    .string()
    .min(1)
    .describe("What it was made for, such as `x64-vnni`: elsewhere, the original is served."),
  model: z.string().min(1).describe("Its file, relative to the original's folder."),
  original: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "the SHA-256 of the original, in hexadecimal")
    .describe(
      "SHA-256 of the original, so that a variant of an older model is never served in its place.",
    ),
  record: z
    .string()
    .optional()
    .describe("What was measured to choose it, as JSON; relative to the original's folder."),
  tolerance: z
    .number()
    .nonnegative()
    .optional()
    .describe("How far its numbers may be from the golden answers; the original's by default."),
  agreement: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "Share of the golden examples that it must answer within the tolerance; 1 by default.",
    ),
});

const sections = z.strictObject({
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/, "letters, digits, '_', '-' and '.' only, as it becomes part of a URL")
    .optional()
    .describe("The model's name in URLs; by default the folder's name."),
  description: z.string().optional().describe("What the model does, for people."),
  licence: z.string().optional().describe("Free text, such as an SPDX expression."),
  source: z.string().optional().describe("Where the model or its data come from."),
  task: z
    .enum([
      "tabular-classification",
      "tabular-regression",
      "image-classification",
      "object-detection",
      "text-classification",
      "feature-extraction",
      "audio-classification",
      "time-series-forecasting",
      "optimization",
    ])
    .optional()
    .describe("What kind of question the model answers, in the words of model hubs."),
  model: z
    .string()
    .optional()
    .describe(
      "The model, relative to the bundle: an `.onnx` file, `model.onnx` by default; or a module " +
        "(`.ts`, `.js`, `.mjs`) that exports `defineModel(…)`.",
    ),
  signature: z
    .strictObject({
      inputs: valueOverrides.optional().describe("By their names in the graph."),
      outputs: z
        .record(z.string(), outputOverride)
        .optional()
        .describe("By their names in the graph."),
    })
    .optional()
    .describe(
      "Other names and shapes for the graph's inputs and outputs, by the names in the graph.",
    ),
  inputs: z
    .record(fieldName, inputFieldSchema)
    .optional()
    .describe("What callers of `/predict` send, in the user's terms; the pipeline starts with it."),
  outputs: z
    .record(fieldName, outputFieldSchema)
    .optional()
    .describe(
      "What callers of `/predict` get, of the columns that the pipeline ends with; all by default.",
    ),
  pipeline: z
    .strictObject({
      before: z
        .array(stepConfigSchema("before"))
        .optional()
        .describe("From the inputs to the model's."),
      after: z
        .array(stepConfigSchema("after"))
        .optional()
        .describe("From the model's outputs to the answer."),
    })
    .optional()
    .describe("Pre- and post-processing, as data. The reference of steps tells what there is."),
  versions: z
    .union([
      z.strictObject({ latest: positiveInteger.describe("So many of the newest.") }),
      z.literal("all"),
      z.array(positiveInteger).min(1),
    ])
    .optional()
    .describe("Which of a repository's version folders are served; the latest one by default."),
  batching: z
    .strictObject({
      enabled: z
        .boolean()
        .optional()
        .describe("Overrules what the graph and the proof on loading say about independent rows."),
      maxBatchSize: positiveInteger
        .optional()
        .describe(
          "Rows that are put together in one run, and up to which a larger request is split.",
        ),
      maxQueueDelayMs: z
        .number()
        .nonnegative()
        .optional()
        .describe(
          "How long the first request of a batch waits for others; 0, the default, not at all.",
        ),
      preferredBatchSizes: z
        .array(positiveInteger)
        .optional()
        .describe("Batch sizes that the model is fastest at."),
      preserveOrdering: z
        .boolean()
        .optional()
        .describe(
          "Answers leave in the order in which requests came; false by default. Does not go " +
            "together with priorities, or with requests that are delayed.",
        ),
    })
    .optional()
    .describe("How rows of different callers share runs of the model."),
  instances: z
    .strictObject({
      count: positiveInteger.optional().describe("Sessions of the model."),
      intraOpThreads: positiveInteger.optional().describe("Threads of one run."),
    })
    .optional()
    .describe("What runs the model; by default what its measured speed asks for."),
  session: sessionSchema
    .optional()
    .describe("How ONNX Runtime runs the graph; its own defaults are best for most."),
  queue: queueSchema.optional().describe("Requests that wait for a run."),
  cache: z
    .strictObject({
      maxMib: positiveInteger
        .optional()
        .describe(
          "Memory of the answers that are kept; 64 by default. Those not used for longest go first.",
        ),
    })
    .optional()
    .describe(
      "Answers are kept, and given again to equal inputs without a run. For models that always " +
        "answer the same; not for sequences.",
    ),
  warmup: warmupSchema
    .optional()
    .describe(
      "Runs in every session before a version takes traffic; one that fails keeps it from loading.",
    ),
  sequence: z
    .strictObject({
      controls: z
        .strictObject({
          start: z.string().optional().describe("1 in the first request of a sequence, else 0."),
          end: z.string().optional().describe("1 in the last request of a sequence, else 0."),
          ready: z.string().optional().describe("1 in every request."),
          corrid: z
            .string()
            .optional()
            .describe("The sequence's id: an integer, or a text for an input of texts."),
        })
        .optional()
        .describe("Inputs of the model that the server fills, by what they tell."),
      state: z
        .array(
          z.strictObject({
            input: z.string().describe("Input that takes the state."),
            output: z.string().describe("Output that gives the next request's."),
            initial: z
              .number()
              .optional()
              .describe("Every element of the state that a sequence starts with; 0 by default."),
            shape: z
              .array(z.int().nonnegative())
              .optional()
              .describe(
                "Shape of the state that a sequence starts with; needed where the input has free " +
                  "axes other than that of rows.",
              ),
          }),
        )
        .optional()
        .describe("What the server keeps between the requests of a sequence."),
      maxIdleMs: z
        .number()
        .positive()
        .optional()
        .describe("A sequence without requests for so long has ended; 60,000 by default."),
      maxSequences: positiveInteger
        .optional()
        .describe("Sequences that may run at a time; 1,000 by default."),
    })
    .optional()
    .describe(
      "For models with a memory: callers send the requests of a sequence with `sequence_id`, one row " +
        "each, and neither send nor get what is named here.",
    ),
  ensemble: ensembleSchema
    .optional()
    .describe(
      "A model that is computed by other models of the same server, in place of a file of its own: " +
        "their tensors are handed on inside the server. Types and shapes come from them.",
    ),
  limits: z
    .strictObject({
      maxRows: positiveInteger
        .optional()
        .describe("Rows of one call of `/predict`; 10,000 by default."),
    })
    .optional()
    .describe("What is refused."),
  code: z
    .strictObject({
      maxRunMs: z
        .number()
        .positive()
        .optional()
        .describe("A call of the bundle's code that takes longer is ended; 10,000 by default."),
      maxMemoryMib: positiveInteger
        .optional()
        .describe("Memory of the bundle's code; when it takes more, it is ended. 256 by default."),
    })
    .optional()
    .describe("Limits of a code model and of custom steps."),
  golden: z
    .strictObject({
      file: z.string().describe("JSON Lines: a request and its answer each."),
      tolerance: z
        .number()
        .nonnegative()
        .describe(
          "How far numbers may differ: `|got - expected| <= tolerance * max(1, |expected|)`.",
        ),
    })
    .optional()
    .describe(
      "Requests with the answers of the training framework; run before the model takes traffic.",
    ),
  profile: z
    .string()
    .optional()
    .describe("Statistics of the training data, as `longshore profile` writes them."),
  variants: z
    .array(variant)
    .optional()
    .describe(
      "The same model made faster or smaller, by `longshore optimize`. The server takes the one that " +
        "asks most of the CPU that it is on, of several such the first; else the original.",
    ),
});

/** The one source of `bundle.yaml`'s types, validation, JSON Schema and reference page. */
export const manifestSchema = sections.check(({ value, issues }) => {
  for (const { path, message, suggestion } of findConflicts(value)) {
    const says = suggestion === undefined ? message : `${message}; ${suggestion}`;
    issues.push({ code: "custom", path: [...path], message: says, input: value });
  }
});

/** A bundle's `bundle.yaml`. Everything is optional: the graph tells the rest. */
export type Manifest = z.output<typeof manifestSchema>;

/** What is said of an input or output otherwise than its graph does. */
export type ValueOverride = z.output<typeof valueOverrides>[string];

/** The same of an output, which may have labels. */
export type OutputOverride = z.output<typeof outputOverride>;

/** Overrides by the names in the graph. */
export type SignatureOverride = NonNullable<Manifest["signature"]>;

/** An optimised form of a bundle's model. */
export type Variant = z.output<typeof variant>;
