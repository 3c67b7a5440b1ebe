import { model, node, tensor, type Model } from "@longshore/onnx";

/**
 * A model with a memory: `y = 3 s + x`, which is the next `s`. It also shows the controls that it
 * was given: `flags` are start, end and ready, `id` is the sequence's. All INT64[N,…].
 */
export function memoryModel(): Model {
  const column = (name: string) => ({ name, datatype: "INT64", shape: ["N", 1] }) as const;
  return model({
    inputs: ["x", "s", "START", "END", "READY", "CORRID"].map(column),
    outputs: [
      column("y"),
      column("next"),
      { name: "flags", datatype: "INT64", shape: ["N", 3] },
      column("id"),
    ],
    initializers: [tensor("three", "INT64", [], BigInt64Array.of(3n))],
    nodes: [
      node("Mul", ["s", "three"], ["tripled"]),
      node("Add", ["tripled", "x"], ["y"]),
      node("Identity", ["y"], ["next"]),
      node("Concat", ["START", "END", "READY"], ["flags"], { axis: 1 }),
      node("Identity", ["CORRID"], ["id"]),
    ],
  });
}

/** What `bundle.yaml` says of it. @param settings more lines of `sequence`. */
export function memoryYaml(settings = ""): string {
  return `
sequence:
  controls: { start: START, end: END, ready: READY, corrid: CORRID }
  state:
    - { input: s, output: next, initial: 7 }
${settings.replace(/^/gm, "  ")}
`;
}
