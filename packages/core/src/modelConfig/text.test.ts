import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fail, type LongshoreError } from "../errors.ts";
import type { JsonValue } from "../json/value.ts";
import { toManifest } from "../manifest/index.ts";
import { Writer } from "../proto/index.ts";
import { readJsonMessage } from "./fromJson.ts";
import { readText } from "./fromText.ts";
import { ModelConfigProblem, readConfigText, toCodec, type ModelConfig } from "./index.ts";
import { MODEL_CONFIG } from "./messages.ts";
import { Reader } from "../proto/reader.ts";
import type { AnyMessage, AnyValue, MessageTable, ValueType } from "./table.ts";

/** Made by `vectors/make.py`: what protobuf's own parser reads of a text; null where it refuses. */
const VECTORS = JSON.parse(
  readFileSync(new URL("./vectors/expected.json", import.meta.url), "utf8"),
) as [name: string, text: string, value: JsonValue][];

/** Without what protobuf's JSON leaves out: defaults, and lists and maps without entries. */
function withoutDefaults(value: AnyValue, type: ValueType): AnyValue {
  if (type.kind !== "message") return value;
  const said: AnyMessage = {};
  for (const [name, each] of Object.entries(value as AnyMessage)) {
    const { type: inner, shape } = type.fields[name]!;
    const oneof = type.oneofs.some((fields) => fields.includes(name));
    const kept =
      shape === "one"
        ? withoutDefaults(each, inner)
        : Array.isArray(each)
          ? each.map((item: AnyValue) => withoutDefaults(item, inner))
          : Object.fromEntries(
              Object.entries(each as AnyMessage).map(([key, item]) => [
                key,
                withoutDefaults(item, inner),
              ]),
            );
    const isDefault =
      shape === "one"
        ? inner.kind === "enum"
          ? inner.values[kept as string] === 0
          : kept === "" || kept === 0 || kept === false
        : Object.keys(kept).length === 0;
    if (!isDefault || (oneof && inner.kind !== "message" && shape === "one")) said[name] = kept;
  }
  return said;
}

const plain = (value: unknown): AnyMessage => JSON.parse(JSON.stringify(value)) as AnyMessage;

describe("texts are read as protobuf's own parser reads them", () => {
  for (const [name, text, expected] of VECTORS) {
    test(JSON.stringify(name), () => {
      if (expected === null) {
        assert.throws(() => readText(text, MODEL_CONFIG), ModelConfigProblem);
        return;
      }
      const read = plain(readText(text, MODEL_CONFIG).value);
      const same = plain(readJsonMessage(expected, MODEL_CONFIG, ""));
      assert.deepEqual(
        withoutDefaults(read, MODEL_CONFIG as MessageTable),
        withoutDefaults(same, MODEL_CONFIG as MessageTable),
      );
    });
  }
  test("there are many", () => assert.ok(VECTORS.length > 50));
});

const codec = toCodec(MODEL_CONFIG);
const toProblem = (problem: string): LongshoreError => fail("MESSAGE_INVALID", { problem });

test("what was read goes through bytes unchanged", () => {
  for (const [name, text, expected] of VECTORS) {
    if (expected === null) continue;
    const { value } = readText(text, MODEL_CONFIG);
    const writer = new Writer();
    codec.write(writer, value);
    const read = codec.create();
    codec.read(new Reader(Buffer.concat(writer.finish()), toProblem), read);
    assert.deepEqual(plain(read), plain(value), name);
  }
});

const configOf = (file: string): ModelConfig => {
  const [, text] = VECTORS.find(([name]) => name === file)!;
  return readConfigText(text, file.replace(".pbtxt", "").replaceAll("-", "_"));
};
const noticesOf = (file: string): string[] =>
  configOf(file).notices.map(
    ({ where, message, place }) => `${place?.line}:${place?.column} ${where} ${message}`,
  );

