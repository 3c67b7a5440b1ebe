import { z } from "zod";
import { manifestSchema } from "./schema.ts";

/**
 * JSON Schema of `bundle.yaml`, for editors: descriptions while typing, completion,
 * mistakes underlined. It takes what {@link manifestSchema} takes, from which it is made. Draft 7 is
 * the one that editors know best.
 */
export function manifestJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(manifestSchema, { io: "input", target: "draft-7" });
  return {
    $schema,
    title: "Longshore bundle",
    description: "What a model takes, gives and needs: the bundle.yaml beside it.",
    ...schema,
  };
}
