/** Random operators of every family, for {@link randomGraph}. */
import { float, tensor } from "@longshore/onnx";
import type { RandomGraph, Step } from "./randomGraph.ts";

/** Whether the opset is at least a version. */
export const since = ({ opset }: RandomGraph, version: number): boolean => opset >= version;

export const elementwiseSteps: readonly Step[] = [
  (g, x) => {
    const names = [
      "Relu",
      "Sigmoid",
      "Tanh",
      "Neg",
      "Abs",
      "Exp",
      "LeakyRelu",
      "Softplus",
      "Floor",
    ];
    g.op(g.pick([...names, ...(since(g, 9) ? ["Erf", "Sign", "IsNaN", "Identity"] : [])]), [x]);
  },
  (g, x, shape) => {
    // A constant that is broadcast to it, or that it is broadcast to.
    const dims = shape.slice(g.int(0, shape.length)).map((dim) => (g.random() < 0.4 ? 1 : dim));
    const wide = g.random() < 0.3 ? [g.int(1, 2), ...shape.map((dim) => dim)] : dims;
    const pair = g.random() < 0.5 ? [x, g.floats(wide)] : [g.floats(wide), x];
    g.op(g.pick(["Add", "Mul", "Sub", "Div", "Less", "Greater"]), pair);
    if (since(g, 8)) g.op(g.pick(["Max", "Min", "Sum", "Mean"]), [...pair, x]);
  },
  (g, x, shape) => {
    const [mask] = g.op("Less", [x, g.floats([])]);
    if (since(g, 9))
      g.op("Where", [mask!, x, g.floats(shape.map((dim) => (g.random() < 0.5 ? 1 : dim)))]);
    g.op("Not", [mask!]);
  },
  (g, x) => void g.op("Cast", [x], { to: g.pick([1, 6, 7, 9, 11]) }),
  (g, x) => void g.op("Dropout", [x], {}, 1),
  (g, x, shape) => {
    const axis = g.int(0, shape.length - 1);
    if (shape.length > 0) g.op(g.pick(["Softmax", "LogSoftmax"]), [x], { axis });
  },
  (g, x, shape) => {
    if (since(g, 11) && shape.length > 0) g.op("CumSum", [x, g.integers([shape.length - 1], [])]);
  },
  (g, x, shape) => {
    if (shape.length < 2) return;
    const [, channels = 1] = shape;
    const [a, b, c] = [0, 1, 2].map(() => g.floats([channels]));
    const [variance] = g.op("Abs", [g.floats([channels])]);
    if (since(g, 7)) g.op("BatchNormalization", [x, a!, b!, c!, variance!]);
  },
  (g, x, shape) => {
    if (!since(g, 17) || shape.length < 1) return;
    const axis = g.int(0, shape.length - 1);
    const dims = shape.slice(axis);
    g.op("LayerNormalization", [x, g.floats(dims), g.floats(dims)], { axis }, 3);
  },
  (g, x) => {
    if (!since(g, 11)) return;
    const [scale, zero] = g.op("DynamicQuantizeLinear", [x], {}, 3).slice(1);
    const [quantised] = g.op("QuantizeLinear", [x, scale!, zero!]);
    g.op("DequantizeLinear", [quantised!, scale!, zero!]);
  },
];

