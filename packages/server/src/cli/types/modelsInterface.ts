import { fail } from "@longshore/core";
import { inComment, toType, type Schema } from "./schemaType.ts";

/** A model as types see it: one row of its inputs and outputs. */
export interface ModelRows {
  readonly name: string;
  readonly description: string | undefined;
  readonly inputs: Schema;
  readonly outputs: Schema;
}

interface Tag {
  readonly name?: string;
  readonly "x-longshore-versions"?: readonly {
    readonly isDefault?: boolean;
    readonly description?: string;
    readonly row?: { readonly inputs: Schema; readonly outputs: Schema };
  }[];
}

/**
 * The models of a server's OpenAPI document: of each, the version that answers calls that name none.
 *
 * @throws LongshoreError REMOTE_FAILED if it is not the document of a Longshore server.
 */
export function readModels(api: unknown): ModelRows[] {
  const { tags } = (api ?? {}) as { readonly tags?: readonly Tag[] };
  if (!Array.isArray(tags))
    throw fail("REMOTE_FAILED", { url: "openapi.json", problem: "it lists no models" });
  return (tags as readonly Tag[]).flatMap(({ name, "x-longshore-versions": versions = [] }) => {
    const version = versions.find(({ isDefault }) => isDefault === true);
    if (name === undefined || version?.row === undefined) return [];
    return [{ name, description: version.description, ...version.row }];
  });
}

/** The module that `createClient<Models>` takes its types from. */
export function modelsInterface(models: readonly ModelRows[]): string {
  const lines = models.flatMap(({ name, description, inputs, outputs }) => [
    ...(description === undefined ? [] : [`  /** ${inComment(description)} */`]),
    `  readonly ${JSON.stringify(name)}: {`,
    `    readonly inputs: ${toType(inputs, "    ")};`,
    `    readonly outputs: ${toType(outputs, "    ")};`,
    "  };",
  ]);
  return [
    "// Written by `longshore types`: write it again when a model's inputs or outputs change.",
    "",
    "/** One row of what each model takes and answers. */",
    "export interface Models {",
    ...lines,
    "}",
    "",
  ].join("\n");
}
