/** Source: tensorflow/serving `apis/get_model_status.proto`. */
export type VersionState = "START" | "LOADING" | "AVAILABLE" | "UNLOADING" | "END";

/** What is known of one version of a model. */
export interface VersionStatus {
  readonly version: string;
  readonly state: VersionState;
  /** Why it does not answer; empty where nothing is wrong. */
  readonly reason: string;
}

/** Answer of `GET /v1/models/{m}`: the newest version first, and versions as strings. */
export function toModelStatus(versions: readonly VersionStatus[]): object {
  const newestFirst = versions.toSorted((a, b) => Number(b.version) - Number(a.version));
  return {
    model_version_status: newestFirst.map(({ version, state, reason }) => ({
      version,
      state,
      status: { error_code: reason === "" ? "OK" : "UNAVAILABLE", error_message: reason },
    })),
  };
}
