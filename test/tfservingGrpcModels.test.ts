/** TensorFlow Serving's ModelService over gRPC: status, and models by a list. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { status, type ServiceError } from "@grpc/grpc-js";
import { connectGrpc, failureOf, type Message } from "./support/grpc.ts";
import { affineModel, temporaryFolder, writeOnnx } from "./support/models.ts";
import { startServer } from "./support/server.ts";
import { floats, MODELS, PREDICTION } from "./support/tfservingGrpc.ts";

test("GetModelStatus says what REST says", async () => {
  using folder = temporaryFolder();
  writeOnnx(join(folder.path, "affine.onnx"), affineModel());
  writeFileSync(join(folder.path, "broken.onnx"), "this is no model");
  await using server = await startServer([folder.path]);
  using models = connectGrpc(server.grpc!, MODELS);
  for (const name of ["affine", "broken"]) {
    const answer = await models.call("GetModelStatus", { model_spec: { name } });
    const rest = (await (await fetch(`${server.url}/v1/models/${name}`)).json()) as typeof answer;
    const versions = rest["model_version_status"] as Message[];
    assert.ok(versions.length > 0);
    assert.deepEqual(
      answer["model_version_status"],
      versions.map((each) => ({ ...each, version: Number(each["version"]) })),
    );
  }
  const one = await models.call("GetModelStatus", {
    model_spec: { name: "affine", version: { value: 1 } },
  });
  assert.equal((one["model_version_status"] as Message[])[0]!["state"], "AVAILABLE");
  const missing = await failureOf(models.call("GetModelStatus", { model_spec: { name: "no" } }));
  assert.equal(missing.code, status.NOT_FOUND);
});

describe("HandleReloadConfigRequest", () => {
  /** As many offsets as versions: the answer tells which version gave it. */
  const writeVersions = (folder: string, name: string, ...versions: number[]): string => {
    for (const version of versions)
      writeOnnx(join(folder, name, `${version}`, "model.onnx"), affineModel(version));
    return join(folder, name);
  };

  test("serves exactly what a list says, or changes nothing", { timeout: 120_000 }, async () => {
    using folder = temporaryFolder();
    using elsewhere = temporaryFolder();
    writeVersions(folder.path, "first", 1);
    const one = writeVersions(elsewhere.path, "one", 1, 2, 3);
    const two = writeVersions(elsewhere.path, "two", 5);
    const bad = join(elsewhere.path, "bad");
    writeOnnx(join(bad, "1", "model.onnx"), affineModel());
    writeFileSync(join(bad, "1", "model.onnx"), "this is no model");
    await using server = await startServer([folder.path], ["--watch"]);
    using client = connectGrpc(server.grpc!, PREDICTION);
    using models = connectGrpc(server.grpc!, MODELS);

    const versionOf = async (spec: Message): Promise<number | string> => {
      const x = floats([1, 1], 0);
      const call = client.call("Predict", { model_spec: spec, inputs: { x } });
      const answer = await call.catch((error: ServiceError) => error);
      if (answer instanceof Error) return (answer as ServiceError).details;
      return (answer["outputs"] as { y: { float_val: number[] } }).y.float_val[0]!;
    };
    const reload = (...config: Message[]): Promise<Message> =>
      models.call("HandleReloadConfigRequest", { config: { model_config_list: { config } } });

    assert.equal(await versionOf({ name: "first" }), 1);
    const answer = await reload(
      {
        name: "a",
        base_path: one,
        model_platform: "tensorflow",
        model_version_policy: { specific: { versions: [1, 3] } },
        version_labels: { stable: 1, canary: 3 },
      },
      { name: "b", base_path: two },
    );
    assert.deepEqual(answer["status"], { error_code: "OK", error_message: "" });
    assert.equal(await versionOf({ name: "a" }), 3);
    assert.equal(await versionOf({ name: "a", version: { value: 1 } }), 1);
    assert.equal(await versionOf({ name: "a", version_label: "stable" }), 1);
    assert.equal(await versionOf({ name: "a", version_label: "canary" }), 3);
    assert.match(`${await versionOf({ name: "a", version: { value: 2 } })}`, /Specific\(a, 2\)/);
    assert.equal(await versionOf({ name: "b" }), 5);
    // The list is complete: what lies at the path of the command line is not in it.
    assert.match(`${await versionOf({ name: "first" })}`, /Latest\(first\)$/);

    const failures: readonly [Message[], number, RegExp][] = [
      [[{ name: "c", base_path: join(elsewhere.path, "none") }], status.INVALID_ARGUMENT, /failed to load "c": there is no version of it/], // prettier-ignore
      [[{ name: "b", base_path: one }, { name: "c", base_path: bad }], status.INVALID_ARGUMENT, /failed to load "c": .*not a valid ONNX file/], // prettier-ignore
      [[{ name: "a", base_path: one, version_labels: { stable: 1 } }], status.FAILED_PRECONDITION, /label "stable" to version 1 of model a, which is not currently available/], // prettier-ignore
      [[{ name: "a", base_path: one, model_version_policy: { specific: { versions: [9] } } }], status.INVALID_ARGUMENT, /failed to load "a"/], // prettier-ignore
      [[{ name: "", base_path: one }], status.INVALID_ARGUMENT, /"name" is missing/],
    ];
    for (const [config, code, says] of failures) {
      const failure = await failureOf(reload(...config));
      assert.equal(failure.code, code, failure.details);
      assert.match(failure.details, says);
      assert.ok(!failure.details.includes(bad), failure.details);
      assert.equal(await versionOf({ name: "a", version_label: "stable" }), 1);
      assert.equal(await versionOf({ name: "b" }), 5);
    }
    const custom = { config: { custom_model_config: { type_url: "x" } } };
    const failure = await failureOf(models.call("HandleReloadConfigRequest", custom));
    assert.match(failure.details, /only model_config_list is supported/);

    // Labels and versions move; what was loaded goes on, and new versions are followed.
    await reload({ name: "a", base_path: one, model_version_policy: { all: {} }, version_labels: { stable: 2 } }); // prettier-ignore
    assert.equal(await versionOf({ name: "a", version_label: "stable" }), 2);
    assert.match(`${await versionOf({ name: "b" })}`, /Latest\(b\)$/);
    writeVersions(elsewhere.path, "one", 4);
    while ((await versionOf({ name: "a" })) !== 4)
      await new Promise((resolve) => setTimeout(resolve, 100));
    await reload();
    assert.match(`${await versionOf({ name: "a" })}`, /Latest\(a\)$/);
  });

  test("ensembles, and what was unloaded by request", { timeout: 120_000 }, async () => {
    using folder = temporaryFolder();
    const base = (name: string): Message => ({ name, base_path: join(folder.path, name) });
    writeVersions(folder.path, "first", 1);
    writeVersions(folder.path, "second", 10);
    mkdirSync(join(folder.path, "both"));
    writeFileSync(
      join(folder.path, "both", "bundle.yaml"),
      `ensemble:
  inputs: { in: { datatype: FP32, shape: [rows, -1] } }
  outputs: [out]
  steps:
    - { model: first, inputs: { x: in }, outputs: { y: middle } }
    - { model: second, inputs: { x: middle }, outputs: { y: out } }
`,
    );
    await using server = await startServer([folder.path]);
    using client = connectGrpc(server.grpc!, PREDICTION);
    using models = connectGrpc(server.grpc!, MODELS);
    using triton = connectGrpc(server.grpc!);
    const both = async (): Promise<unknown> => {
      const request = { model_spec: { name: "both" }, inputs: { in: floats([1, 1], 3) } };
      const answer = await client.call("Predict", request).catch((error: ServiceError) => error);
      if (answer instanceof Error) return (answer as ServiceError).details;
      return (answer["outputs"] as { out: { float_val: number[] } }).out.float_val[0];
    };
    const reload = (...config: Message[]): Promise<Message> =>
      models.call("HandleReloadConfigRequest", { config: { model_config_list: { config } } });

    assert.equal(await both(), 24);
    await triton.call("RepositoryModelUnload", { model_name: "first" });
    await reload(base("both"), base("second"), base("first"));
    assert.equal(await both(), 24);
    const failure = await failureOf(reload(base("both"), base("second")));
    assert.match(
      failure.details,
      /failed to load "both": it needs the model "first", which is not in/,
    );
    assert.equal(await both(), 24);
    await reload(base("first"), base("second"));
    assert.match(`${await both()}`, /Latest\(both\)$/);
    await reload(base("both"), base("first"), base("second"));
    assert.equal(await both(), 24);
  });
});
