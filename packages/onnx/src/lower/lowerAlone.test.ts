/** What tests of lowered steps share: steps as a model of their own, and frames through it. */
import type { Tensor } from "@longshore/core";
import type { Column, ColumnTypes, Frame, LoweredColumn } from "@longshore/core/pipeline";
import { runModel } from "../../../../test/support/ort.ts";
import { model, node } from "../build.ts";
import { editModel } from "../graph/editor.ts";
import type { Model } from "../proto/types.ts";
import { enter, leave } from "./border.ts";
import { CLASSICAL_OPSET, graphBuilder } from "./graphBuilder.ts";
import { lowerEach, type LowerableStep } from "./lowerEach.ts";
import { newTrace } from "./trace.ts";

/** Steps with nothing around them: all columns come in, all that ONNX can hold go out. */
export interface LoweredAlone {
  readonly model: Model;
  run(frame: Frame): Promise<Frame>;
}

export function lowerAlone(
  steps: readonly LowerableStep[],
  types: ColumnTypes,
  opset = 17,
): LoweredAlone {
  const inputs = enter(types, [...types.keys()], new Set(), new Set(types.keys()), "N");
  const lower = (builder: Parameters<typeof leave>[0]["builder"]) => {
    const columns = new Map<string, LoweredColumn>(inputs.columns);
    lowerEach(steps, { builder, columns });
    return leave({ builder, columns }, [...columns.keys()], new Set(columns.keys()), "N");
  };
  // An output cannot bear the name of an input.
  const outer = (name: string): string => `out ${name}`;
  const { specs } = lower(newTrace().builder);
  const empty = model({
    inputs: inputs.specs,
    outputs: specs.map((spec) => ({ ...spec, name: outer(spec.name) })),
    nodes: [],
    opset: { "": opset, "ai.onnx.ml": CLASSICAL_OPSET },
    irVersion: opset >= 21 ? 10 : opset >= 19 ? 9 : 8,
  });
  const made = editModel(empty, (graph) => {
    if (graph.outer) return;
    const { values } = lower(graphBuilder(graph, "step"));
    values.forEach((value, index) =>
      graph.add(node("Identity", [value], [outer(specs[index]!.name)])),
    );
    graph.removeUnused();
  });
  return {
    model: made,
    async run(frame) {
      const outputs = await runModel(made, inputsOf(frame, inputs));
      const columns = new Map<string, Column>();
      for (const { name } of specs)
        columns.set(name, { kind: "tensor", tensor: outputs.get(outer(name))! });
      return splitMatrices({ rows: frame.rows, columns }, lower(newTrace().builder));
    },
  };
}

function inputsOf(
  frame: Frame,
  { specs, steps }: ReturnType<typeof enter>,
): Record<string, Tensor> {
  return Object.fromEntries(
    specs.map(({ name, datatype }) => {
      const names = steps.find(({ into }) => into === name)?.["columns"] as string[] | undefined;
      if (names === undefined) {
        const column = frame.columns.get(name);
        if (column?.kind !== "tensor") throw new Error(`"${name}" is ${column?.kind}`);
        return [name, column.tensor];
      }
      const columns = names.map((each) => frame.columns.get(each)!);
      const elements = Array.from({ length: frame.rows }, (_, row) =>
        columns.map((column) =>
          column.kind === "number" || column.kind === "text" ? column.values[row] : 0,
        ),
      ).flat();
      const data =
        datatype === "BYTES"
          ? elements.map((value) => (value ?? "") as string)
          : Float32Array.from(elements as number[]);
      return [name, { datatype, shape: [frame.rows, names.length], data }];
    }),
  );
}

/** The matrices of numbers and texts as columns again. */
function splitMatrices(frame: Frame, { specs, steps }: ReturnType<typeof leave>): Frame {
  const columns = new Map(frame.columns);
  for (const { column, into } of steps as unknown as { column: string; into: string[] }[]) {
    const matrix = columns.get(column);
    if (matrix?.kind !== "tensor") throw new Error(`no matrix "${column}"`);
    const text = specs.find(({ name }) => name === column)!.datatype === "BYTES";
    const data = matrix.tensor.data as unknown as ArrayLike<number | string>;
    if (into.length > 1) columns.delete(column);
    into.forEach((name, index) => {
      const values = Array.from(
        { length: frame.rows },
        (_, row) => data[row * into.length + index]!,
      );
      columns.set(
        name,
        text
          ? { kind: "text", values: values as string[] }
          : { kind: "number", values: Float64Array.from(values as number[]) },
      );
    });
  }
  return { rows: frame.rows, columns };
}
