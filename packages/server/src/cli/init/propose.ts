import type { Signature } from "@longshore/core";
import type { Model } from "@longshore/onnx";
import type { DataColumn } from "./columns.ts";
import type { Draft, InputDraft } from "./draft.ts";
import { fromImages, imageInput } from "./fromImages.ts";
import { fromTable, takesColumns, takesTable } from "./fromTable.ts";
import { fromTexts, takesTexts } from "./fromTexts.ts";
import { fromOutputs, type Modality, type Task } from "./outputs.ts";

/** What a first bundle is made from. */
export interface Evidence {
  readonly model: Model;
  readonly signature: Signature;
  /** What kind of question it answers, where the user says so. */
  readonly task: Task | undefined;
  /** Columns of the training data, the target among them. */
  readonly columns: readonly DataColumn[] | undefined;
  /** Name of the column that the model foretells. */
  readonly target: string | undefined;
  /** What `tokenizer.json` beside the model holds. */
  readonly tokenizer: unknown;
}

/** Proposes a bundle by looking at a graph and its training data. The same evidence, the same draft. */
export function propose(evidence: Evidence): Draft {
  const { model, signature, task, columns } = evidence;
  const target = targetOf(evidence);
  const features = columns?.filter((column) => column !== target);
  const { modality, draft } = fromInputs(signature, features, evidence.tokenizer);
  if (draft === undefined)
    return {
      task,
      inputs: [],
      before: [],
      after: [],
      outputs: [],
      remarks: [
        `No step is known that makes what the model takes (${signature.inputs.map(({ name, datatype, shape }) => `${name} ${datatype}[${shape.join(", ")}]`).join(", ")}): callers send tensors, until \`inputs\` and \`pipeline\` say otherwise.`,
      ],
    };
  const after = fromOutputs({ model, signature, modality, task, target });
  const guess =
    target !== undefined && evidence.target === undefined
      ? [`Check that "${target.name}", the last column of the data, is what the model foretells.`]
      : [];
  return { ...draft, ...after, remarks: [...guess, ...draft.remarks, ...after.remarks] };
}

/** The column that is foretold: the one that is named, else the last if the model takes the others. */
function targetOf({ columns, target, signature }: Evidence): DataColumn | undefined {
  if (target !== undefined || columns === undefined)
    return columns?.find(({ name }) => name === target);
  const last = columns.at(-1);
  if (last === undefined || takesColumns(signature, columns)) return undefined;
  return takesColumns(signature, columns.slice(0, -1)) ? last : undefined;
}

function fromInputs(
  signature: Signature,
  columns: readonly DataColumn[] | undefined,
  tokenizer: unknown,
): { modality: Modality; draft: InputDraft | undefined } {
  if (takesTexts(signature)) return { modality: "text", draft: fromTexts(signature, tokenizer) };
  const image = imageInput(signature);
  if (image !== undefined) return { modality: "image", draft: fromImages(image) };
  if (takesTable(signature)) return { modality: "table", draft: fromTable(signature, columns) };
  return { modality: "other", draft: asTensors(signature) };
}

/** Tensors of known shapes as callers would send them anyway. */
function asTensors({ inputs }: Signature): InputDraft | undefined {
  const isFixed = inputs.every(({ shape }) =>
    shape.slice(1).every((axis) => typeof axis === "number" && axis > 0),
  );
  if (!isFixed || inputs.some(({ shape }) => shape.length === 0)) return undefined;
  return {
    inputs: inputs.map(({ name, datatype, shape }) => ({
      name,
      field: { type: "tensor", datatype, shape: shape.slice(1) },
    })),
    before: [],
    remarks: [],
  };
}