describe("written configurations in the manifest's terms", () => {
  for (const [name] of VECTORS.filter(([file]) => file.endsWith(".pbtxt"))) {
    test(`${name} is a manifest`, () => {
      const checked = toManifest(configOf(name).manifest);
      assert.ok("manifest" in checked, JSON.stringify(checked));
    });
  }

  test("a classifier of pictures", () => {
    const { manifest } = configOf("image-classifier.pbtxt");
    assert.deepEqual(manifest, {
      versions: { latest: 2 },
      batching: { maxBatchSize: 128, maxQueueDelayMs: 0.5, preferredBatchSizes: [4, 8, 16] },
      instances: { count: 3 },
      signature: {
        inputs: { data_0: { callerShape: ["?", 3, 224, 224], modelShape: ["?", 3, 224, 224] } },
        outputs: {
          fc6_1: {
            callerShape: ["?", 1000],
            modelShape: ["?", 1000, 1, 1],
            labels: "classes.txt",
          },
        },
      },
    });
    assert.deepEqual(noticesOf("image-classifier.pbtxt"), [
      "9:5 input[0].format has no effect here: tensors are taken as the graph has them",
      "27:5 instance_group[0].kind (KIND_GPU) has no effect here: models run on the CPU",
      "28:5 instance_group[0].gpus has no effect here: models run on the CPU",
      "37:3 optimization.execution_accelerators has no effect here: models run on ONNX Runtime's own CPU kernels",
      "44:3 optimization.input_pinned_memory has no effect here: models run on the CPU",
    ]);
  });

  test("an encoder of texts", () => {
    const { manifest, given } = configOf("text-encoder.pbtxt");
    assert.deepEqual(manifest, {
      model: "encoder.onnx",
      batching: { maxBatchSize: 32 },
      instances: { count: 1, intraOpThreads: 4 },
      session: { parallel: false },
      cache: {},
      warmup: [
        {
          name: "short",
          batchSize: 1,
          inputs: {
            input_ids: { datatype: "INT64", shape: [8], zero: true },
            attention_mask: { datatype: "INT64", shape: [8], zero: true },
          },
        },
        {
          name: "long",
          batchSize: 8,
          count: 3,
          inputs: {
            input_ids: { datatype: "INT64", shape: [128], file: "warmup/ids" },
            attention_mask: { datatype: "INT64", shape: [128], random: true },
          },
        },
      ],
    });
    assert.equal(given.parameters?.["tokenizer"]?.string_value, "words.json.gz");
  });

  test("without rows; queue policies; a sequence", () => {
    assert.deepEqual(configOf("fraud-scores.pbtxt").manifest, {
      versions: [1, 3, 7],
      batching: { enabled: false },
      session: { graphOptimization: "basic" },
    });
    const queue = configOf("queue-policies.pbtxt").manifest.queue;
    assert.deepEqual(queue, {
      maxLength: 64,
      timeoutMs: 100,
      timeoutAction: "delay",
      allowTimeoutOverride: true,
      priorities: {
        levels: 3,
        default: 2,
        policies: {
          1: { timeoutMs: 18446.744, allowTimeoutOverride: false },
          3: { maxLength: 8, timeoutAction: "delay", allowTimeoutOverride: false },
        },
      },
    });
    assert.deepEqual(configOf("speech-sequence.pbtxt").manifest.sequence, {
      controls: { start: "START", ready: "READY", end: "END", corrid: "CORRID" },
      state: [{ input: "state_in", output: "state_out", shape: [1, 2, 64] }],
      maxIdleMs: 5000,
      maxSequences: 1024,
    });
    assert.equal(configOf("tabular-tuned.pbtxt").manifest.session?.graphOptimization, "extended");
    assert.ok(noticesOf("tabular-tuned.pbtxt").length > 6);
  });

  test("fields that nobody knows are told, not fatal", () => {
    const { notices, manifest } = readConfigText(
      'max_batch_size: 4\nmax_batchsize: 8\ninput {\n  name: "x" [a.b/c] { d: 1 } shape: [1]\n}',
      "m",
    );
    assert.deepEqual(manifest, { batching: { maxBatchSize: 4 } });
    assert.deepEqual(
      notices.map(({ message, place }) => `${place?.line}:${place?.column} ${message}`),
      [
        '2:1 the field "max_batchsize" is not known',
        '4:13 the field "input.[a.b/c]" is not known',
        '4:30 the field "input.shape" is not known',
      ],
    );
  });
});

