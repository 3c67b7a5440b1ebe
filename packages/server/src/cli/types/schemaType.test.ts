import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toType, type Schema } from "./schemaType.ts";

describe("types of schemas", () => {
  const cases: [schema: Schema, type: string][] = [
    [{ type: "number", minimum: 0 }, "number"],
    [{ type: "integer" }, "number"],
    [{ type: ["number", "null"] }, "number | null"],
    [{ enum: ["a", "b", 'c"'] }, '"a" | "b" | "c\\""'],
    [{ const: "x" }, '"x"'],
    [{ type: "array", items: { type: "number" } }, "readonly number[]"],
    [
      { type: "array", items: { type: "array", items: { type: ["number", "null"] } } },
      "readonly (readonly (number | null)[])[]",
    ],
    [{ anyOf: [{ type: "number" }, { type: "number" }, { type: "string" }] }, "number | string"],
    [{ type: "string", contentEncoding: "base64" }, "string | Blob | Uint8Array"],
    [{}, "unknown"],
    [{ type: "object" }, "Readonly<Record<string, unknown>>"],
    [
      {
        type: "object",
        propertyNames: { enum: ["no", "yes"] },
        additionalProperties: { type: "number" },
      },
      'Readonly<Record<"no" | "yes", number>>',
    ],
    [
      {
        type: "object",
        properties: {
          age: {
            type: "number",
            description: "Of the patient. */",
            "x-unit": "years",
            minimum: 0,
            maximum: 120,
          },
          "blood pressure": { type: "object", properties: { upper: { type: "number" } } },
        },
        required: ["age"],
      },
      `{
  /** Of the patient. * / In years from 0 to 120. */
  readonly age: number;
  readonly "blood pressure"?: {
    readonly upper?: number;
  };
}`,
    ],
  ];
  for (const [schema, type] of cases)
    test(type.split("\n")[0]!, () => assert.equal(toType(schema), type));
});
