import { fail } from "@longshore/core";
import {
  decodeJsonLineRecords,
  decodeJsonRecords,
  toPartRecords,
  toTableRecords,
  type DecodedRecords,
  type RecordContract,
} from "@longshore/core/records";
import { readCsv } from "../data/csv.ts";
import type { OpenBundle } from "./bundle.ts";
import { formatOf, mediaTypeOf, type BodyFormat } from "./mediaTypes.ts";
import { readMultipart } from "./multipart.ts";
import type { PredictCall } from "./predict.ts";

/**
 * Reads the rows of a call, in whatever format its body is.
 *
 * @throws LongshoreError
 */
export function readBody(
  { contract, takes }: OpenBundle,
  { body, contentType, limits }: PredictCall,
): DecodedRecords | Promise<DecodedRecords> {
  const format = formatOf(contentType, takes, contract.name);
  if (format !== "json" && body.length === 0)
    throw fail("BODY_EMPTY", { expected: mediaTypeOf(format) });
  switch (format) {
    case "json":
      return decodeJsonRecords(body, contract, limits);
    case "jsonl":
      return decodeJsonLineRecords(body, contract, limits);
    case "csv":
      return toTableRecords(readCsv(toText(body), "the body"), contract, limits);
    case "multipart":
      return readMultipart(body, contentType!).then((parts) =>
        toPartRecords(parts, contract, limits),
      );
    case "text":
      return toPartRecords(
        [{ name: nameOf(contract, format), value: toText(body) }],
        contract,
        limits,
      );
    case "image":
    case "audio":
      return toPartRecords([{ name: nameOf(contract, format), value: body }], contract, limits);
  }
}

/** The one field that a body of one value is. */
function nameOf({ inputs }: RecordContract, format: BodyFormat): string {
  return Object.keys(inputs).find((name) => inputs[name]!.type === format)!;
}

/** @throws LongshoreError FIELD_INVALID */
function toText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw fail("FIELD_INVALID", { field: "body", where: "", problem: "it is not UTF-8 text" });
  }
}