test("what is wrong is told with line and column", () => {
  const cases: [text: string, place: string, says: string][] = [
    ['name: "m"\nplatform "x"', "2:10", 'expected ":" or "{"'],
    ['name: "m', "1:7", "the string does not end on its line"],
    ["input [\n { name: 'x' }\n { name: 'y' }\n]", "3:2", 'expected ","'],
    ["input {", "1:8", "expected the name of a field"],
    ["max_batch_size: @", "1:17", 'unexpected character "@"'],
    ["max_batch_size: 08", "1:17", "not a number"],
    ["\nmax_batch_size: TRUE", "2:1", 'the field "max_batch_size" must be an integer'],
    ["max_batch_size: 1.0", "1:1", "must be an integer from -2147483648 to 2147483647, got 1"],
    ["max_batch_size: 4\nmax_batch_size: 8", "2:1", 'the field "max_batch_size" is given twice'],
    ["max_batch_size: -4", "1:1", "max_batch_size: expected an integer from 0, got -4"],
    ["name: other", "1:1", 'the field "name" must be a string in quotes, got other'],
    ["\n  name: 'other'", "2:3", 'name: expected "m", got "other"'],
    ['platform: "pytorch_libtorch"', "1:1", "platform: expected onnxruntime_onnx"],
    ['backend: "python"', "1:1", "backend: expected onnxruntime or longshore"],
    ["input {\n  name: 'x'\n  data_type: FP32\n}", "3:3", "must be one of TYPE_INVALID, TYPE_BOOL"],
    ["input {\n  dims: ['a']\n}", "2:3", 'the field "dims" must be an integer'],
    ["input {\n  data_type: TYPE_FP32 }", "1:1", "input[0].name: expected a name"],
    ["input { name: 'x' }\ninput { name: 'x' }", "2:9", '"x" stands at input[0] already'],
    [
      "input { name: 'x' dims: [1,\n -5] }",
      "1:19",
      "input[0].dims[1]: expected an integer from -1",
    ],
    ["input { name: 'x' reshape { } }", "1:19", "dims must say what is reshaped"],
    ["instance_group { kind: CPU }", "1:18", "must be one of KIND_AUTO, KIND_GPU"],
    ["instance_group { }\ninstance_group { count: -1 }", "2:18", "expected an integer from 0"],
    ["instance_group: 3", "1:1", "must be a message in braces"],
    ["dynamic_batching {\n  priority_levels: 2\n}", "1:1", "expected a level from 1 to 2, got 0"],
    [
      "dynamic_batching { priority_levels: 2 default_priority_level: 1\n priority_queue_policy { key: 5 value {} } }",
      "2:2",
      "priority_queue_policy.5: expected a level from 1 to 2",
    ],
    ["dynamic_batching { preferred_batch_size: [4, 0] }", "1:20", "expected an integer from 1"],
    ["dynamic_batching { }\nsequence_batching { }", "2:1", "only one of dynamic_batching"],
    ["version_policy { latest { } all { } }", "1:29", "only one of latest, all, specific may be"],
    ["version_policy { specific { versions: [ 0 ] } }", "1:29", "expected an integer from 1"],
    ["version_policy { }", "1:1", "expected one of latest, all, specific"],
    ["default_model_filename: 'a/b.onnx'", "1:1", "expected an .onnx file"],
    ["default_model_filename: 'model.plan'", "1:1", "expected an .onnx file"],
    [
      "parameters { key: 'a' value { string_value: '' } }\nparameters { key: 'execution_mode' value { string_value: 'fast' } }",
      "2:1",
      'parameters.execution_mode: expected 0 or 1, got "fast"',
    ],
    ["output { name: 'y' label_filename: '/etc/passwd' }", "1:20", "a file in the model's folder"],
    ["ensemble_scheduling { step { model_name: 'a' } }", "1:1", 'the platform "ensemble" beside'],
    [
      "platform: 'ensemble' ensemble_scheduling { step { } }",
      "1:44",
      "model_name: expected the name",
    ],
    [
      "model_warmup { inputs { key: 'x' value { data_type: TYPE_FP32 } } }",
      "1:16",
      "must say what",
    ],
    ["response_cache { enable: maybe }", "1:18", 'the field "enable" must be true or false'],
    ["response_cache { enable: true }\nsequence_batching { }", "1:1", "a model with a memory"],
  ];
  for (const [text, at, says] of cases) {
    assert.throws(
      () => readConfigText(text, "m"),
      (error: unknown) => {
        assert.ok(error instanceof ModelConfigProblem, String(error));
        assert.ok(error.message.includes(says), `${error.message} does not say ${says}`);
        assert.equal(
          `${error.place?.line}:${error.place?.column}`,
          at,
          `${text}: ${error.message}`,
        );
        return true;
      },
    );
  }
});

test("any text gives a configuration or a problem with a place", () => {
  const names = Object.keys(MODEL_CONFIG.fields);
  const pieces = fc.oneof(
    fc.constantFrom(...names, "name", "dims", "key", "value", "shape", "kind"),
    fc.constantFrom(":", "{", "}", "<", ">", "[", "]", ",", "1", "-1", "true", '"m"', '"', "#", "\n", "0.5"), // prettier-ignore
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      try {
        readConfigText(parts.join(" "), "m");
      } catch (error) {
        assert.ok(error instanceof ModelConfigProblem, String(error));
        assert.ok(error.place !== undefined);
      }
    }),
    { numRuns: 3000 },
  );
});
