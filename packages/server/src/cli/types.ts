import { writeFile } from "node:fs/promises";
import { fail } from "@longshore/core";
import { describeServer } from "../http/describe.ts";
import { toOpenApi } from "../http/docs/openapi.ts";
import { createModelHost } from "../modelHost.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { modelsInterface, readModels } from "./types/modelsInterface.ts";

export const help = `Write TypeScript types of what models take and answer, for @longshore/client.

Usage: longshore types <path…|url> [options]

A path is what "serve" takes; an address is that of a running server. Each model has the types of
one row: the fields of its bundle, or the tensors of its graph.

Options:
  --out FILE     write to a file instead of standard output
  --allow-code   let bundles hold code, which then may do what you may

Examples:
  longshore types examples --allow-code --out models.ts
  longshore types http://127.0.0.1:8000 > models.ts

Then:
  import { createClient } from "@longshore/client";
  import type { Models } from "./models.ts";
  const client = createClient<Models>({ url: "http://127.0.0.1:8000" });`;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    { out: { type: "string" }, "allow-code": { type: "boolean" } },
    { name: "path or address", min: 1, max: Number.POSITIVE_INFINITY },
  );
  const remote = positionals.filter((place) => /^https?:\/\//i.test(place));
  if (remote.length > 0 && positionals.length > 1)
    throw new UsageError("give one address, or paths");
  const api =
    remote[0] === undefined
      ? await describePaths(positionals, values["allow-code"] === true)
      : await fetchApi(remote[0]);
  const text = modelsInterface(readModels(api));
  if (values.out === undefined) process.stdout.write(text);
  else await writeFile(values.out, text);
  return 0;
}

/** What a server of these paths would say of itself. Models that cannot be loaded are told, not left out. */
async function describePaths(paths: readonly string[], allowCode: boolean): Promise<unknown> {
  await using host = createModelHost({ paths, isolateTrials: true, allowCode });
  await host.registry.sync(false);
  const failed = host.registry.index().find(({ state }) => state !== "READY");
  if (failed !== undefined)
    throw fail("MODEL_LOAD_FAILED", { model: failed.name, reason: failed.reason });
  return toOpenApi(describeServer(host));
}

/** @throws LongshoreError REMOTE_FAILED */
async function fetchApi(address: string): Promise<unknown> {
  const url = `${address.replace(/\/+$/, "")}/openapi.json`;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as unknown;
  } catch (error) {
    const { cause, message } = error as Error;
    const problem = cause instanceof Error && cause.message !== "" ? cause.message : message;
    throw fail("REMOTE_FAILED", { url, problem });
  }
}
