import { z } from "zod";
import type { ManifestPath } from "./problem.ts";

/** The keys that may stand at a place: what a mistyped one is compared with. */
export function keysAt(schema: z.ZodType, value: unknown, path: ManifestPath): readonly string[] {
  const found = schemaAt(schema, value, path);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/**
 * The schema of the value at a place; of several alternatives the one that the value chooses by its
 * discriminator, else the first that is an object. Undefined where the path leads nowhere.
 */
export function schemaAt(
  schema: z.ZodType,
  value: unknown,
  path: ManifestPath,
): z.ZodType | undefined {
  const inner = alternative(unwrap(schema), value);
  const [key, ...rest] = path;
  if (key === undefined || inner === undefined) return inner;
  const next = step(inner, key);
  return next && schemaAt(next, (value as Record<string | number, unknown> | null)?.[key], rest);
}

/** Without what only says that a value may be absent. */
export function unwrap(schema: z.ZodType): z.ZodType {
  let inner: z.ZodType = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault
  )
    inner = inner.unwrap() as z.ZodType;
  return inner;
}

function alternative(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const chosen = (value as Record<string, unknown> | null | undefined)?.[discriminator];
    return (schema.options as z.ZodObject[]).find((option) =>
      (option.shape[discriminator] as z.ZodLiteral).values.has(chosen as string),
    );
  }
  if (schema instanceof z.ZodUnion)
    return (schema.options as z.ZodType[]).find((option) => option instanceof z.ZodObject);
  return schema;
}

function step(schema: z.ZodType, key: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[key] as z.ZodType | undefined;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodTuple) return schema.def.items[Number(key)] as z.ZodType | undefined;
  return undefined;
}
