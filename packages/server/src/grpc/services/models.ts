import { LongshoreError, toModelMetadata } from "@longshore/core";
import type { ServerContext } from "../../http/app.ts";
import { PLATFORMS, toModelConfig } from "../../http/v2/modelConfig.ts";
import { toStatistics } from "../../http/v2/statistics.ts";
import type { ServedModel } from "../../registry/servedModel.ts";
import type { ModelConfig } from "../messages/modelConfig.ts";
import {
  MODEL_CONFIG_RESPONSE,
  MODEL_METADATA,
  MODEL_QUERY,
  MODEL_STATISTICS_RESPONSE,
  READY,
  type ModelMetadata,
  type ModelQuery,
  type ModelStatistics,
} from "../messages/service.ts";
import { unary, type Method } from "../transport/method.ts";
import { SERVICE } from "./names.ts";

/** Metadata, readiness, configuration and statistics of models. */
export function modelMethods({ host, isReady }: ServerContext): Method[] {
  const { registry } = host;
  const find = ({ name, version }: ModelQuery): ServedModel =>
    registry.get(name, version || undefined);

  return [
    unary(
      `${SERVICE}/ModelReady`,
      MODEL_QUERY,
      READY,
      (query) => ({ ready: isReady() && answers(() => find(query)) }),
      { quiet: true },
    ),
    unary(`${SERVICE}/ModelMetadata`, MODEL_QUERY, MODEL_METADATA, (query) => {
      const model = find(query);
      const platform = PLATFORMS[model.runtime];
      return toModelMetadata(model, registry.versions(model.name), platform) as ModelMetadata;
    }),
    unary(`${SERVICE}/ModelConfig`, MODEL_QUERY, MODEL_CONFIG_RESPONSE, (query) => ({
      config: toModelConfig(find(query)) as ModelConfig,
    })),
    unary(`${SERVICE}/ModelStatistics`, MODEL_QUERY, MODEL_STATISTICS_RESPONSE, (query) => {
      const models = query.name === "" ? [...registry.served()] : [find(query)];
      return { model_stats: models.map(toStatistics) as ModelStatistics[] };
    }),
  ];
}

/** Whether a model is found: one that is unknown is not ready, as with Triton. */
function answers(find: () => ServedModel): boolean {
  try {
    find();
    return true;
  } catch (error) {
    if (error instanceof LongshoreError) return false;
    throw error;
  }
}
