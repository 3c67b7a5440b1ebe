import { modelFile, MODELS, type ModelName } from "../models.ts";
import type { BenchRequest } from "../requests.ts";

const TOLERANCE = 1e-4;

/**
 * Sends the request once and compares the answer with the raw runtime's own, so that a server that
 * is fast because it computes something else does not enter the table.
 *
 * @throws Error when they differ.
 */
export async function checkAnswer(
  url: string,
  request: BenchRequest,
  model: ModelName,
): Promise<void> {
  const response = await fetch(new URL(request.path, url), {
    method: "POST",
    headers: request.headers,
    body: request.body as Uint8Array<ArrayBuffer>,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`status ${response.status}: ${text}`);
  const answer = findNumbers(JSON.parse(text));
  const expected = await runRow(
    model,
    findNumbers(JSON.parse(new TextDecoder().decode(request.body))),
  );
  const equal =
    answer.length === expected.length &&
    answer.every((value, index) => Math.abs(value - expected[index]!) <= TOLERANCE);
  if (!equal)
    throw new Error(`wrong answer: ${answer.join(", ")} instead of ${expected.join(", ")}`);
}

/** The tensor in a body: under `data` in the Open Inference Protocol, else all there is. */
function findNumbers(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (Array.isArray(value)) return value.flatMap(findNumbers);
  if (typeof value !== "object" || value === null) return [];
  if ("data" in value) return findNumbers(value.data);
  const { inputs, outputs } = value as { inputs?: unknown; outputs?: unknown };
  return findNumbers(inputs ?? outputs ?? Object.values(value));
}

async function runRow(model: ModelName, row: readonly number[]): Promise<number[]> {
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const session = await InferenceSession.create(modelFile(model));
  const input = new Tensor("float32", Float32Array.from(row), [1, ...MODELS[model].row]);
  const { output } = await session.run({ input });
  await session.release();
  return Array.from(output!.data as Float32Array);
}
