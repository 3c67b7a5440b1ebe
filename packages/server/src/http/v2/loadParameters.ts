import { fail, type JsonValue, type LongshoreError } from "@longshore/core";
import type { LoadRequest } from "../../registry/loadOverride.ts";
import { nameKind, type JsonFields } from "./jsonBody.ts";

const FILE = "file:";
/** Of whole groups of four, the last of them padded. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The parameters of a request to load a model: `config`, and `file:<version>/<name>` in base64.
 *
 * Source: Triton `docs/protocol/extension_model_repository.md`.
 *
 * @throws LongshoreError PARAMETER_INVALID
 */
export function readLoadParameters(parameters: JsonFields): LoadRequest {
  let config: string | undefined;
  const files = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(parameters)) {
    if (name === "config") {
      if (typeof value !== "string") throw badParameter(name, "a string of JSON", value);
      config = value;
    } else if (name.startsWith(FILE)) {
      files.set(name.slice(FILE.length), decodeFile(name, value));
    } else throw badParameter(name, "config or file:<version>/<name>", value);
  }
  return config === undefined ? { files } : { config, files };
}

/** The error for a parameter that is not known, or of another kind. */
export function badParameter(
  parameter: string,
  expected: string,
  value: JsonValue,
): LongshoreError {
  const got = nameKind(value);
  return fail("PARAMETER_INVALID", { parameter, where: "", expected, got });
}

function decodeFile(name: string, value: JsonValue): Uint8Array {
  if (typeof value !== "string" || value.length % 4 !== 0 || !BASE64.test(value)) {
    throw badParameter(name, "the file in base64", value);
  }
  return Buffer.from(value, "base64");
}
