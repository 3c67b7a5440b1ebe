import type { Model } from "@longshore/onnx";

/** These pass values on as they are. */
const PASSING = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Squeeze",
  "Unsqueeze",
  "Flatten",
  "ZipMap",
]);
/** These give numbers from 0 to 1: activations, and what ends scikit-learn's classifiers. */
const PROBABLE = new Set(["Softmax", "Sigmoid", "Normalizer"]);

/** Whether the numbers of an output are probabilities already, by the operator that makes them. */
export function makesProbabilities({ graph }: Model, output: string): boolean {
  let name: string | undefined = output;
  while (name !== undefined) {
    const made: string = name;
    const producer = graph.nodes.find(({ outputs }) => outputs.includes(made));
    if (producer === undefined) return false;
    if (PROBABLE.has(producer.opType) || isClassifier(producer)) return true;
    name = PASSING.has(producer.opType) ? producer.inputs[0] : undefined;
  }
  return false;
}

/** Whether a classifier of classical machine learning is in the graph. */
export function hasClassifier({ graph }: Model): boolean {
  return graph.nodes.some((node) => node.opType === "ZipMap" || isClassifier(node));
}

/** Whether a regressor of classical machine learning is in the graph. */
export function hasRegressor({ graph }: Model): boolean {
  return graph.nodes.some(
    ({ opType, domain }) => domain === "ai.onnx.ml" && opType.endsWith("Regressor"),
  );
}

/** The classes that a classifier of classical machine learning names, as texts. */
export function classesOf({ graph }: Model): readonly string[] | undefined {
  const decoder = new TextDecoder();
  const classes = graph.nodes.filter(isClassifier).flatMap(({ attributes }) =>
    attributes.flatMap(({ name, strings = [], ints = [] }) => {
      if (name === "classlabels_strings") return strings.map((text) => decoder.decode(text));
      return /^classlabels_(?:ints|int64s)$/.test(name) ? Array.from(ints, String) : [];
    }),
  );
  return classes.length > 0 ? classes : undefined;
}

/** LinearClassifier, SVMClassifier, TreeEnsembleClassifier. */
function isClassifier({
  opType,
  domain,
}: {
  readonly opType: string;
  readonly domain?: string;
}): boolean {
  return domain === "ai.onnx.ml" && opType.endsWith("Classifier");
}
