import { fail, type LongshoreError } from "../../errors.ts";

/** A tensor turned out otherwise than its type left open: a model's symbolic axis, say. */
export function surprise(column: string, problem: string): LongshoreError {
  return fail("FIELD_INVALID", { field: column, where: "", problem });
}
