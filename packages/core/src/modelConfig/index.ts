/**
 * An entry of its own, `@longshore/core/modelConfig`: Triton's model configuration, as the text of a
 * `config.pbtxt`, as JSON and as bytes.
 *
 * `messages.ts` says what there is; `fromText.ts` and `fromJson.ts` read it, `toCodec.ts` makes bytes
 * of it. `read.ts` puts it into the terms of `bundle.yaml`; of each section, a file has both ways.
 */
export { toDynamicBatching } from "./batching.ts";
export { toConfigType, toDatatype } from "./dataType.ts";
export { toEnsembleScheduling } from "./ensemble.ts";
export {
  MODEL_CONFIG,
  type TritonConfig,
  type TritonInput,
  type TritonOutput,
} from "./messages.ts";
export { toVersionPolicy } from "./model.ts";
export type { ConfigNotice } from "./notices.ts";
export { ModelConfigProblem } from "./problem.ts";
export {
  fieldOf,
  NO_CONFIG,
  readConfigJson,
  readConfigText,
  type ConfigManifest,
  type ModelConfig,
} from "./read.ts";
export { toSequenceBatching } from "./sequence.ts";
export { toOptimization, toSessionParameters } from "./session.ts";
export {
  checkDeclared,
  narrowTensors,
  type DeclaredTensor,
  type DeclaredTensors,
} from "./tensors.ts";
export { toCodec } from "./toCodec.ts";
export { toWarmup } from "./warmup.ts";
