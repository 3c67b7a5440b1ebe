import { readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { fail } from "@longshore/core";
import { writeWhole } from "../optimize/writeWhole.ts";
import type { ModelSource } from "../registry/scan.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { findSource } from "./model.ts";
import { openFormHost } from "./openForm.ts";
import { profileData } from "./profile/profileData.ts";
import { readTraining } from "./profile/readTraining.ts";
import { describeProfile } from "./profile/report.ts";
import { formatProfile, nameProfile } from "./profile/write.ts";
import { formatBytes, printable } from "./table.ts";

export const help: string = `Write what a bundle's training data look like, for its pipeline and for monitoring.

Usage: longshore profile <bundle> --data FILE [--drop COLUMN]… [--out FILE] [--allow-code]

Of each input, and of each output that the bundle gives to these rows: how many are missing, mean,
spread, histogram and quantiles of numbers, how often each category was seen, how long texts are; and
how the inputs that are numbers vary together. No row can be found in it again but for the
smallest and largest values and the names of categories.

It goes into the file that bundle.yaml names, else into profile.json, which bundle.yaml is then made
to name. The rule \`distance\` of the step \`outliers\` needs it.

Options:
  --data FILE    training data: CSV whose columns are inputs, or JSON Lines of objects
  --drop COLUMN  leave a column of the data out, such as the target; may be given several times
  --out FILE     write the profile there, and leave the bundle as it is
  --allow-code   run the code of the bundle, which then may do what you may

Examples:
  longshore profile examples/diabetes --data examples/diabetes/train.csv --drop progression
  longshore profile . --data today.jsonl --out today.json`;

const MANIFEST = "bundle.yaml";
const PROFILE = "profile.json";

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(
    args,
    {
      data: { type: "string" },
      drop: { type: "string", multiple: true },
      out: { type: "string" },
      "allow-code": { type: "boolean" },
    },
    { name: "<bundle>", min: 1, max: 1 },
  );
  if (!values.data) throw new UsageError("give the training data with --data FILE");
  if (values.out === "") throw new UsageError("--out takes the name of a file");
  const source = await findSource(positionals[0]!, values["allow-code"] === true);
  const { manifest, name, folder } = source;
  if (Object.keys(manifest.inputs ?? {}).length === 0)
    throw fail("MANIFEST_INVALID", {
      file: shown(join(folder, MANIFEST)),
      problem: "it says nothing of its inputs; name them first, or have `longshore init` do so",
    });
  const to = values.out === undefined ? placeIn(source) : resolve(values.out);
  const contract = {
    name,
    inputs: manifest.inputs!,
    answer: new Map(),
    maxRows: Number.POSITIVE_INFINITY,
  };
  const training = await readTraining(values.data, contract, values.drop ?? []);
  await using host = await openFormHost(source);
  const found = await profileData(source, training, host.tools);
  const text = formatProfile(found.profile);
  await writeWhole(to, text);
  const size = formatBytes(Buffer.byteLength(text));
  const wrote = `wrote ${shown(to)}, ${size}`;
  const named =
    values.out !== undefined || manifest.profile !== undefined ? "" : await nameIn(folder);
  console.log(`${describeProfile(found, Object.keys(contract.inputs))}\n\n${wrote}${named}`);
  return 0;
}

/** @throws LongshoreError MANIFEST_INVALID if the manifest names a file outside of the bundle. */
function placeIn({ folder, manifest }: ModelSource): string {
  const file = resolve(folder, manifest.profile ?? PROFILE);
  if (file.startsWith(resolve(folder) + sep)) return file;
  throw fail("MANIFEST_INVALID", {
    file: join(folder, MANIFEST),
    problem: `profile: ${manifest.profile} lies outside of the bundle`,
  });
}

/** Makes the manifest name the profile. @returns what to tell of it. */
async function nameIn(folder: string): Promise<string> {
  const file = join(folder, MANIFEST);
  const text = nameProfile(await readFile(file, "utf8"), PROFILE);
  if (text === undefined) return `; add "profile: ${PROFILE}" to ${shown(file)}`;
  await writeWhole(file, text);
  return ` and named it in ${shown(file)}`;
}

/** As short as it can be copied from the screen. */
function shown(path: string): string {
  const fromHere = relative("", path);
  return printable(fromHere.startsWith("..") ? path : fromHere);
}
