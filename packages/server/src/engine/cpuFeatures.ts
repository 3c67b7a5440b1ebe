import { readFile } from "node:fs/promises";
import { arch } from "node:os";
import type { CpuFacts } from "@longshore/onnx";

/** Instruction sets that ONNX Runtime has kernels for, by their names in `/proc/cpuinfo`. */
interface FeatureTable {
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Without this one, the slowest kernels are used. */
  readonly wanted: string;
}

const X86: FeatureTable = {
  names: {
    AVX2: ["avx2"],
    "AVX-512": ["avx512f"],
    VNNI: ["avx512_vnni", "avx_vnni"],
    BF16: ["avx512_bf16", "amx_bf16"],
    AMX: ["amx_int8", "amx_tile"],
  },
  wanted: "AVX2",
};

const ARM: FeatureTable = {
  names: {
    NEON: ["asimd", "neon"],
    FP16: ["asimdhp"],
    "dot product": ["asimddp"],
    I8MM: ["i8mm"],
    SVE: ["sve"],
  },
  wanted: "NEON",
};

export interface CpuFeatures {
  readonly present: readonly string[];
  readonly missing: readonly string[];
  readonly wanted: string;
}

/** Undefined where the operating system does not tell. */
export async function readCpuFeatures(): Promise<CpuFeatures | undefined> {
  const table = { x64: X86, arm64: ARM }[arch() as string];
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => undefined);
  return table && text ? parseCpuFeatures(text, table) : undefined;
}

/** What this machine's CPU is, as far as the operating system tells. */
export async function readCpuFacts(): Promise<CpuFacts> {
  return { arch: arch(), features: (await readCpuFeatures())?.present ?? [] };
}

/** Reads the first processor's `flags` (x86) or `Features` (Arm) line. */
export function parseCpuFeatures(
  text: string,
  { names, wanted }: FeatureTable,
): CpuFeatures | undefined {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  const flags = new Set(line.trim().split(/\s+/));
  const has = (name: string): boolean => names[name]!.some((flag) => flags.has(flag));
  const { present = [], missing = [] } = Object.groupBy(Object.keys(names), (name) =>
    has(name) ? "present" : "missing",
  );
  return { present, missing, wanted };
}
