import { checkInputs, checkOutputs } from "@longshore/core";
import { defaultLimits } from "../../http/limits.ts";
import { openHost } from "../../library/openModel.ts";
import type { Target } from "./target.ts";

/** A model in this process. @throws LongshoreError */
export async function openLocal(path: string, allowCode: boolean): Promise<Target> {
  const { host, model } = await openHost(path, { allowCode });
  const { name, version, signature, terms } = model;
  const limits = defaultLimits(host.pool.machine.memoryBytes);
  return {
    name,
    signature,
    terms: terms && { fields: terms.inputs, maxRows: terms.maxRows },
    // Text to text, as a server does it: a JavaScript object would round 64-bit integers.
    async predict(body, { contentType, accept } = {}) {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const reply = await model.predict({ body: bytes, contentType, accept, limits }, {});
      return typeof reply.body === "string" ? reply.body : new TextDecoder().decode(reply.body);
    },
    async infer(inputs, outputs) {
      checkInputs(model, inputs, limits);
      checkOutputs(model, outputs);
      const request = { inputs, ...(outputs.length > 0 && { outputs }) };
      return { model: name, version, outputs: (await model.infer(request, {})).outputs };
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}
