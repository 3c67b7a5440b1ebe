import {
  checkInputs,
  fail,
  LongshoreError,
  type InferContext,
  type InferRequest,
  type InferResponse,
  type Tensor,
} from "@longshore/core";
import type { ServedModel } from "../servedModel.ts";
import type { EnsembleGraph } from "./graph.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import { inStep, nameStep } from "./problem.ts";

/** The model of a step, looked up when its turn comes. @throws LongshoreError */
export type FindStepModel = (index: number) => ServedModel;

/**
 * Runs the steps of a plan, each as soon as its inputs are there, through the queues of their own
 * models. Tensors are handed on as they are, and let go of after their last reader began.
 *
 * The first failure ends the request: what waits elsewhere is given up, what has not begun does not.
 *
 * @param name of the ensemble, for messages.
 * @throws LongshoreError of the step that failed, whose name its message begins with.
 */
export function runPlan(
  name: string,
  graph: EnsembleGraph,
  plan: Plan,
  findModel: FindStepModel,
  request: InferRequest,
  given: InferContext,
): Promise<InferResponse> {
  const tensors = new Map(request.inputs);
  const uses = new Map(plan.uses);
  const waitsFor = plan.steps.map((step) => step.waitsFor);
  const { context, giveUp, done } = plan.branches ? linked(given) : { context: given };
  const take = (tensor: string): Tensor => {
    const value = tensors.get(tensor)!;
    const left = uses.get(tensor)! - 1;
    uses.set(tensor, left);
    if (left === 0) tensors.delete(tensor);
    return value;
  };

  return new Promise((resolve, reject) => {
    let open = plan.steps.length;
    let failed = false;
    const onFailure = (step: PlannedStep, error: unknown): void => {
      if (failed) return;
      failed = true;
      tensors.clear();
      giveUp?.();
      done?.();
      reject(inStep(step.index, graph.steps[step.index]!, error));
    };
    const onAnswer = (step: PlannedStep, { outputs }: InferResponse): void => {
      if (failed) return;
      for (const [output, tensor] of step.outputs) {
        const value = outputs.get(output);
        if (value === undefined) return onFailure(step, withoutOutput(name, output));
        tensors.set(tensor, value);
      }
      open--;
      if (open === 0) finish();
      else for (const place of step.next) if (--waitsFor[place]! === 0) start(plan.steps[place]!);
    };
    const start = (step: PlannedStep): void => {
      if (failed) return;
      try {
        const model = findModel(step.index);
        const inputs = new Map(step.inputs.map(([input, tensor]) => [input, take(tensor)]));
        checkTensors(name, graph, step, model, inputs);
        const asked = toStepRequest(step, model, inputs, request);
        model.infer(asked, context).then(
          (response) => onAnswer(step, response),
          (error: unknown) => onFailure(step, error),
        );
      } catch (error) {
        onFailure(step, error);
      }
    };
    const finish = (): void => {
      done?.();
      resolve({ outputs: new Map(plan.outputs.map((tensor) => [tensor, take(tensor)])) });
    };
    if (open === 0) finish();
    for (const place of plan.first) start(plan.steps[place]!);
  });
}

/** Shapes with free axes, and elements, are known only now. */
function checkTensors(
  name: string,
  { steps }: EnsembleGraph,
  { index, inputs: mapped }: PlannedStep,
  model: ServedModel,
  inputs: ReadonlyMap<string, Tensor>,
): void {
  try {
    checkInputs(model, inputs);
  } catch (error) {
    if (!(error instanceof LongshoreError)) throw error;
    const named = mapped.map(([input, tensor]) => `${input}: "${tensor}"`).join(", ");
    const reason = `its ${nameStep(index, steps[index]!)} does not take { ${named} }: ${error.message}`;
    throw fail("RUN_FAILED", { model: name, reason });
  }
}

function toStepRequest(
  { outputs }: PlannedStep,
  { signature }: ServedModel,
  inputs: ReadonlyMap<string, Tensor>,
  { priority, sequence }: InferRequest,
): InferRequest {
  // Whoever wants all outputs shares runs with those who do not say. A step that runs for its memory
  // alone is needed for none of them.
  const all = outputs.length === signature.outputs.length || outputs.length === 0;
  return {
    inputs,
    ...(!all && { outputs: outputs.map(([output]) => output) }),
    ...(priority !== undefined && { priority }),
    ...(sequence !== undefined && { sequence }),
  };
}

function withoutOutput(model: string, output: string): LongshoreError {
  return fail("RUN_FAILED", { model, reason: `it did not give its output "${output}"` });
}

/** The same context, which ends too when another branch has failed. */
function linked(given: InferContext): {
  readonly context: InferContext;
  readonly giveUp: () => void;
  readonly done: () => void;
} {
  const { signal } = given;
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener("abort", giveUp, { once: true });
  return {
    context: { ...given, signal: controller.signal },
    giveUp,
    done: () => signal?.removeEventListener("abort", giveUp),
  };
}
