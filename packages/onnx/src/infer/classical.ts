import { intAttribute, intsAttribute } from "../graph/attributes.ts";
import { attributeOf, each, input, shapeOf, type Call, type Rule, type Rules } from "./call.ts";
import { quotient, type Dim, type Shape } from "./dims.ts";
import { like, tensorOf, TYPE, type Known } from "./known.ts";

/** `ai.onnx.ml`: rows of features `[rows, features]`; a vector counts as one row. */
export const classical: Rules = {
  ...each("Normalizer Scaler", (call) => [tensorOf(TYPE.FLOAT, shapeOf(call, 0))]),
  ...each("Binarizer Imputer", (call) => [like(input(call, 0))]),
  ArrayFeatureExtractor: (call) => {
    const shape = shapeOf(call, 0);
    const picked = shapeOf(call, 1);
    const count = picked && quotient(picked);
    const result = shape && (shape.length === 1 ? [1, count] : [...shape.slice(0, -1), count]);
    return [tensorOf(input(call, 0).elemType, result)];
  },
  CategoryMapper: (call) => {
    const { elemType, shape } = input(call, 0);
    const mapped = elemType === TYPE.STRING ? TYPE.INT64 : TYPE.STRING;
    return [tensorOf(elemType === undefined ? undefined : mapped, shape)];
  },
  LabelEncoder: (call) => [tensorOf(labelType(call), shapeOf(call, 0))],
  FeatureVectorizer: (call) => {
    const widths = intsAttribute(call.node, "inputdimensions");
    const total = widths?.reduce((sum, width) => sum + width, 0);
    return [tensorOf(TYPE.FLOAT, [rowsOf(call), total])];
  },
  OneHotEncoder: (call) => {
    const shape = shapeOf(call, 0);
    const categories = listLength(call, "cats_int64s") ?? listLength(call, "cats_strings");
    return [tensorOf(TYPE.FLOAT, shape && [...shape, categories])];
  },
  LinearClassifier: (call) => {
    const labels = classLabels(call, "classlabels_ints");
    const scores = listLength(call, "intercepts") ?? labels.count;
    // One score of two classes is followed by that of the other.
    return classified(call, labels, scores === 1 && labels.count === 2 ? 2 : scores);
  },
  SVMClassifier: (call) => {
    const labels = classLabels(call, "classlabels_ints");
    // Without probabilities there is a score for each pair of classes, in ways that differ.
    return classified(call, labels, listLength(call, "prob_a") && labels.count);
  },
  TreeEnsembleClassifier: (call) => {
    const labels = classLabels(call, "classlabels_int64s");
    return classified(call, labels, labels.count === 1 ? undefined : labels.count);
  },
  LinearRegressor: (call) => [regressed(call, intAttribute(call.node, "targets", 1))],
  SVMRegressor: (call) => [regressed(call, 1)],
  TreeEnsembleRegressor: (call) => [
    regressed(call, intAttribute(call.node, "n_targets", undefined)),
  ],
  TreeEnsemble: (call) => [
    tensorOf(input(call, 0).elemType, [rowsOf(call), intAttribute(call.node, "n_targets", 1)]),
  ],
  ZipMap: ({ node }) => {
    const keyType = attributeOf(node, "classlabels_strings")?.strings ? TYPE.STRING : TYPE.INT64;
    const valueType = { tensorType: { elemType: TYPE.FLOAT, shape: { dims: [] } } };
    return [{ container: { sequenceType: { elemType: { mapType: { keyType, valueType } } } } }];
  },
};

function rowsOf(call: Call): Dim {
  const shape = shapeOf(call, 0);
  return shape?.length === 1 ? 1 : shape?.[0];
}

/** How many entries a list among the attributes has, if it has any. */
function listLength({ node }: Call, name: string): number | undefined {
  const { ints, floats, strings } = attributeOf(node, name) ?? {};
  return (ints ?? floats ?? strings)?.length || undefined;
}

function regressed(call: Call, targets: Dim): Known {
  const shape: Shape = [rowsOf(call), targets];
  return tensorOf(TYPE.FLOAT, shape);
}

interface Labels {
  readonly elemType: number;
  readonly count: number | undefined;
}

/** @param numbers the attribute with the classes' numbers, where they have no names. */
function classLabels(call: Call, numbers: string): Labels {
  const names = listLength(call, "classlabels_strings");
  if (names !== undefined) return { elemType: TYPE.STRING, count: names };
  return { elemType: TYPE.INT64, count: listLength(call, numbers) };
}

/** The class of each row, and its scores. */
function classified(call: Call, { elemType }: Labels, scores: Dim): ReturnType<Rule> {
  const rows = rowsOf(call);
  return [tensorOf(elemType, [rows]), tensorOf(TYPE.FLOAT, [rows, scores])];
}

/** The type of whichever list of values the node has. */
function labelType(call: Call): number | undefined {
  const { node } = call;
  if (attributeOf(node, "values_strings")) return TYPE.STRING;
  if (attributeOf(node, "values_int64s")) return TYPE.INT64;
  if (attributeOf(node, "values_floats")) return TYPE.FLOAT;
  const tensor = attributeOf(node, "values_tensor")?.t;
  if (tensor) return tensor.dataType;
  // In version 1, names became numbers and numbers names.
  if (!attributeOf(node, "classes_strings")) return undefined;
  return input(call, 0).elemType === TYPE.STRING ? TYPE.INT64 : TYPE.STRING;
}
