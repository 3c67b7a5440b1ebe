import { format } from "oxfmt";
import { manifestJsonSchema } from "@longshore/core/manifest";
import { bundlePage } from "./bundlePage.ts";
import { stepsPage } from "./stepsPage.ts";

/**
 * What is made from the schema and the steps, in the format that all files have.
 *
 * @returns contents by path from the repository's root.
 */
export async function referenceFiles(): Promise<Readonly<Record<string, string>>> {
  const made = {
    "docs/bundle.md": bundlePage(),
    "docs/steps.md": await stepsPage(),
    "packages/core/schema/bundle.schema.json": JSON.stringify(manifestJsonSchema(), null, 2),
  };
  const files = Object.entries(made).map(async ([path, text]) => {
    const { code, errors } = await format(path, text);
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
    return [path, code] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}
