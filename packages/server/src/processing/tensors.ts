import { decodePredict, encodePredict, type ModelContract } from "@longshore/core";
import type { Decode } from "./predict.ts";
import { JSON_TYPE } from "./mediaTypes.ts";

/** Natural JSON of a model's own tensors, for bundles without terms of their own. */
export function decodeTensors(model: ModelContract & { readonly version: string }): Decode {
  const { name, version, signature } = model;
  return ({ body, id, limits }) => {
    const { request, form, timeoutUs } = decodePredict(body, model, limits);
    return {
      request,
      ...(timeoutUs !== undefined && { timeoutUs }),
      encode(outputs) {
        const answer = { ...(id !== undefined && { id }), model: name, version, outputs };
        return { contentType: JSON_TYPE, body: encodePredict(answer, form, signature) };
      },
    };
  };
}