/** Attributes of a window that fits into the spatial axes. */
function window(g: RandomGraph, spatial: readonly number[], dilated: boolean) {
  const dilations = spatial.map((length) => (dilated && length > 4 ? g.int(1, 2) : 1));
  const kernel = spatial.map((length, axis) =>
    g.int(1, Math.max(1, Math.min(3, Math.floor((length - 1) / dilations[axis]!) + 1))),
  );
  const auto = g.pick(["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]);
  // A "same" window that leaves places out would need negative padding.
  const strides = kernel.map((size) => g.int(1, auto.startsWith("SAME") ? size : 3));
  const pads = [...kernel, ...kernel].map((size) => g.int(0, size - 1));
  const ones = kernel.map(() => 1);
  return {
    kernel_shape: kernel,
    strides,
    ...(auto === "NOTSET" ? { pads } : { auto_pad: auto }),
    // Runtimes disagree on "same" windows with gaps.
    ...(dilated && { dilations: auto.startsWith("SAME") ? ones : dilations }),
  };
}

/**
 * Whether no window begins behind the data. Operators before opset 22 do not say what becomes of
 * such a one: ONNX Runtime counts it when it infers shapes, and leaves it out when it runs.
 */
function endsInside(
  { kernel_shape, strides, ...padding }: ReturnType<typeof window>,
  spatial: readonly number[],
): boolean {
  if (!("pads" in padding)) return false;
  const { pads } = padding;
  return spatial.every((length, axis) => {
    const [begin, end, stride] = [pads[axis]!, pads[axis + spatial.length]!, strides[axis]!];
    const steps = Math.ceil((length + begin + end - kernel_shape[axis]!) / stride);
    return steps * stride < length + begin;
  });
}

export const convolutionSteps: readonly Step[] = [
  (g, x, [, channels = 1, ...spatial]) => {
    if (spatial.length === 0) return;
    const group = g.pick([1, 1, channels]);
    const filters = group * g.int(1, 2);
    const attributes = { ...window(g, spatial, true), group };
    const weights = g.floats([filters, channels / group, ...attributes.kernel_shape]);
    g.op("Conv", [x, weights, ...(g.random() < 0.5 ? [g.floats([filters])] : [])], attributes);
  },
  (g, x, [, channels = 1, ...spatial]) => {
    if (spatial.length === 0 || spatial.length > 2) return;
    const group = g.pick([1, channels]);
    const { kernel_shape, strides } = window(g, spatial, false);
    const extra = strides.map((stride) => g.int(0, stride - 1));
    const pads = [...kernel_shape, ...kernel_shape].map(() => 0);
    const weights = g.floats([channels, g.int(1, 2), ...kernel_shape]);
    const attributes = { kernel_shape, strides, group, output_padding: extra, pads };
    g.op("ConvTranspose", [x, weights], attributes);
  },
  (g, x, [, , ...spatial]) => {
    if (spatial.length === 0 || spatial.length > 3) return;
    const ceil = since(g, 10) && g.random() < 0.5;
    const attributes = window(g, spatial, false);
    const more = ceil && endsInside(attributes, spatial) ? { ceil_mode: 1 } : {};
    if (g.random() < 0.5) g.op("AveragePool", [x], { ...attributes, ...more });
    else if (since(g, 8)) g.op("MaxPool", [x], { ...attributes, ...more }, g.int(1, 2));
  },
  (g, x, shape) => {
    if (shape.length > 2) g.op(g.pick(["GlobalAveragePool", "GlobalMaxPool"]), [x]);
  },
  (g, x, shape) => {
    if (shape.length < 1) return;
    const weights = g.floats([shape.at(-1)!, g.int(1, 5)]);
    g.op("MatMul", [x, g.random() < 0.8 ? weights : g.floats([shape.at(-1)!])]);
  },
  (g, x, shape) => {
    if (shape.length !== 2) return;
    const [transA, transB] = [g.int(0, 1), g.int(0, 1)];
    const inner = shape[1 - transA]!;
    const outer = g.int(1, 4);
    const dims = transB === 1 ? [outer, inner] : [inner, outer];
    g.op("Gemm", [x, g.floats(dims), g.floats([outer])], { transA, transB });
  },
  (g, x, shape) => {
    if (shape.length !== 3) return;
    const [cell, gates] = g.pick([
      ["RNN", 1],
      ["GRU", 3],
      ["LSTM", 4],
    ] as const);
    const [units, directions] = [g.int(1, 4), g.int(1, 2)];
    const weights = g.floats([directions, gates * units, shape[2]!]);
    const direction = directions === 2 ? "bidirectional" : g.pick(["forward", "reverse"]);
    const again = g.floats([directions, gates * units, units]);
    const outputs = cell === "LSTM" ? 3 : 2;
    g.op(cell, [x, weights, again], { hidden_size: units, direction }, outputs);
  },
  (g, x, shape) => {
    if (!since(g, 12) || shape.length !== 3) return;
    g.op("Einsum", [x, g.floats([shape[2]!, 2])], {
      equation: g.pick(["abc,cd->abd", "...c,cd->d...", "abc,cd"]),
    });
  },
  (g, x, shape) => {
    if (shape.length !== 4 || g.opset < 9) return;
    const factor = g.opset === 9 ? 2.3 : g.pick([1.5, 2, 0.6]);
    const scales = tensorOf(g, [1, 1, factor, g.pick([1, 2, 1.3])]);
    const none = g.floats([0]);
    const sizes = g.integers([shape[0]!, shape[1]!, g.int(1, 9), g.int(1, 9)]);
    if (g.opset === 9) g.op("Upsample", [x, scales]);
    else if (g.opset === 10) g.op("Resize", [x, scales]);
    else g.op("Resize", g.random() < 0.5 ? [x, none, scales] : [x, none, none, sizes]);
  },
];

function tensorOf(g: RandomGraph, values: readonly number[]): string {
  return g.op("Constant", [], {
    value: tensor("", "FP32", [values.length], Float32Array.from(values)),
  })[0]!;
}

/** Operators of `ai.onnx.ml` and `com.microsoft`. */
export const otherSteps: readonly Step[] = [
  (g, x, shape) => {
    if (shape.length !== 2) return;
    const width = shape[1]!;
    const ones = Float32Array.from({ length: width }, () => 1);
    g.op("ai.onnx.ml:Scaler", [x], { offset: ones, scale: ones });
    g.op("ai.onnx.ml:Normalizer", [x], { norm: "L2" });
    g.op("ai.onnx.ml:Binarizer", [x], { threshold: float(0.5) });
    const targets = g.int(1, 3);
    const coefficients = new Float32Array(width * targets);
    g.op("ai.onnx.ml:LinearRegressor", [x], {
      coefficients,
      targets,
      intercepts: new Float32Array(targets),
    });
    const classes = g.int(2, 4);
    // Two classes may share one score.
    const scores = classes === 2 ? g.int(1, 2) : classes;
    g.op(
      "ai.onnx.ml:LinearClassifier",
      [x],
      {
        coefficients: new Float32Array(width * scores),
        intercepts: new Float32Array(scores),
        classlabels_ints: Array.from({ length: classes }, (_, index) => index),
        post_transform: g.pick(["NONE", "LOGISTIC", "SOFTMAX"]),
      },
      2,
    );
    g.op("ai.onnx.ml:ArrayFeatureExtractor", [x, g.integers([0, width - 1])]);
    g.op("ai.onnx.ml:FeatureVectorizer", [x], { inputdimensions: [width] });
  },
  (g, x, shape) => {
    const width = shape.at(-1) ?? 0;
    if (shape.length !== 3) return;
    g.op("com.microsoft:SkipLayerNormalization", [x, x, g.floats([width])], {}, 1);
    g.op(`com.microsoft:${g.pick(["FastGelu", "QuickGelu", "Gelu"])}`, [x]);
    g.op("com.microsoft:FusedMatMul", [x, g.floats([3, width])], { transB: 1 });
  },
];
