import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  model,
  node,
  tensor,
  writeModel,
  type Model,
  type Node,
  type TensorProto,
} from "@longshore/onnx";
import { buildFeedForward } from "./feedForward.ts";
import { createRandom } from "./random.ts";
import { buildResnet50 } from "./resnet50.ts";

type Random = () => number;

/** What is served in the benchmarks: FP32 `input` to FP32 `output`, rows along the first axis. */
interface BenchModel {
  /** Shape of one row of the input. */
  readonly row: readonly number[];
  readonly build: (random: Random) => Model;
  /** What a `bundle.yaml` beside the model says, where it has one. */
  readonly manifest?: string;
}

const mlp = (random: Random): Model => buildPerceptron(random, "N", [784, 2048, 2048, 10]);

/** The feed-forward blocks of half of BERT base. */
const feedForward = (random: Random): Model =>
  buildFeedForward(random, { layers: 6, width: 768, hidden: 3072 });

export const MODELS = {
  /** About 40 µs a run, some of it the call itself. */
  tiny: { row: [784], build: (random) => buildPerceptron(random, "N", [784, 512, 10]) },
  "tiny-cached": {
    row: [784],
    build: (random) => buildPerceptron(random, "N", [784, 512, 10]),
    manifest: "cache: {}\n",
  },
  /** Takes what `tiny` gives. */
  "tiny-after": { row: [10], build: (random) => buildPerceptron(random, "N", [10, 512, 10]) },
  "tiny-fixed": { row: [784], build: (random) => buildPerceptron(random, 1, [784, 512, 10]) },
  mlp: { row: [784], build: mlp },
  "mlp-unbatched": { row: [784], build: mlp, manifest: "batching: { enabled: false }\n" },
  "mlp-cached": { row: [784], build: mlp, manifest: "cache: {}\n" },
  resnet50: { row: [3, 224, 224], build: buildResnet50 },
  "resnet50-cached": { row: [3, 224, 224], build: buildResnet50, manifest: "cache: {}\n" },
  "feed-forward": { row: [768], build: feedForward },
  /** Rows of 16 MB, doubled. */
  wide: { row: [2 ** 22], build: buildDouble },
} satisfies Record<string, BenchModel>;

export type ModelName = keyof typeof MODELS;

/** The bundle folder of a model. */
export function modelFolder(name: ModelName): string {
  return join(import.meta.dirname, ".models", name);
}

/** The model file in it. */
export function modelFile(name: ModelName): string {
  return join(modelFolder(name), "model.onnx");
}

/** Writes the bundles of these models; the same bytes every time. */
export function writeModels(names: readonly ModelName[]): void {
  for (const name of names) {
    const { build, manifest }: BenchModel = MODELS[name];
    mkdirSync(modelFolder(name), { recursive: true });
    writeFileSync(modelFile(name), Buffer.concat(writeModel(build(createRandom(1)))));
    if (manifest !== undefined) writeFileSync(join(modelFolder(name), "bundle.yaml"), manifest);
  }
}

/** Dense layers of these widths with ReLU between them, weights drawn by He's rule. */
function buildPerceptron(random: Random, batch: number | string, widths: readonly number[]): Model {
  const nodes: Node[] = [];
  const initializers: TensorProto[] = [];
  const layers = widths.length - 1;
  let x = "input";
  for (let layer = 0; layer < layers; layer++) {
    const [from, to] = [widths[layer]!, widths[layer + 1]!];
    const bound = Math.sqrt(6 / from);
    const weights = new Float32Array(from * to);
    for (let i = 0; i < weights.length; i++) weights[i] = (2 * random() - 1) * bound;
    initializers.push(
      tensor(`weights${layer}`, "FP32", [from, to], weights),
      tensor(
        `bias${layer}`,
        "FP32",
        [to],
        Float32Array.from({ length: to }, () => 0.1 * random()),
      ),
    );
    const last = layer === layers - 1;
    const y = last ? "output" : `dense${layer}`;
    nodes.push(node("Gemm", [x, `weights${layer}`, `bias${layer}`], [y]));
    if (!last) nodes.push(node("Relu", [y], [`relu${layer}`]));
    x = `relu${layer}`;
  }
  return model({
    inputs: [{ name: "input", datatype: "FP32", shape: [batch, widths[0]!] }],
    outputs: [{ name: "output", datatype: "FP32", shape: [batch, widths.at(-1)!] }],
    nodes,
    initializers,
  });
}

/** `output = 2 × input`. */
function buildDouble(): Model {
  const shape = ["N", 2 ** 22];
  return model({
    inputs: [{ name: "input", datatype: "FP32", shape }],
    outputs: [{ name: "output", datatype: "FP32", shape }],
    initializers: [tensor("two", "FP32", [], Float32Array.of(2))],
    nodes: [node("Mul", ["input", "two"], ["output"])],
  });
}

if (import.meta.main) writeModels(Object.keys(MODELS) as ModelName[]);
