/**
 * How ONNX Runtime runs a graph: `optimization` and `parameters`, both ways.
 *
 * Source: triton-inference-server/onnxruntime_backend `README.md`, "Model Config Options".
 */
import { SESSION_ENTRY } from "../manifest/sessionEntry.ts";
import type { SessionSettings } from "../manifest/session.ts";
import type { TritonConfig } from "./messages.ts";
import { toParameterCount } from "./model.ts";
import { problem } from "./problem.ts";

type Parameters = NonNullable<TritonConfig["parameters"]>;

/** Levels by their number; any other is the default, all. */
const LEVELS: Readonly<Record<number, NonNullable<SessionSettings["graphOptimization"]>>> = {
  [-1]: "basic",
  1: "extended",
  2: "disabled",
};

/** Parameters that are read elsewhere, or that the server's own answers have. */
const OTHERS = new Set(["intra_op_thread_count", "variant"]);
const OWN = ["execution_mode", "inter_op_thread_count", "enable_mem_arena", "enable_mem_pattern"];

/**
 * @param note told of what has no effect.
 * @throws ModelConfigProblem
 */
export function readSession(
  { optimization, parameters = {} }: TritonConfig,
  note: (where: string, message: string) => void,
): SessionSettings {
  const level = LEVELS[optimization?.graph?.level ?? 0];
  const interOpThreads = toParameterCount(parameters, "inter_op_thread_count");
  const parallel = toSwitch(parameters, "execution_mode");
  const memoryArena = toSwitch(parameters, "enable_mem_arena");
  const memoryPattern = toSwitch(parameters, "enable_mem_pattern");
  const config: Record<string, string> = {};
  for (const [name, { string_value: text = "" }] of Object.entries(parameters)) {
    if (SESSION_ENTRY.test(name)) config[name] = text;
    else if (!OTHERS.has(name) && !OWN.includes(name)) {
      note(`parameters.${name}`, "has no effect here: no parameter of a session has this name");
    }
  }
  return {
    ...(level !== undefined && { graphOptimization: level }),
    ...(interOpThreads > 0 && { interOpThreads }),
    ...(parallel !== undefined && { parallel }),
    ...(memoryArena !== undefined && { memoryArena }),
    ...(memoryPattern !== undefined && { memoryPattern }),
    ...(Object.keys(config).length > 0 && { config }),
  };
}

/** `optimization` of a manifest's section; undefined where that says nothing of it. */
export function toOptimization({
  graphOptimization: wanted,
}: SessionSettings): TritonConfig["optimization"] {
  const level = Object.entries(LEVELS).find(([, name]) => name === wanted)?.[0];
  if (level !== undefined) return { graph: { level: Number(level) } };
  return wanted === undefined ? undefined : { graph: { level: 0 } };
}

/** `parameters` of a manifest's section. */
export function toSessionParameters(settings: SessionSettings): Parameters {
  const flag = (value: boolean | undefined): string | undefined =>
    value === undefined ? undefined : value ? "1" : "0";
  const texts: Record<string, string | undefined> = {
    execution_mode: flag(settings.parallel),
    inter_op_thread_count: settings.interOpThreads?.toString(),
    enable_mem_arena: flag(settings.memoryArena),
    enable_mem_pattern: flag(settings.memoryPattern),
    ...settings.config,
  };
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, { string_value: text }]],
    ),
  );
}

function toSwitch(parameters: Parameters, name: string): boolean | undefined {
  const text = parameters[name]?.string_value;
  if (text === undefined || text === "") return undefined;
  if (/^(?:1|true)$/i.test(text)) return true;
  if (/^(?:0|false)$/i.test(text)) return false;
  throw problem(`parameters.${name}`, "0 or 1", text);
}
