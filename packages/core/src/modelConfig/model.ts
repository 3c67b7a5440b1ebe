/** Which model it is, what runs it, and how often. */
import type { Manifest } from "../manifest/schema.ts";
import type { TritonConfig } from "./messages.ts";
import { problem } from "./problem.ts";

const PLATFORMS = ["onnxruntime_onnx", "longshore_code"];
const BACKENDS = ["onnxruntime", "longshore"];

/** @throws ModelConfigProblem for a model that something else than ONNX Runtime would run. */
export function requireRuntime({ platform, backend, ensemble_scheduling }: TritonConfig): void {
  const isEnsemble = platform === "ensemble";
  if (isEnsemble && ensemble_scheduling === undefined)
    throw problem("platform", "the section ensemble_scheduling beside it", platform);
  if (!isEnsemble && ensemble_scheduling !== undefined)
    throw problem("ensemble_scheduling", 'the platform "ensemble" beside it', platform ?? "");
  if (platform && !isEnsemble && !PLATFORMS.includes(platform))
    throw problem("platform", `${PLATFORMS.join(", ")} or ensemble`, platform);
  if (backend && !BACKENDS.includes(backend))
    throw problem("backend", BACKENDS.join(" or "), backend);
}

/** The file of each version; undefined for the usual one. @throws ModelConfigProblem */
export function readModelFile({ default_model_filename: name }: TritonConfig): string | undefined {
  if (!name) return undefined;
  if (!/^\w[\w.-]*\.onnx$/.test(name))
    throw problem("default_model_filename", "an .onnx file", name);
  return name;
}

/** @throws ModelConfigProblem */
export function readVersions(policy: TritonConfig["version_policy"]): Manifest["versions"] {
  if (policy === undefined) return undefined;
  const { latest, all, specific } = policy;
  if (all !== undefined) return "all";
  if (latest !== undefined) {
    const { num_versions: count = 1 } = latest;
    if (count > 0) return { latest: count };
    throw problem("version_policy.latest.num_versions", "an integer from 1", count);
  }
  if (specific === undefined)
    throw problem("version_policy", "one of latest, all, specific", policy);
  const { versions = [] } = specific;
  for (const [index, version] of versions.entries()) {
    if (version < 1)
      throw problem(`version_policy.specific.versions[${index}]`, "an integer from 1", version);
  }
  if (versions.length > 0) return versions;
  throw problem("version_policy.specific", "at least one version", versions);
}

/** The policy that a manifest has, or the default one. */
export function toVersionPolicy(
  versions: Manifest["versions"],
): NonNullable<TritonConfig["version_policy"]> {
  if (versions === "all") return { all: {} };
  if (Array.isArray(versions)) return { specific: { versions } };
  return { latest: { num_versions: versions?.latest ?? 1 } };
}

/**
 * Instances and their threads.
 *
 * @param note told of what has no effect.
 * @throws ModelConfigProblem
 */
export function readInstances(
  { instance_group: groups = [], parameters = {} }: TritonConfig,
  note: (where: string, message: string) => void,
): Manifest["instances"] {
  let total = 0;
  for (const [index, { count = 1, kind }] of groups.entries()) {
    const where = `instance_group[${index}]`;
    if (kind === "KIND_GPU")
      note(`${where}.kind`, "(KIND_GPU) has no effect here: models run on the CPU");
    if (count < 0) throw problem(`${where}.count`, "an integer from 0", count);
    total += count;
  }
  const threads = toParameterCount(parameters, "intra_op_thread_count");
  return {
    ...(total > 0 && { count: total }),
    ...(threads > 0 && { intraOpThreads: threads }),
  };
}

/** A whole number in a parameter's text; 0 where it is not given. @throws ModelConfigProblem */
export function toParameterCount(
  parameters: NonNullable<TritonConfig["parameters"]>,
  name: string,
): number {
  const text = parameters[name]?.string_value ?? "";
  if (/^\s*\d{0,9}\s*$/.test(text)) return Number(text);
  throw problem(`parameters.${name}`, "an integer from 0", text);
}
