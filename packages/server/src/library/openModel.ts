import {
  checkInputs,
  checkOutputs,
  DATATYPES,
  elementCount,
  fail,
  findInput,
  formatSpec,
  type InferContext,
  type Signature,
  type Tensor,
  type TensorSpec,
  type TypedArray,
} from "@longshore/core";
import { defaultLimits } from "../http/limits.ts";
import { createModelHost, type ModelHost } from "../modelHost.ts";
import { pathsToServe } from "../registry/ensemble/siblings.ts";
import type { ServedModel } from "../registry/servedModel.ts";
import { fromExactJson, toExactJson } from "./exactJson.ts";

/**
 * Inputs by name. A typed array stands for a tensor of the input's data type; its shape is the
 * signature's, where the length decides the one symbolic axis.
 */
export type Inputs = Readonly<Record<string, Tensor | TypedArray>>;

export interface InferOptions {
  /** Outputs to compute; all by default. */
  readonly outputs?: readonly string[];
  /** 1 is the highest. */
  readonly priority?: number;
  /** Milliseconds after which the answer is of no use any more. */
  readonly timeoutMs?: number;
  /** Gives the request up. */
  readonly signal?: AbortSignal;
}

export interface PredictOptions extends Pick<InferOptions, "signal" | "timeoutMs"> {
  /** What the bytes are that are given instead of an object: `image/png`, `text/csv`, … */
  readonly contentType?: string;
}

export interface OpenModelOptions {
  /**
   * Whether the bundle may hold code (a model that is a module, custom steps), which may do whatever
   * this process may. False by default; a module that is itself the path is allowed by that.
   */
  readonly allowCode?: boolean;
}

/** A model in this process. */
export interface OpenModel extends AsyncDisposable {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
  /** Whether concurrent calls share a run, and why. */
  readonly batching: ServedModel["batching"];
  /**
   * Computes outputs from tensors. Concurrent calls are put together in batches.
   *
   * @throws LongshoreError such as INPUT_MISMATCH, TIMEOUT, RUN_FAILED.
   */
  infer(inputs: Inputs, options?: InferOptions): Promise<Record<string, Tensor>>;
  /**
   * Answers what `POST /predict/{model}` takes, in the bundle's own terms where it has some: an
   * object of JSON, or with a `contentType` the bytes of any other body. The answer is JSON.
   *
   * Integers of 64 bits are exact: bigints are taken beside numbers, and those that a number cannot
   * stand for are answered as bigints.
   *
   * @throws LongshoreError
   */
  predict(body: unknown, options?: PredictOptions): Promise<unknown>;
  /** Answers what was accepted, then releases the model. */
  close(): Promise<void>;
}

/**
 * Opens a model: an `.onnx` file, a module that exports `defineModel(…)`, or a bundle folder. Of an
 * ensemble, the models that it needs are opened too: they lie beside it.
 *
 * ```ts
 * await using model = await openModel("examples/digits");
 * const { label } = await model.infer({ pixels: new Float32Array(64) });
 * // label: { datatype: "INT64", shape: [1], data: BigInt64Array [ 4n ] }
 * ```
 *
 * @throws LongshoreError MODEL_INVALID, MANIFEST_INVALID, MODEL_LOAD_FAILED.
 */
export async function openModel(path: string, options: OpenModelOptions = {}): Promise<OpenModel> {
  const { host, model } = await openHost(path, options);
  return toOpenModel(host, model);
}

/** What {@link openModel} stands on: a host with one model. @throws as that does. */
export async function openHost(
  path: string,
  options: OpenModelOptions = {},
): Promise<{ readonly host: ModelHost; readonly model: ServedModel }> {
  const { paths, name } = await pathsToServe(path);
  const host = createModelHost({ paths, isolateTrials: false, ...options });
  try {
    await host.registry.sync(false);
    return { host, model: onlyModel(host, path, name) };
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

/** @param name of the one that is meant, where what it needs is served beside it. */
function onlyModel({ registry }: ModelHost, path: string, name: string | undefined): ServedModel {
  const isMeant = (each: { readonly name: string }): boolean => (name ?? each.name) === each.name;
  const [model, ...others] = [...registry.served()].filter(isMeant);
  if (model === undefined) {
    const reason = registry.index().find(isMeant)?.reason ?? "no model is there";
    throw fail("MODEL_LOAD_FAILED", { model: path, reason });
  }
  if (others.length > 0) {
    const names = [model, ...others].map(({ name }) => name).join(", ");
    const problem = `it holds several models (${names}); open one of them`;
    throw fail("MODEL_INVALID", { file: path, problem });
  }
  return model;
}

function toOpenModel(host: ModelHost, model: ServedModel): OpenModel {
  const { name, version, signature, batching } = model;
  const limits = defaultLimits(host.pool.machine.memoryBytes);
  const close = async (): Promise<void> => host[Symbol.asyncDispose]();
  return {
    name,
    version,
    signature,
    batching,
    async infer(inputs, options = {}) {
      const tensors = new Map<string, Tensor>();
      for (const [input, value] of Object.entries(inputs)) {
        tensors.set(input, toTensor(model, input, value));
      }
      const { outputs, priority } = options;
      checkInputs(model, tensors, limits);
      if (outputs !== undefined) checkOutputs(model, outputs);
      const response = await model.infer(
        {
          inputs: tensors,
          ...(outputs && { outputs }),
          ...(priority !== undefined && { priority }),
        },
        toContext(options),
      );
      return Object.fromEntries(response.outputs);
    },
    async predict(body, options = {}) {
      const { contentType, ...context } = options;
      const given =
        contentType !== undefined && body instanceof Uint8Array
          ? { body, contentType }
          : { body: new TextEncoder().encode(toExactJson(body)) };
      const reply = await model.predict({ ...given, limits }, context);
      return fromExactJson(reply.body as string);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function toContext({
  signal,
  timeoutMs,
}: Pick<InferOptions, "signal" | "timeoutMs">): InferContext {
  return {
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { deadline: performance.now() + timeoutMs }),
  };
}

function toTensor(model: ServedModel, name: string, value: Tensor | TypedArray): Tensor {
  if (!ArrayBuffer.isView(value)) return value;
  const spec = findInput(model, name);
  if (!(value instanceof (DATATYPES[spec.datatype].array ?? Array))) {
    throw fail("INPUT_MISMATCH", {
      input: name,
      expected: formatSpec(spec),
      got: value.constructor.name,
    });
  }
  return { datatype: spec.datatype, shape: shapeFor(spec, value.length), data: value };
}

/** The signature's shape, its one symbolic axis as long as the elements make it. */
function shapeFor({ name, shape }: TensorSpec, elements: number): number[] {
  const fixed = shape.filter((axis) => typeof axis === "number");
  const rest = elementCount(fixed);
  const symbolic = shape.length - fixed.length;
  if (symbolic > 1) {
    const problem = `it has ${symbolic} symbolic axes; give { datatype, shape, data } instead of a typed array`;
    throw fail("INPUT_SHAPE", { input: name, shape: `[${shape.join(",")}]`, problem });
  }
  return shape.map((axis) => (typeof axis === "number" ? axis : elements / rest));
}
