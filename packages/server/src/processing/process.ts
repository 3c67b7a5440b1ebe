import { checkInputs, type PredictForm, type Tensors } from "@longshore/core";
import { newNotes, type Notes } from "@longshore/core/pipeline";
import {
  encodeRecordLines,
  encodeRecords,
  toAnswerTable,
  type DecodedRecords,
  type RecordAnswer,
} from "@longshore/core/records";
import { toCsvField } from "../data/csv.ts";
import type { OpenBundle } from "./bundle.ts";
import { chain } from "./chain.ts";
import { answerFormatOf, JSON_TYPE } from "./mediaTypes.ts";
import type { Encoded, PredictCall } from "./predict.ts";
import { readBody } from "./readBody.ts";

/** A call after the steps before the model. Plain data: it travels between threads. */
export interface Processed {
  /** What the model takes. */
  readonly inputs: Tensors;
  readonly rows: number;
  readonly notes: Notes;
  readonly decoded: Omit<DecodedRecords, "frame">;
}

/**
 * From a call's bytes to what the model takes.
 *
 * @throws LongshoreError
 */
export function before(open: OpenBundle, call: PredictCall): Processed | Promise<Processed> {
  return chain(readBody(open, call), ({ frame, ...decoded }) => {
    const notes = newNotes();
    return chain(open.pipeline.before(frame, notes), (inputs) => {
      checkInputs(open.model, inputs, call.limits);
      return { inputs, rows: frame.rows, notes, decoded };
    });
  });
}

/** From what the model took and gave to the answer's bytes. */
export function after(
  { bundle, pipeline, contract }: OpenBundle,
  { inputs, rows, notes, decoded }: Processed,
  outputs: Tensors,
  { id, accept }: Pick<PredictCall, "id" | "accept">,
): Encoded | Promise<Encoded> {
  return chain(pipeline.after(inputs, outputs, rows, notes), (frame) =>
    encode(
      {
        ...(id !== undefined && { id }),
        model: bundle.name,
        version: bundle.version,
        frame,
        types: contract.answer,
        ...(decoded.outputs && { outputs: decoded.outputs }),
        flags: notes.flags,
      },
      decoded.form,
      accept,
    ),
  );
}

function encode(answer: RecordAnswer, form: PredictForm, accept: string | undefined): Encoded {
  switch (answerFormatOf(accept)) {
    case "json":
      return { contentType: JSON_TYPE, body: encodeRecords(answer, form) };
    case "jsonl":
      return { contentType: "application/jsonl; charset=utf-8", body: encodeRecordLines(answer) };
    case "csv":
      return { contentType: "text/csv; charset=utf-8", body: toCsv(answer) };
  }
}

function toCsv(answer: RecordAnswer): string {
  const { header, rows } = toAnswerTable(answer);
  return [header, ...rows].map((cells) => `${cells.map(toCsvField).join(",")}\n`).join("");
}
