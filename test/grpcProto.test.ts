/** The `.proto` files, the tables of the codec and what reflection answers say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor/index.js";
import {
  MODEL_INFER_REQUEST,
  MODEL_INFER_RESPONSE,
  MODEL_STREAM_INFER_RESPONSE,
} from "@longshore/core/grpc";
import { Writer, type MessageType } from "@longshore/core/proto";
import {
  CLASSIFICATION_RESPONSE,
  EXAMPLES_REQUEST,
  GET_MODEL_METADATA_REQUEST,
  GET_MODEL_METADATA_RESPONSE,
  GET_MODEL_STATUS_REQUEST,
  GET_MODEL_STATUS_RESPONSE,
  MULTI_INFERENCE_REQUEST,
  MULTI_INFERENCE_RESPONSE,
  PREDICT_REQUEST,
  PREDICT_RESPONSE,
  REGRESSION_RESPONSE,
  RELOAD_CONFIG_REQUEST,
  RELOAD_CONFIG_RESPONSE,
  SIGNATURE_DEF_MAP,
} from "@longshore/core/tfserving";
import {
  HEALTH_CHECK_REQUEST,
  HEALTH_CHECK_RESPONSE,
} from "../packages/server/src/grpc/messages/health.ts";
import {
  REFLECTION_REQUEST,
  REFLECTION_RESPONSE,
} from "../packages/server/src/grpc/messages/reflection.ts";
import {
  LIVE,
  LOG_SETTINGS,
  MODEL_CONFIG_RESPONSE,
  MODEL_METADATA,
  MODEL_QUERY,
  MODEL_STATISTICS_RESPONSE,
  READY,
  REPOSITORY_INDEX_REQUEST,
  REPOSITORY_INDEX_RESPONSE,
  REPOSITORY_MODEL_REQUEST,
  SERVER_METADATA,
  TRACE_SETTINGS,
} from "../packages/server/src/grpc/messages/service.ts";
import { DESCRIPTORS } from "../packages/server/src/grpc/services/descriptors.ts";
import { grpcMethods } from "../packages/server/src/grpc/index.ts";
import { decode } from "../packages/server/src/grpc/transport/method.ts";

const PROTO = join(import.meta.dirname, "../packages/server/proto");
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(PROTO, target);
root.loadSync(
  DESCRIPTORS.map(({ name }) => name),
  { keepCase: true },
);
root.resolveAll();

/** Tables that are read or written under the names of these messages. */
const TABLES: Readonly<Record<string, MessageType<any>>> = {
  "inference.ServerLiveResponse": LIVE,
  "inference.ServerReadyResponse": READY,
  "inference.ModelReadyRequest": MODEL_QUERY,
  "inference.ModelReadyResponse": READY,
  "inference.ServerMetadataResponse": SERVER_METADATA,
  "inference.ModelMetadataRequest": MODEL_QUERY,
  "inference.ModelMetadataResponse": MODEL_METADATA,
  "inference.ModelConfigRequest": MODEL_QUERY,
  "inference.ModelConfigResponse": MODEL_CONFIG_RESPONSE,
  "inference.ModelStatisticsRequest": MODEL_QUERY,
  "inference.ModelStatisticsResponse": MODEL_STATISTICS_RESPONSE,
  "inference.RepositoryIndexRequest": REPOSITORY_INDEX_REQUEST,
  "inference.RepositoryIndexResponse": REPOSITORY_INDEX_RESPONSE,
  "inference.RepositoryModelLoadRequest": REPOSITORY_MODEL_REQUEST,
  "inference.RepositoryModelUnloadRequest": REPOSITORY_MODEL_REQUEST,
  "inference.TraceSettingRequest": TRACE_SETTINGS,
  "inference.LogSettingsRequest": LOG_SETTINGS,
  "inference.LogSettingsResponse": LOG_SETTINGS,
  "inference.ModelInferRequest": MODEL_INFER_REQUEST,
  "inference.ModelInferResponse": MODEL_INFER_RESPONSE,
  "inference.ModelStreamInferResponse": MODEL_STREAM_INFER_RESPONSE,
  "grpc.health.v1.HealthCheckRequest": HEALTH_CHECK_REQUEST,
  "grpc.health.v1.HealthCheckResponse": HEALTH_CHECK_RESPONSE,
  "grpc.reflection.v1.ServerReflectionRequest": REFLECTION_REQUEST,
  "grpc.reflection.v1.ServerReflectionResponse": REFLECTION_RESPONSE,
  "tensorflow.serving.PredictRequest": PREDICT_REQUEST,
  "tensorflow.serving.PredictResponse": PREDICT_RESPONSE,
  "tensorflow.serving.ClassificationRequest": EXAMPLES_REQUEST,
  "tensorflow.serving.ClassificationResponse": CLASSIFICATION_RESPONSE,
  "tensorflow.serving.RegressionRequest": EXAMPLES_REQUEST,
  "tensorflow.serving.RegressionResponse": REGRESSION_RESPONSE,
  "tensorflow.serving.MultiInferenceRequest": MULTI_INFERENCE_REQUEST,
  "tensorflow.serving.MultiInferenceResponse": MULTI_INFERENCE_RESPONSE,
  "tensorflow.serving.SignatureDefMap": SIGNATURE_DEF_MAP,
  "tensorflow.serving.GetModelMetadataRequest": GET_MODEL_METADATA_REQUEST,
  "tensorflow.serving.GetModelMetadataResponse": GET_MODEL_METADATA_RESPONSE,
  "tensorflow.serving.GetModelStatusRequest": GET_MODEL_STATUS_REQUEST,
  "tensorflow.serving.GetModelStatusResponse": GET_MODEL_STATUS_RESPONSE,
  "tensorflow.serving.ReloadConfigRequest": RELOAD_CONFIG_REQUEST,
  "tensorflow.serving.ReloadConfigResponse": RELOAD_CONFIG_RESPONSE,
};

