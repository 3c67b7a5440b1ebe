/** The worker thread of a code model: imports the module, then calls its `predict`. */
import { basename, dirname } from "node:path";
import { DATATYPES, fail, type TensorSpec } from "@longshore/core";
import { answerRequests, type Transferred } from "../answerRequests.ts";
import { messageOf } from "../messageOf.ts";
import type { OutputTensor, PlacedTensor } from "../messages.ts";
import { buffersOf } from "../transfers.ts";
import { readDefinition, type Definition } from "./definition.ts";
import { importModule } from "./importModule.ts";
import type { CodeReply, CodeRequest } from "./messages.ts";
import { bindSymbols, readOutput } from "./outputs.ts";

let open: { readonly definition: Definition; readonly state: unknown } | undefined;

answerRequests<CodeRequest, CodeReply>(async (request) => {
  if (request.type === "predict") return predict(request);
  open = await load(request.path);
  return { reply: { type: "opened", signature: open.definition.signature }, transfers: [] };
});

async function load(path: string): Promise<NonNullable<typeof open>> {
  const file = basename(path);
  const definition = readDefinition(await importModule(path, file), file);
  try {
    return { definition, state: await definition.load?.({ folder: dirname(path) }) };
  } catch (error) {
    throw fail("CODE_FAILED", { file, problem: `load failed: ${messageOf(error)}` });
  }
}

async function predict({
  inputs: placed,
  arena,
  outputs: wanted,
}: Extract<CodeRequest, { type: "predict" }>): Promise<Transferred<CodeReply>> {
  if (open === undefined) throw new Error("the model is not open");
  const { definition, state } = open;
  const { signature } = definition;
  const started = performance.now();
  const inputs = Object.fromEntries(
    signature.inputs.map((spec, index) => [spec.name, toInput(spec, placed[index]!, arena)]),
  );
  const begun = performance.now();
  const given = await definition.predict(inputs, state);
  const computed = performance.now();
  const symbols = bindSymbols(
    signature.inputs,
    placed.map(({ dims }) => dims),
  );
  const all = readOutputs(signature.outputs, given, symbols);
  const outputs = (wanted ?? [...all.keys()]).map((name) => all.get(name)!);
  return {
    reply: {
      type: "predicted",
      outputs,
      timing: {
        input: begun - started,
        infer: computed - begun,
        output: performance.now() - computed,
      },
    },
    transfers: buffersOf(outputs),
  };
}

function toInput(spec: TensorSpec, placed: PlacedTensor, arena: ArrayBuffer): object {
  const { datatype } = spec;
  if ("strings" in placed) return { datatype, shape: placed.dims, data: placed.strings };
  const { array, size } = DATATYPES[datatype];
  return {
    datatype,
    shape: placed.dims,
    data: new array!(arena, placed.offset, placed.bytes / size),
  };
}

/** Every declared output is checked, also one that nobody asked for: a model errs for all or none. */
function readOutputs(
  specs: readonly TensorSpec[],
  given: unknown,
  symbols: ReturnType<typeof bindSymbols>,
): Map<string, OutputTensor> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new TypeError(`predict gave ${given === null ? "null" : typeof given}, not its outputs`);
  const values = given as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(values).find((name) => !specs.some((spec) => spec.name === name));
  if (unknown !== undefined)
    throw new TypeError(
      `predict gave an output "${unknown}" that is not declared; declared are ` +
        specs.map(({ name }) => `"${name}"`).join(", "),
    );
  return new Map(specs.map((spec) => [spec.name, readOutput(spec, values[spec.name], symbols)]));
}
