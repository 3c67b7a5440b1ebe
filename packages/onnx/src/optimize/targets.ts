/** Where an optimised model will run, and which number formats pay there. */

/** A way of holding numbers that a pass brings a model into. */
export type NumberFormat =
  /** Weights in int8, activations quantised while the model runs: `quantizeDynamic`. */
  | "dynamicInt8"
  /** Weights and activations in int8 with ranges from calibration: `quantizeStatic`. */
  | "staticInt8"
  /** Only the weights of matrix products, in blocks of 8 bits: `quantizeWeights`. */
  | "weightInt8"
  /** Only the weights of matrix products, in blocks of 4 bits: `quantizeWeights`. */
  | "weightInt4"
  /** Computing in half precision: `toFloat16`. */
  | "float16"
  /** Weights stored in half precision, computing in single: `storeWeightsInFloat16`. */
  | "weightFloat16";

/** What users call a {@link Target}. */
export type TargetName = "x64-vnni" | "x64" | "arm64" | "wasm" | "webgpu" | "cuda" | "integer";

/** Whether a number format is tried for a target, and why. */
export interface Verdict {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A kind of hardware and runtime, and what it is fast with. */
export interface Target {
  readonly name: TargetName;
  /** Where that is, for help and tables. */
  readonly title: string;
  readonly formats: Readonly<Record<NumberFormat, Verdict>>;
  /** How int8 is made there. */
  readonly int8: Int8Rules;
  /** The CPUs it means; absent where it is no CPU that ONNX Runtime for Node.js runs on. */
  readonly cpu?: CpuNeeds;
}

/** What the hardware asks of 8-bit integers. */
export interface Int8Rules {
  /**
   * Weights in 7 bits. Without VNNI, x86 multiplies u8 by s8 and adds neighbours in 16 bits that
   * saturate (VPMADDUBSW): 2 · 255 · 127 does not fit, 2 · 255 · 64 does.
   */
  readonly reduceRange: boolean;
  /**
   * `powerOfTwo`: one scale a tensor, a power of two, without zero points and with signed
   * activations, so that rescaling is a shift. `any`: what ONNX Runtime is fastest with.
   */
  readonly scales: "any" | "powerOfTwo";
}

/** What a CPU must be for a target to be it. */
export interface CpuNeeds {
  readonly arch: "x64" | "arm64";
  /** Names of {@link CpuFacts.features}. */
  readonly features: readonly string[];
}

/** What is known of a CPU. */
export interface CpuFacts {
  /** As Node.js names it: `x64`, `arm64`. */
  readonly arch: string;
  /** Instruction sets such as `VNNI`; empty where the operating system does not tell. */
  readonly features: readonly string[];
}

const yes = (reason: string): Verdict => ({ allowed: true, reason });
const no = (reason: string): Verdict => ({ allowed: false, reason });

const ANY_SCALES: Int8Rules = { reduceRange: false, scales: "any" };

const FEW_HALF_KERNELS = no(
  "the CPU provider has few FP16 kernels and computes the rest in FP32: no faster than that",
);
const HALF_STORAGE = yes("half the file; the weights are widened once, when the model is loaded");
const BLOCKS_ON_CPU = yes("reads fewer bytes a weight, which decides at short sequences");

const NO_GPU_INT8 = no(
  "the provider has no int8 kernels: tensors would travel to the CPU and back",
);

const INTEGER_ONLY = no("the compiler takes integers only");

/** Every target by its name. */
export const TARGETS: Readonly<Record<TargetName, Target>> = {
  "x64-vnni": {
    name: "x64-vnni",
    title: "x86-64 with VNNI (AVX-512 VNNI, AVX-VNNI, AMX)",
    formats: {
      dynamicInt8: yes("VNNI adds four u8·s8 products in 32 bits: fast, and nothing saturates"),
      staticInt8: yes("VNNI adds four u8·s8 products in 32 bits: fast, and nothing saturates"),
      weightInt8: BLOCKS_ON_CPU,
      weightInt4: BLOCKS_ON_CPU,
      float16: FEW_HALF_KERNELS,
      weightFloat16: HALF_STORAGE,
    },
    int8: ANY_SCALES,
    cpu: { arch: "x64", features: ["VNNI"] },
  },
  x64: {
    name: "x64",
    title: "x86-64 without VNNI, or unknown",
    formats: {
      dynamicInt8: yes("int8 products are fast; weights have 7 bits, as 16-bit sums saturate"),
      staticInt8: yes("int8 products are fast; weights have 7 bits, as 16-bit sums saturate"),
      weightInt8: BLOCKS_ON_CPU,
      weightInt4: BLOCKS_ON_CPU,
      float16: FEW_HALF_KERNELS,
      weightFloat16: HALF_STORAGE,
    },
    int8: { reduceRange: true, scales: "any" },
    cpu: { arch: "x64", features: [] },
  },
  arm64: {
    name: "arm64",
    title: "64-bit Arm (servers, Apple, Raspberry Pi, phones)",
    formats: {
      dynamicInt8: yes("int8 products are added in 32 bits: fast, and nothing saturates"),
      staticInt8: yes("int8 products are added in 32 bits: fast, and nothing saturates"),
      weightInt8: BLOCKS_ON_CPU,
      weightInt4: BLOCKS_ON_CPU,
      float16: no("only some operators have FP16 kernels, and only where the CPU has FP16"),
      weightFloat16: HALF_STORAGE,
    },
    int8: ANY_SCALES,
    cpu: { arch: "arm64", features: [] },
  },
  wasm: {
    name: "wasm",
    title: "WebAssembly in a browser, on the CPU",
    formats: {
      dynamicInt8: yes("WebAssembly SIMD has int8 products, and the file to download is a quarter"),
      staticInt8: yes("WebAssembly SIMD has int8 products, and the file to download is a quarter"),
      weightInt8: yes("the file to download is a quarter"),
      weightInt4: yes("the file to download is an eighth"),
      float16: FEW_HALF_KERNELS,
      weightFloat16: HALF_STORAGE,
    },
    int8: ANY_SCALES,
  },
  webgpu: {
    name: "webgpu",
    title: "WebGPU in a browser",
    formats: {
      dynamicInt8: NO_GPU_INT8,
      staticInt8: NO_GPU_INT8,
      weightInt8: yes("MatMulNBits has a kernel for 8 bits"),
      weightInt4: yes("MatMulNBits has a kernel for 4 bits"),
      float16: yes("half the memory traffic, and twice the rate where the GPU has shader-f16"),
      weightFloat16: HALF_STORAGE,
    },
    int8: ANY_SCALES,
  },
  cuda: {
    name: "cuda",
    title: "NVIDIA GPU, by ONNX Runtime's CUDA provider",
    formats: {
      dynamicInt8: NO_GPU_INT8,
      staticInt8: NO_GPU_INT8,
      weightInt8: yes("MatMulNBits has a kernel for 8 bits"),
      weightInt4: yes("MatMulNBits has a kernel for 4 bits"),
      float16: yes("half the memory traffic, and tensor cores"),
      weightFloat16: HALF_STORAGE,
    },
    int8: ANY_SCALES,
  },
  integer: {
    name: "integer",
    title: "integer-only accelerators: FPGA and DPU compilers, Edge TPU",
    formats: {
      dynamicInt8: no("scales must be known before the model runs"),
      staticInt8: yes("one power-of-two scale a tensor, no zero points: rescaling is a shift"),
      weightInt8: INTEGER_ONLY,
      weightInt4: INTEGER_ONLY,
      float16: INTEGER_ONLY,
      weightFloat16: INTEGER_ONLY,
    },
    int8: { reduceRange: false, scales: "powerOfTwo" },
  },
};

/** Whether a string names a target. */
export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name);
}

/**
 * The target that a CPU is: the one that asks most of those whose needs it meets. What is not known
 * to be there counts as absent, and an unknown architecture as `x64`, the most careful of them.
 */
export function targetOf(cpu: CpuFacts): Target {
  const fitting = Object.values(TARGETS).filter((target) => meetsNeeds(target, cpu));
  return fitting.reduce<Target>(
    (best, target) => (needsOf(target) > needsOf(best) ? target : best),
    fitting[0] ?? TARGETS.x64,
  );
}

/** Whether a model made for a target does on a CPU what it was made for. */
export function meetsNeeds({ cpu: needs }: Pick<Target, "cpu">, cpu: CpuFacts): boolean {
  return (
    needs !== undefined &&
    needs.arch === cpu.arch &&
    needs.features.every((feature) => cpu.features.includes(feature))
  );
}

function needsOf({ cpu }: Target): number {
  return cpu?.features.length ?? 0;
}
