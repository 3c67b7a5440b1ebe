import { fail } from "../errors.ts";

/** Which version of which model a call is for; without a version or a label, the one that answers. */
export interface ServableSpec {
  readonly model: string;
  readonly version?: string;
  readonly label?: string;
}

export type InferenceMethod = "predict" | "classify" | "regress";

/** `POST /v1/models/{model}[/versions/{version}|/labels/{label}]:{method}`. */
const INFERENCE =
  /^\/v1\/models\/([^/:]+)(?:\/versions\/(\d+)|\/labels\/([^/:]+))?:(predict|classify|regress)$/i;
/** `GET /v1/models/{model}[/versions/{version}|/labels/{label}][/metadata]`. */
const DESCRIPTION =
  /^\/v1\/models\/([^/:]+)(?:\/versions\/(\d+)|\/labels\/([^/:]+))?(\/metadata)?$/i;

/**
 * What a path asks to be computed. Case is of no matter but in names and labels.
 *
 * @param path as the caller wrote it, percent-encoded, without a query.
 * @throws LongshoreError ROUTE_MALFORMED
 */
export function parseInferencePath(path: string): ServableSpec & {
  readonly method: InferenceMethod;
} {
  const match = INFERENCE.exec(path);
  const spec = match === null ? undefined : toSpec(match);
  if (match === null || spec === undefined) {
    const expected =
      "expected /v1/models/{model}[/versions/{version}|/labels/{label}]:predict, :classify or :regress";
    throw fail("ROUTE_MALFORMED", { method: "POST", path, expected });
  }
  return { ...spec, method: (match[4] as string).toLowerCase() as InferenceMethod };
}

/**
 * What a path asks to be told.
 *
 * @param path as of {@link parseInferencePath}.
 * @throws LongshoreError ROUTE_MALFORMED
 */
export function parseDescriptionPath(path: string): ServableSpec & {
  readonly subject: "status" | "metadata";
} {
  const match = DESCRIPTION.exec(path);
  const spec = match === null ? undefined : toSpec(match);
  if (match === null || spec === undefined) {
    const expected = /^\/v1\/models\/?$/i.test(path)
      ? "Missing model name in request"
      : "expected /v1/models/{model}[/versions/{version}|/labels/{label}][/metadata]";
    throw fail("ROUTE_MALFORMED", { method: "GET", path, expected });
  }
  return { ...spec, subject: match[4] === undefined ? "status" : "metadata" };
}

/** How TensorFlow Serving names a servable in its messages: `Latest(m)`, `Specific(m, 2)`. */
export function formatServable({ model, version }: ServableSpec): string {
  return version === undefined ? `Latest(${model})` : `Specific(${model}, ${version})`;
}

/** Undefined where a number is no int64, or a name is not percent-encoded UTF-8. */
function toSpec([, model = "", version, label]: RegExpExecArray): ServableSpec | undefined {
  if (version !== undefined && BigInt(version) >= 2n ** 63n) return undefined;
  try {
    return {
      model: decodeURIComponent(model),
      // Folders of versions have no leading zeros.
      ...(version !== undefined && { version: version.replace(/^0+(?=\d)/, "") }),
      ...(label !== undefined && { label: decodeURIComponent(label) }),
    };
  } catch {
    return undefined;
  }
}
