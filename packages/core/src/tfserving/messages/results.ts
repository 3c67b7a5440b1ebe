/**
 * Messages of `Classify`, `Regress` and `MultiInference`.
 *
 * Sources: tensorflow/serving `apis/classification.proto`, `apis/regression.proto`,
 * `apis/inference.proto`.
 */
import {
  defineMessage,
  float,
  message,
  messages,
  required,
  string,
  type Message,
  type MessageType,
} from "../../proto/index.ts";
import { INPUT, type InputMessage } from "./examples.ts";
import { MODEL_SPEC, type ModelSpec } from "./predict.ts";

interface Class extends Message {
  label?: string;
  score?: number;
}

interface Classifications extends Message {
  classes: Class[];
}

export interface ClassificationResult extends Message {
  /** In the order of the examples. */
  classifications: Classifications[];
}

interface Regression extends Message {
  value?: number;
}

export interface RegressionResult extends Message {
  /** In the order of the examples. */
  regressions: Regression[];
}

/** A request to classify, or to regress: they are alike. */
export interface ExamplesRequest extends Message {
  model_spec?: ModelSpec;
  input?: InputMessage;
}

export interface ClassificationResponse extends Message {
  result?: ClassificationResult;
  model_spec?: ModelSpec;
}

export interface RegressionResponse extends Message {
  result?: RegressionResult;
  model_spec?: ModelSpec;
}

export interface InferenceTask extends Message {
  model_spec?: ModelSpec;
  method_name: string;
}

export interface MultiInferenceRequest extends Message {
  tasks: InferenceTask[];
  input?: InputMessage;
}

export interface InferenceResult extends Message {
  model_spec?: ModelSpec;
  classification_result?: ClassificationResult;
  regression_result?: RegressionResult;
}

export interface MultiInferenceResponse extends Message {
  /** In the order of the tasks. */
  results: InferenceResult[];
}

const CLASS = defineMessage<Class>({ label: string(1), score: float(2) });

const CLASSIFICATIONS = defineMessage<Classifications>({
  classes: required(
    messages(1, () => CLASS),
    () => [],
  ),
});

const CLASSIFICATION_RESULT: MessageType<ClassificationResult> =
  defineMessage<ClassificationResult>({
    classifications: required(
      messages(1, () => CLASSIFICATIONS),
      () => [],
    ),
  });

const REGRESSION = defineMessage<Regression>({ value: float(1) });

const REGRESSION_RESULT: MessageType<RegressionResult> = defineMessage<RegressionResult>({
  regressions: required(
    messages(1, () => REGRESSION),
    () => [],
  ),
});

export const EXAMPLES_REQUEST: MessageType<ExamplesRequest> = defineMessage<ExamplesRequest>({
  model_spec: message(1, () => MODEL_SPEC),
  input: message(2, () => INPUT),
});

export const CLASSIFICATION_RESPONSE: MessageType<ClassificationResponse> =
  defineMessage<ClassificationResponse>({
    result: message(1, () => CLASSIFICATION_RESULT),
    model_spec: message(2, () => MODEL_SPEC),
  });

export const REGRESSION_RESPONSE: MessageType<RegressionResponse> =
  defineMessage<RegressionResponse>({
    result: message(1, () => REGRESSION_RESULT),
    model_spec: message(2, () => MODEL_SPEC),
  });

const INFERENCE_TASK = defineMessage<InferenceTask>({
  model_spec: message(1, () => MODEL_SPEC),
  method_name: required(string(2), () => ""),
});

export const MULTI_INFERENCE_REQUEST: MessageType<MultiInferenceRequest> =
  defineMessage<MultiInferenceRequest>({
    tasks: required(
      messages(1, () => INFERENCE_TASK),
      () => [],
    ),
    input: message(2, () => INPUT),
  });

const INFERENCE_RESULT = defineMessage<InferenceResult>(
  {
    model_spec: message(1, () => MODEL_SPEC),
    classification_result: message(2, () => CLASSIFICATION_RESULT),
    regression_result: message(3, () => REGRESSION_RESULT),
  },
  ["classification_result", "regression_result"],
);

export const MULTI_INFERENCE_RESPONSE: MessageType<MultiInferenceResponse> =
  defineMessage<MultiInferenceResponse>({
    results: required(
      messages(1, () => INFERENCE_RESULT),
      () => [],
    ),
  });
