import { test } from "node:test";
import fc from "fast-check";
import {
  assertNear,
  assertSound,
  fp32,
  values,
  weights,
} from "../../../../../test/support/half.ts";
import { runModel } from "../../../../../test/support/ort.ts";
import { float, graph, model, node, tensor } from "../../build.ts";
import type { Node } from "../../proto/types.ts";
import { toFloat16 } from "./toFloat16.ts";

/** Operators on FP32[N,4] with what they need beside it. */
const STEPS: readonly ((from: string, to: string, other: string) => Node[])[] = [
  (from, to) => [node("MatMul", [from, "dense"], [to])],
  (from, to) => [node("Gemm", [from, "dense", "bias"], [to], { transB: 1, alpha: float(0.5) })],
  (from, to, other) => [node("Add", [from, other], [to])],
  (from, to, other) => [
    node("Concat", [from, other], [`${to}_c`], { axis: 1 }),
    node("MatMul", [`${to}_c`, "tall"], [to]),
  ],
  (from, to) => [node("Tanh", [from], [to])],
  (from, to) => [node("Relu", [from], [to])],
  (from, to) => [node("Exp", [from], [`${to}_e`]), node("Log", [`${to}_e`], [to])],
  (from, to) => [node("Transpose", [from], [`${to}_t`]), node("Transpose", [`${to}_t`], [to])],
  (from, to) => [node("Mul", [from, "bias"], [to])],
  (from, to) => [node("LeakyRelu", [from], [to], { alpha: float(0.1) })],
  (from, to) => [
    node("If", ["yes"], [to], {
      then_branch: graph({
        name: `${to}_then`,
        inputs: [],
        outputs: [{ name: `${to}_a`, datatype: "FP32", shape: ["N", 4] }],
        nodes: [node("MatMul", [from, "dense"], [`${to}_a`])],
      }),
      else_branch: graph({
        name: `${to}_else`,
        inputs: [],
        outputs: [{ name: `${to}_b`, datatype: "FP32", shape: ["N", 4] }],
        nodes: [node("Neg", [from], [`${to}_b`])],
      }),
    }),
  ],
];

test("generated graphs of opset 7 to 21 give the same within what FP16 allows", async () => {
  const size = fc.float({ min: -1, max: 1, noNaN: true });
  const many = (length: number) => fc.array(size, { minLength: length, maxLength: length });
  const step = fc.tuple(fc.nat({ max: STEPS.length - 1 }), fc.nat(), fc.nat());
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(7, 9, 11, 13, 17, 21),
      fc.array(step, { minLength: 1, maxLength: 8 }),
      many(16),
      many(32),
      many(4),
      many(8),
      async (opset, steps, dense, tall, bias, x) => {
        const names = ["x", "v"];
        const nodes = [node("MatMul", ["x", "dense"], ["v"])];
        for (const [index, [kind, from, other]] of steps.entries()) {
          const pick = (number: number): string => names[number % names.length]!;
          nodes.push(...STEPS[kind]!(pick(from), `v${index}`, pick(other)));
          names.push(`v${index}`);
        }
        const last = names.at(-1)!;
        const before = model({
          opset: { "": opset },
          irVersion: opset < 9 ? 3 : opset < 21 ? 8 : 10,
          inputs: [
            { name: "x", datatype: "FP32", shape: ["N", 4] },
            ...(opset < 9 ? ["dense", "tall", "bias", "yes"].map((name) => LISTED[name]!) : []),
          ],
          outputs: [last, "v"]
            .map((name) => ({ name, datatype: "FP32", shape: ["N", 4] }) as const)
            .slice(0, last === "v" ? 1 : 2),
          initializers: [
            weights("dense", [4, 4], dense),
            weights("tall", [8, 4], tall),
            weights("bias", [4], bias),
            tensor("yes", "BOOL", [], new Uint8Array([1])),
          ],
          nodes,
        });
        const converted = toFloat16(before);
        assertSound(before, converted.model);
        const input = fp32([2, 4], x);
        const [a, b] = [
          await runModel(converted.model, { x: input }),
          await runModel(before, { x: input }),
        ];
        for (const [name, expected] of b) {
          const largest = Math.max(1, ...values(expected).map(Math.abs));
          assertNear(values(a.get(name)!), values(expected), largest * 2 ** -11 * GROWTH);
        }
      },
    ),
    { numRuns: 60 },
  );
});

const LISTED: Readonly<
  Record<string, { name: string; datatype: "FP32" | "BOOL"; shape: number[] }>
> = {
  dense: { name: "dense", datatype: "FP32", shape: [4, 4] },
  tall: { name: "tall", datatype: "FP32", shape: [8, 4] },
  bias: { name: "bias", datatype: "FP32", shape: [4] },
  yes: { name: "yes", datatype: "BOOL", shape: [] },
};

/**
 * Steps of FP16 at the size of the largest element that an answer may be off: at most nine
 * operators round one behind the other, and products of up to eight terms make what is off larger.
 */
const GROWTH = 64;
