import type { Signature, TensorSpec } from "@longshore/core";
import type { Manifest } from "@longshore/core/manifest";
import type { Model } from "@longshore/onnx";
import type { DataColumn } from "./columns.ts";
import type { Draft, FieldDraft, StepDraft } from "./draft.ts";
import { classesOf, hasClassifier, hasRegressor, makesProbabilities } from "./graphFacts.ts";

export type Task = NonNullable<Manifest["task"]>;
/** What a model takes, as far as the proposal could tell. */
export type Modality = "table" | "image" | "text" | "other";

/** The part of a draft after the model. */
export type OutputDraft = Pick<Draft, "task" | "after" | "outputs" | "remarks">;

/** What is known of a model's outputs. */
interface Known {
  readonly model: Model;
  readonly signature: Signature;
  readonly modality: Modality;
  /** As the user names it. */
  readonly task: Task | undefined;
  /** The column of the data that the model foretells. */
  readonly target: DataColumn | undefined;
}

/** Proposes what becomes of a model's outputs, and says which task that is. */
export function fromOutputs(known: Known): OutputDraft {
  const { signature, modality } = known;
  const states = signature.outputs.find((output) => isFloat(output) && output.shape.length === 3);
  if (known.task === "feature-extraction" || (modality === "text" && states && !known.task))
    return embeddings(known, states);
  if (known.task === "object-detection" || (modality === "image" && states && !known.task))
    return detections(signature);
  if (isClassification(known)) return classification(known);
  return regression(known);
}

/** What steps after the model compute with; others are answered as they are. */
const FLOATS = ["FP32", "FP64"];

function isFloat({ datatype }: TensorSpec): boolean {
  return FLOATS.includes(datatype);
}

/** Scores of classes: `[N, classes]`. */
function scoresOf({ outputs }: Signature): TensorSpec | undefined {
  return outputs.find(
    (output) =>
      isFloat(output) &&
      output.shape.length === 2 &&
      (output.labels !== undefined || (typeof output.shape[1] === "number" && output.shape[1] > 1)),
  );
}

/** The class itself: one text or whole number a row. */
function labelOf({ outputs }: Signature): TensorSpec | undefined {
  return outputs.find(
    (output) => ["BYTES", "INT64", "INT32"].includes(output.datatype) && isOneARow(output),
  );
}

function isOneARow({ shape }: TensorSpec): boolean {
  return shape.length === 1 || (shape.length === 2 && shape[1] === 1);
}

function isClassification({ task, model, signature, modality, target }: Known): boolean {
  if (task !== undefined) return task.endsWith("classification");
  if (labelOf(signature) !== undefined) return true;
  const scores = scoresOf(signature);
  if (scores === undefined) return target?.kind === "category" && signature.outputs.length === 1;
  // Boosted classifiers are exported as regressors with a softmax behind them.
  if (hasRegressor(model) && !makesProbabilities(model, scores.name)) return false;
  return (
    modality !== "table" ||
    hasClassifier(model) ||
    makesProbabilities(model, scores.name) ||
    target?.kind === "category"
  );
}

const CLASSIFICATION: Readonly<Record<Modality, Task>> = {
  table: "tabular-classification",
  image: "image-classification",
  text: "text-classification",
  other: "tabular-classification",
};

function classification(known: Known): OutputDraft {
  const { signature, model, target } = known;
  const task = known.task ?? CLASSIFICATION[known.modality];
  const scores = scoresOf(signature);
  const label = labelOf(signature);
  const answer = answerName(target?.name ?? "label", scores);
  const after: StepDraft[] = [];
  const outputs: FieldDraft[] = [];
  if (scores === undefined) return oneScore(known, task, label, answer);
  const isReady = label !== undefined || makesProbabilities(model, scores.name);
  const probabilities = isReady ? scores.name : "probabilities";
  if (!isReady)
    after.push({
      step: "softmax",
      options: { column: scores.name, into: probabilities },
      comment: "The graph ends without. Use `sigmoid` if several classes can be true at once.",
    });
  const { names, comment } = classNames(known, scores);
  if (names !== undefined || label === undefined) {
    after.push({
      step: "labels",
      options: {
        column: probabilities,
        ...(scores.labels === undefined && { labels: names ?? places(scores) }),
        ...(label === undefined && { into: answer }),
      },
      ...(comment && { comment }),
    });
  }
  if (label !== undefined)
    after.push({
      step: "labels",
      options: { column: label.name, ...(label.name !== answer && { into: answer }) },
    });
  outputs.push(
    { name: answer, field: { type: "category", ...(names && { values: names }) } },
    { name: probabilities, field: { type: "tensor", description: "Probability of each class." } },
  );
  return { task, after, outputs, remarks: [] };
}

/** The class must not take the place of its own scores. */
function answerName(wanted: string, scores: TensorSpec | undefined): string {
  return wanted === scores?.name || wanted === "probabilities" ? `${wanted}_class` : wanted;
}

