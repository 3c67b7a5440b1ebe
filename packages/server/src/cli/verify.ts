import { fail } from "@longshore/core";
import { readGoldenOf } from "../registry/golden.ts";
import { parseArguments, toCount, UsageError } from "./arguments.ts";
import { findSource } from "./model.ts";
import { openFormHost } from "./openForm.ts";
import { describeForms, toJson } from "./verify/report.ts";
import { verifyBundle, type VerifiedForm } from "./verify/verifyBundle.ts";
import { verifyServer } from "./verify/verifyServer.ts";

export const help: string = `Ask a bundle its golden examples, in every form that it can be served in.

Usage: longshore verify <bundle> [--url http://host:port] [--limit N] [--json] [--allow-code]

The original and each variant that this CPU can run answer all requests of the bundle's golden
examples (\`golden\` in bundle.yaml). Told are the misses, which are answers further off than they may
be, and the worst differences with the line of the file and the place in the answer. Numbers are off by
|got - expected| / max(1, |expected|); a wrong text, or no answer, is infinitely far off.

The exit code is 1 on a miss of the original, and where a variant misses more than the \`tolerance\` and
\`agreement\` that bundle.yaml grants it: the same that a server asks for when it loads a model.

Options:
  --url <address>  ask the model of the bundle's name on this running server, too; a path is where
                   the server is mounted
  --limit N        how many of the worst differences are told of each form (default 3)
  --json           everything as JSON; a distance that is infinite is null
  --allow-code     run the code of the bundle, which then may do what you may

Examples:
  longshore verify examples/breast-cancer
  longshore verify examples/digits --url http://localhost:8000 --limit 10`;

const DEFAULT_LIMIT = 3;

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      url: { type: "string" },
      limit: { type: "string" },
      json: { type: "boolean" },
      "allow-code": { type: "boolean" },
    },
    { name: "<bundle>", min: 1, max: 1 },
  );
  const limit = values.limit === undefined ? DEFAULT_LIMIT : toCount("--limit", values.limit);
  const url = values.url === undefined ? undefined : toUrl(values.url);
  const source = await findSource(positionals[0]!, values["allow-code"] === true);
  const examples = await readGoldenOf(source);
  if (examples === undefined || examples.length === 0)
    throw fail("DATA_INVALID", {
      file: positionals[0]!,
      problem:
        examples === undefined
          ? `the bundle has no golden examples; ${HOW}`
          : `its golden examples (${source.manifest.golden!.file}) are none; ${HOW}`,
    });
  await using host = await openFormHost(source);
  const forms: VerifiedForm[] = await verifyBundle(source, examples, host.tools);
  if (url !== undefined) forms.push(await verifyServer(url, source, examples));
  if (values.json) console.log(JSON.stringify(toJson(source, forms, limit), null, 2));
  else console.log(describeForms(source, examples.length, forms, limit));
  return forms.every(isGood) ? 0 : 1;
}

const HOW =
  "write requests of /predict with the training framework's answers into golden.jsonl, a line each: " +
  '{"request": {"inputs": …}, "answer": {"outputs": …}}, and into bundle.yaml: ' +
  "golden: { file: golden.jsonl, tolerance: 1.0e-5 }";

function isGood({ outcome }: VerifiedForm): boolean {
  return outcome.kind === "otherCpu" || (outcome.kind === "asked" && outcome.report.passed);
}

function toUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new UsageError(`--url takes an address such as http://localhost:8000, got "${text}"`);
  return text.replace(/\/+$/, "");
}
