import { z } from "zod";
import { DATATYPES, type Datatype } from "../datatype.ts";

const tensorName = z.string().min(1);
const datatypes = Object.keys(DATATYPES) as [Datatype, ...Datatype[]];

const declaration = z.strictObject({
  datatype: z
    .enum(datatypes)
    .optional()
    .describe("Its data type, as of the Open Inference Protocol."),
  shape: z
    .array(z.union([z.int().min(-1), z.string().min(1)]))
    .optional()
    .describe("Lengths, and symbols (or -1) for free axes; with the axis of rows."),
});

/** Names of tensors, or names with what is said of each. */
const tensors = z.union([
  z.array(tensorName).min(1),
  z.record(tensorName, declaration).refine((named) => Object.keys(named).length > 0, {
    message: "expected at least one tensor",
  }),
]);

const step = z.strictObject({
  model: z.string().min(1).describe("Name of a model that the same server serves."),
  version: z
    .int()
    .nonnegative()
    .optional()
    .describe("Its version; by default the one that answers when a request comes."),
  inputs: z.record(z.string().min(1), tensorName).describe("A tensor for each input of the model."),
  outputs: z
    .record(z.string().min(1), tensorName)
    .describe("Names of the tensors that the model's outputs become; only of those that are used."),
});

/** The section `ensemble` of a manifest: a model that is computed by other models. */
export const ensembleSchema = z.strictObject({
  inputs: tensors
    .optional()
    .describe(
      "Tensors that callers send: a list of names, or names with `datatype` and `shape`, which are " +
        "then checked against the models'. By default those that no step makes.",
    ),
  outputs: tensors
    .optional()
    .describe("Tensors that callers get, in the same forms. By default those that no step reads."),
  steps: z
    .array(step)
    .min(1)
    .describe(
      "Each runs as soon as its inputs are there, whatever their order here; branches run at the " +
        "same time.",
    ),
});

/** What `bundle.yaml` says of an ensemble. */
export type EnsembleSettings = z.output<typeof ensembleSchema>;

/** A step of an ensemble. */
export type EnsembleStep = EnsembleSettings["steps"][number];

/** What an ensemble says of one of its tensors. */
export type TensorDeclaration = z.output<typeof declaration>;