/** Names of the classes, and whether they are to be checked. */
function classNames(
  { model, target }: Known,
  scores: TensorSpec,
): { names?: readonly string[]; comment?: string } {
  if (scores.labels !== undefined) return { names: scores.labels };
  const width = scores.shape[1];
  const own = classesOf(model);
  if (own?.length === width) return { names: own! };
  const seen = target?.categories;
  if (seen?.length === width)
    return { names: seen!, comment: "Check the order: sorted, as scikit-learn has `classes_`." };
  return { comment: "The graph does not name its classes: put their names here, in its order." };
}

function places({ shape }: TensorSpec): string[] {
  return Array.from({ length: Number(shape[1]) }, (_, place) => String(place));
}

/** A classifier that gives a class without scores, or one score of two classes. */
function oneScore(
  { signature, model, target }: Known,
  task: Task,
  label: TensorSpec | undefined,
  answer: string,
): OutputDraft {
  if (label !== undefined) {
    const options = { column: label.name, ...(label.name !== answer && { into: answer }) };
    const values = target?.categories && { values: target.categories };
    return {
      task,
      after: [{ step: "labels", options }],
      outputs: [{ name: answer, field: { type: "category", ...values } }],
      remarks: [],
    };
  }
  const score = signature.outputs.find((output) => isFloat(output) && isOneARow(output));
  if (score === undefined) return asTheyAre(signature, task);
  const names = target?.categories?.length === 2 ? target.categories : ["0", "1"];
  const after: StepDraft[] = [
    { step: "pick", options: { column: score.name, into: "probability" } },
  ];
  if (!makesProbabilities(model, score.name))
    after.push({
      step: "sigmoid",
      options: { column: "probability" },
      comment: "The graph ends without.",
    });
  after.push({
    step: "threshold",
    options: { column: "probability", at: 0.5, labels: names, into: answer },
    comment: "Choose the threshold on held-out data, and check the names: below, above.",
  });
  return {
    task,
    after,
    outputs: [
      { name: answer, field: { type: "category", values: names } },
      { name: "probability", field: { type: "number", range: [0, 1] } },
    ],
    remarks: [],
  };
}

function regression({ signature, task, modality, target }: Known): OutputDraft {
  const numbers = signature.outputs.filter((output) => isFloat(output) && isOneARow(output));
  const own =
    task ?? (modality === "table" && numbers.length > 0 ? "tabular-regression" : undefined);
  if (numbers.length !== signature.outputs.length) return asTheyAre(signature, own);
  const [only, ...others] = numbers;
  const named = numbers.map(({ name }) =>
    target !== undefined && only?.name === name && others.length === 0 ? target.name : name,
  );
  return {
    task: own,
    after: numbers.map(({ name }, index) => ({
      step: "pick",
      options: { column: name, ...(named[index] !== name && { into: named[index] }) },
    })),
    outputs: named.map((name) => ({ name, field: { type: "number" } })),
    remarks: [],
  };
}

function asTheyAre({ outputs }: Signature, task: Task | undefined): OutputDraft {
  return {
    task,
    after: [],
    outputs: outputs.map(({ name }) => ({ name, field: { type: "tensor" } })),
    remarks: [],
  };
}

function embeddings({ signature, task }: Known, states: TensorSpec | undefined): OutputDraft {
  const own = task ?? "feature-extraction";
  const hasMask = signature.inputs.some(({ name }) => name === "attention_mask");
  if (states === undefined || !hasMask) return asTheyAre(signature, own);
  return {
    task: own,
    after: [
      {
        step: "pool",
        options: { column: states.name, method: "mean", into: "embedding" },
        comment: "Check against training: `mean` is usual of sentence encoders, `cls` of others.",
      },
      { step: "l2-normalize", options: { column: "embedding" } },
    ],
    outputs: [{ name: "embedding", field: { type: "tensor" } }],
    remarks: [],
  };
}

/** One tensor as YOLO models give it; other detectors are left as they are. */
function detections(signature: Signature): OutputDraft {
  const task = "object-detection";
  const [predictions, ...others] = signature.outputs;
  const format = others.length === 0 && predictions ? yoloFormat(predictions) : undefined;
  if (predictions === undefined || format === undefined)
    return {
      ...asTheyAre(signature, task),
      remarks: ["The step `detections` makes a list of boxes of a detector's outputs."],
    };
  return {
    task,
    after: [
      {
        step: "detections",
        options: { predictions: predictions.name, format },
        comment: "Check the format, and put the names of the classes here: `names: […]`.",
      },
    ],
    outputs: [{ name: "detections", field: { type: "json" } }],
    remarks: [],
  };
}

/** By the axis of a box and its classes, which is the shorter one: 4 + classes, or 5 + classes. */
function yoloFormat(output: TensorSpec): "yolov8" | "yolov5" | undefined {
  const [, second, third] = output.shape;
  if (output.shape.length !== 3 || !isFloat(output)) return undefined;
  const length = (axis: unknown): number => (typeof axis === "number" ? axis : Infinity);
  if (length(second) < length(third)) return length(second) > 4 ? "yolov8" : undefined;
  return length(third) > 5 && length(third) < Infinity ? "yolov5" : undefined;
}
