import { decodePredict, encodePredict } from "@longshore/core";
import { readMachine } from "../../engine/machine.ts";
import { defaultLimits } from "../../http/limits.ts";
import { openModel } from "../../library/openModel.ts";
import type { Target } from "./target.ts";

/** A model in this process. @throws LongshoreError */
export async function openLocal(path: string): Promise<Target> {
  const model = await openModel(path);
  const { name, version, signature } = model;
  const limits = defaultLimits(readMachine().memoryBytes);
  const infer: Target["infer"] = async (inputs, outputs) => {
    const computed = await model.infer(
      Object.fromEntries(inputs),
      outputs.length > 0 ? { outputs } : {},
    );
    return { model: name, version, outputs: new Map(Object.entries(computed)) };
  };
  return {
    name,
    signature,
    // Text to text, as a server does it: a JavaScript object would round 64-bit integers.
    async predict(body) {
      const { request, form } = decodePredict(new TextEncoder().encode(body), model, limits);
      return encodePredict(await infer(request.inputs, request.outputs ?? []), form, signature);
    },
    infer,
    [Symbol.asyncDispose]: () => model.close(),
  };
}
