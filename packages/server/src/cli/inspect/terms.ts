import type { InputField, Manifest, OutputField } from "@longshore/core/manifest";
import { formatTable } from "../table.ts";

type Terms = Pick<Manifest, "task" | "inputs" | "outputs" | "pipeline">;

/** What a bundle says of its calls in its own terms: for `--json`. */
export function termsOf({ task, inputs, outputs, pipeline }: Manifest): Terms {
  return {
    ...(task && { task }),
    ...(inputs && { inputs }),
    ...(outputs && { outputs }),
    ...(pipeline && { pipeline }),
  };
}

/** Tables of a bundle's fields and outputs, and its steps in a line each; none where there are none. */
export function termsTables({ inputs = {}, outputs = {}, pipeline = {} }: Manifest): string[] {
  const steps = (["before", "after"] as const).flatMap((phase) => {
    const names = (pipeline[phase] ?? []).map(({ step }) => step);
    return names.length === 0 ? [] : [[`${phase} the model`, names.join(" → ")]];
  });
  return [
    ...table("field", inputs),
    ...(steps.length === 0 ? [] : [formatTable(steps)]),
    ...table("answer", outputs),
  ];
}

function table(what: string, fields: Readonly<Record<string, InputField | OutputField>>): string[] {
  const rows = Object.entries(fields).map(([name, field]) => [
    name,
    "optional" in field && field.optional === true ? `${field.type}, optional` : field.type,
    valuesOf(field),
    field.description ?? "",
  ]);
  return rows.length === 0 ? [] : [formatTable(rows, [what, "type", "values", "about"])];
}

/** Unit, range, choices or shape. */
function valuesOf(field: InputField | OutputField): string {
  const [low, high] = ("range" in field ? field.range : undefined) ?? [null, null];
  const range = low === null && high === null ? "" : `${low ?? "…"} to ${high ?? "…"}`;
  const values = "values" in field ? (field.values ?? []).join(", ") : "";
  const shape = "shape" in field ? `${field.datatype}[${field.shape.join(", ")}]` : "";
  const unit = "unit" in field ? (field.unit ?? "") : "";
  return [range, shorten(values), shape, unit].filter((part) => part !== "").join(" ");
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
