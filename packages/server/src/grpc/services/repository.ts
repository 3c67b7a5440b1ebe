import { fail, type LongshoreError } from "@longshore/core";
import type { ServerContext } from "../../http/app.ts";
import type { LoadRequest } from "../../registry/loadOverride.ts";
import {
  EMPTY,
  REPOSITORY_INDEX_REQUEST,
  REPOSITORY_INDEX_RESPONSE,
  REPOSITORY_MODEL_REQUEST,
  type RepositoryModelRequest,
} from "../messages/service.ts";
import { unary, type Method } from "../transport/method.ts";
import { SERVICE } from "./names.ts";

/** The model repository extension: index, load, unload. */
export function repositoryMethods({ host }: ServerContext): Method[] {
  const { registry } = host;
  return [
    unary(
      `${SERVICE}/RepositoryIndex`,
      REPOSITORY_INDEX_REQUEST,
      REPOSITORY_INDEX_RESPONSE,
      ({ repository_name: repository, ready }) => {
        requireOneRepository(repository);
        const models = registry.index().filter(({ state }) => !ready || state === "READY");
        return { models };
      },
    ),
    unary(
      `${SERVICE}/RepositoryModelLoad`,
      REPOSITORY_MODEL_REQUEST,
      EMPTY,
      async ({ repository_name: repository, model_name: model, parameters }) => {
        requireOneRepository(repository);
        await registry.load(model, readLoadParameters(parameters));
        return {};
      },
    ),
    unary(
      `${SERVICE}/RepositoryModelUnload`,
      REPOSITORY_MODEL_REQUEST,
      EMPTY,
      async ({ repository_name: repository, model_name: model, parameters }) => {
        requireOneRepository(repository);
        await registry.unload(model, readUnloadDependents(parameters));
        return {};
      },
    ),
  ];
}

function requireOneRepository(name: string): void {
  if (name === "") return;
  const instead = "leave it out: all models are in one repository";
  throw fail("PARAMETER_UNSUPPORTED", { parameter: "repository_name", where: "", instead });
}

type Parameters = RepositoryModelRequest["parameters"];

const FILE = "file:";

/**
 * The parameters of a request to load a model: `config`, and `file:<version>/<name>` in bytes.
 *
 * Source: Triton `docs/protocol/extension_model_repository.md`.
 */
function readLoadParameters(parameters: Parameters = {}): LoadRequest {
  const files = new Map<string, Uint8Array>();
  let config: string | undefined;
  for (const [name, { string_param: text, bytes_param: bytes }] of Object.entries(parameters)) {
    if (name === "config") {
      if (text === undefined) throw badParameter(name, "a string_param of JSON");
      config = text;
    } else if (name.startsWith(FILE)) {
      if (bytes === undefined) throw badParameter(name, "a bytes_param");
      files.set(name.slice(FILE.length), bytes);
    } else throw badParameter(name, "config or file:<version>/<name>");
  }
  return config === undefined ? { files } : { config, files };
}

function readUnloadDependents(parameters: Parameters = {}): boolean {
  let dependents = false;
  for (const [name, { bool_param: flag }] of Object.entries(parameters)) {
    if (name !== "unload_dependents" || flag === undefined) {
      throw badParameter(name, "unload_dependents as a bool_param");
    }
    dependents = flag;
  }
  return dependents;
}

function badParameter(parameter: string, expected: string): LongshoreError {
  return fail("PARAMETER_INVALID", { parameter, where: "", expected, got: "another one" });
}
