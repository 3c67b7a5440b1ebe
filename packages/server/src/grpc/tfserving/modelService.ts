import { GRPC_CODES } from "@longshore/core";
import {
  GET_MODEL_STATUS_REQUEST,
  GET_MODEL_STATUS_RESPONSE,
  RELOAD_CONFIG_REQUEST,
  RELOAD_CONFIG_RESPONSE,
  toConfiguredModels,
  toServableSpec,
  toStatusMessage,
} from "@longshore/core/tfserving";
import type { ServerContext } from "../../http/app.ts";
import { statesOf } from "../../http/tfserving/states.ts";
import { MODEL_SERVICE } from "../services/names.ts";
import { unary, type Method } from "../transport/method.ts";

/** `tensorflow.serving.ModelService`: what is served, and the complete list of what is to be. */
export function modelServiceMethods({ host: { registry } }: ServerContext): Method[] {
  return [
    unary(
      `${MODEL_SERVICE}/GetModelStatus`,
      GET_MODEL_STATUS_REQUEST,
      GET_MODEL_STATUS_RESPONSE,
      ({ model_spec: spec }) => toStatusMessage(statesOf(registry, toServableSpec(spec))),
    ),
    unary(
      `${MODEL_SERVICE}/HandleReloadConfigRequest`,
      RELOAD_CONFIG_REQUEST,
      RELOAD_CONFIG_RESPONSE,
      async ({ config }) => {
        await registry.reload(toConfiguredModels(config));
        return { status: { error_code: GRPC_CODES.OK, error_message: "" } };
      },
    ),
  ];
}
