import { GRPC_CODES } from "../errors.ts";
import type { GetModelStatusResponse } from "./messages/modelService.ts";

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
  return {
    model_version_status: newestFirst(versions).map(({ version, state, reason }) => ({
      version,
      state,
      status: { error_code: codeOf(reason), error_message: reason },
    })),
  };
}

/** Answer of `GetModelStatus`, in the same order. */
export function toStatusMessage(versions: readonly VersionStatus[]): GetModelStatusResponse {
  return {
    model_version_status: newestFirst(versions).map(({ version, state, reason }) => ({
      version: BigInt(version),
      state,
      status: { error_code: GRPC_CODES[codeOf(reason)], error_message: reason },
    })),
  };
}

function newestFirst(versions: readonly VersionStatus[]): VersionStatus[] {
  return versions.toSorted((a, b) => Number(b.version) - Number(a.version));
}

function codeOf(reason: string): "OK" | "UNAVAILABLE" {
  return reason === "" ? "OK" : "UNAVAILABLE";
}
