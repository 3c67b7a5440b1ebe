import { join } from "node:path";
import { fail } from "@longshore/core";
import { PipelineProblem, typeOf, type Frame } from "@longshore/core/pipeline";
import {
  layoutOf,
  profileSchema,
  summarize,
  toSeries,
  type Profile,
} from "@longshore/core/profile";
import type { InputField } from "@longshore/core/manifest";
import { openBundle, type OpenBundle } from "../../processing/bundle.ts";
import { toManifestError } from "../../registry/manifestFile.ts";
import { inferRows } from "../../registry/processingOf.ts";
import type { ModelSource } from "../../registry/scan.ts";
import { openForm, type FormTools } from "../openForm.ts";
import { answerRows, type Answers } from "./answers.ts";
import type { Training } from "./readTraining.ts";

/** A profile, and what the rows that it was made of met on their way through the bundle. */
export interface ProfiledData {
  readonly profile: Profile;
  readonly answers: Answers;
}

/**
 * The profile of training data: of the inputs as they are, and of what the bundle answers to them.
 * The pipeline is made ready with the profile of the inputs, which its steps may ask for.
 *
 * @throws LongshoreError
 */
export async function profileData(
  source: ModelSource,
  training: Training,
  tools: FormTools,
): Promise<ProfiledData> {
  const inputs = profileInputs(source.manifest.inputs ?? {}, training.frame);
  // The bundle's own terms are left to the pipeline below: here, the model's tensors are wanted.
  const terms = ["inputs", "outputs", "pipeline", "variants", "profile"] as const;
  const served = await openForm(source, source, tools, terms);
  try {
    const { name, version, folder, manifest, codeAllowed: allowCode } = source;
    const { signature } = served;
    const bundle = { name, version, folder, manifest, signature, allowCode };
    const open = await openPipeline(bundle, inputs);
    const answers = await answerRows(open, inferRows(served.infer, signature, name), training);
    if (answers.rows === 0)
      throw fail("DATA_INVALID", {
        file: training.file,
        problem: `the bundle refuses all rows; ${answers.refusal}`,
      });
    const layout = { inputs: {}, outputs: layoutOf(answers.series) };
    const { outputs } = summarize(answers.rows, new Map(), answers.series, layout);
    return { profile: rounded({ ...inputs, outputs }), answers };
  } finally {
    await served.close();
  }
}

function profileInputs(fields: Readonly<Record<string, InputField>>, frame: Frame): Profile {
  const types = new Map(Object.entries(fields).map(([name, field]) => [name, typeOf(field)]));
  const isText = (name: string): boolean => ["text", "date"].includes(fields[name]!.type);
  const series = toSeries(frame.columns, types, isText);
  const layout = { inputs: layoutOf(series), outputs: {} };
  return rounded(summarize(frame.rows, series, new Map(), layout));
}

/** @throws LongshoreError MANIFEST_INVALID with line and column. */
async function openPipeline(
  bundle: Parameters<typeof openBundle>[0],
  profile: Profile,
): Promise<OpenBundle> {
  try {
    return await openBundle(bundle, profile);
  } catch (error) {
    if (!(error instanceof PipelineProblem)) throw error;
    throw await toManifestError(join(bundle.folder, "bundle.yaml"), error);
  }
}

/** More digits would be noise, and half of the file. */
const DIGITS = 7;

/** A profile as it is when it has been written and read again. */
function rounded(profile: Profile): Profile {
  const text = JSON.stringify(profile, (_, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value)
      ? Number(value.toPrecision(DIGITS))
      : value,
  );
  return profileSchema.parse(JSON.parse(text));
}