/** Fields that the tables leave out: nothing is ever said in them. */
const LEFT_OUT = new Set([
  "inference.ModelStatistics.memory_usage",
  "inference.ModelStatistics.response_stats",
  "inference.ModelInferResponse.InferOutputTensor.parameters",
  "inference.ModelInferResponse.InferOutputTensor.contents",
]);

for (const [name, table] of Object.entries(TABLES)) {
  test(`the table of ${name} has its fields, numbers and types`, () => {
    const type = root.lookupType(name);
    const value = exampleOf(type, new Set());
    const bytes = type.encode(type.fromObject(value)).finish();
    const read = decode(table, bytes);
    assert.equal(findUnknown(read), undefined);
    const writer = new Writer();
    table.write(writer, read);
    const again = type.toObject(type.decode(Buffer.concat(writer.finish())), { longs: Number });
    assert.deepEqual(again, type.toObject(type.decode(bytes), { longs: Number }));
  });
}

/** A value for every field that a table should know, one of each oneof; a message once on each way. */
function exampleOf(
  type: protobuf.Type,
  above: ReadonlySet<protobuf.Type>,
): Record<string, unknown> {
  const within = new Set([...above, type]);
  const chosen = new Set<protobuf.OneOf>();
  const value: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    if (LEFT_OUT.has(`${type.fullName.slice(1)}.${field.name}`)) continue;
    if (field.partOf !== null) {
      if (chosen.has(field.partOf)) continue;
      chosen.add(field.partOf);
    }
    const resolved = field.resolvedType;
    if (resolved instanceof protobuf.Type && within.has(resolved)) continue;
    const one =
      resolved instanceof protobuf.Type
        ? exampleOf(resolved, within)
        : resolved instanceof protobuf.Enum
          ? Math.max(...Object.values(resolved.values).slice(0, 3))
          : ({ string: "text", bool: true, bytes: Buffer.from("bytes") }[field.type] ?? 5);
    value[field.name] =
      field instanceof protobuf.MapField ? { key: one } : field.repeated ? [one, one] : one;
  }
  return value;
}

/** Where a decoded message holds a field that its table does not know. */
function findUnknown(value: unknown, path = ""): string | undefined {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return undefined;
  for (const [key, each] of Object.entries(value)) {
    if (key === "unknownFields") return path || "the message";
    const found = findUnknown(each, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

test("reflection tells what the .proto files say", () => {
  const set = descriptor.FileDescriptorSet.create({
    file: DESCRIPTORS.map(({ descriptor: bytes }) =>
      descriptor.FileDescriptorProto.decode(Buffer.from(bytes, "base64")),
    ),
  });
  const told = (
    protobuf.Root as unknown as { fromDescriptor(set: unknown): protobuf.Root }
  ).fromDescriptor(set);
  told.resolveAll();
  assert.deepEqual(factsOf(told), factsOf(root));
  assert.ok(factsOf(root).length > 300);
  for (const { name, declares, services } of DESCRIPTORS) {
    if (name.startsWith("google/protobuf/")) continue; // Protobuf's own, which its compiler brings.
    const text = readFileSync(join(PROTO, name), "utf8");
    const found = [...text.matchAll(/^(?:message|enum|service) (\w+)/gm)].map(([, each]) => each);
    assert.deepEqual(declares.map((each) => each.split(".").at(-1)).toSorted(), found.toSorted());
    assert.ok(services.every((each) => declares.includes(each)));
  }
});

/** Fields, values and methods by their full names. */
function factsOf(of: protobuf.Root): string[] {
  const facts: string[] = [];
  const visit = (each: protobuf.ReflectionObject): void => {
    if (each instanceof protobuf.Type) {
      for (const field of each.fieldsArray) {
        const type = field.resolvedType?.fullName ?? field.type;
        const place = `${each.fullName}.${field.name} = ${field.id}`;
        if (field instanceof protobuf.MapField) {
          // A descriptor has a message of each entry instead.
          const name = field.name.replace(/(?:^|_)(.)/g, (_, letter: string) =>
            letter.toUpperCase(),
          );
          const entry = `${each.fullName}.${name}Entry`;
          facts.push(`${place} repeated ${entry} undefined`);
          facts.push(`${entry}.key = 1 one ${field.keyType} undefined`);
          facts.push(`${entry}.value = 2 one ${type} undefined`);
          continue;
        }
        const shape = field.repeated ? "repeated" : "one";
        facts.push(`${place} ${shape} ${type} ${field.partOf?.name}`);
      }
    } else if (each instanceof protobuf.Enum)
      facts.push(`${each.fullName} ${JSON.stringify(each.values)}`);
    else if (each instanceof protobuf.Service) {
      for (const method of each.methodsArray) {
        method.resolve();
        const { resolvedRequestType: from, resolvedResponseType: to } = method;
        facts.push(
          `${each.fullName}.${method.name} ${!!method.requestStream} ${from!.fullName} ${!!method.responseStream} ${to!.fullName}`,
        );
      }
    }
    if (each instanceof protobuf.Namespace) for (const inner of each.nestedArray) visit(inner);
  };
  visit(of);
  return facts.toSorted();
}

test("every method of the .proto files is there, and no other", () => {
  const declared = DESCRIPTORS.flatMap(({ services }) =>
    services.flatMap((name) =>
      root.lookupService(name).methodsArray.map((method) => `${name}/${method.name}`),
    ),
  );
  const context = { isReady: () => true, host: { registry: {} } } as never;
  const there = grpcMethods(context, { level: "info" } as never).map(({ name }) => name);
  assert.deepEqual(there.toSorted(), declared.toSorted());
});
