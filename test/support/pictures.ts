/** Networks of convolutions in all shapes of the field, for tests of passes that follow channels. */
import { float, graph as subgraph, node, tensor, tensorType, type Model } from "@longshore/onnx";
import { network, type Network } from "./network.ts";

/** A picture on its way through a network: [N, channels, size, size]. */
export interface Picture {
  readonly name: string;
  readonly channels: number;
  readonly size: number;
}

export interface PictureBuild {
  readonly net: Network;
  readonly opset: number;
  /** Values that become outputs beside the last. */
  readonly outputs: string[];
}

type Step = (build: PictureBuild, x: Picture) => Picture;

const pick = ({ net }: PictureBuild, ...choices: readonly number[]): number =>
  choices[Math.floor(net.random() * choices.length)]!;

const ints = ({ net }: PictureBuild, values: readonly number[]): string =>
  net.constant(
    tensor(
      `i${net.random()}`,
      "INT64",
      [values.length],
      BigInt64Array.from(values, (value) => BigInt(value)),
    ),
  );

/** A list that is an input from some opset on, an attribute before. */
function withInts(
  build: PictureBuild,
  opType: string,
  x: string,
  lists: Readonly<Record<string, readonly number[]>>,
  since: number,
  attributes: Record<string, number> = {},
): string {
  if (build.opset < since) return build.net.op(opType, [x], { ...lists, ...attributes });
  const inputs = Object.values(lists).map((values) => ints(build, values));
  return build.net.op(opType, [x, ...inputs], attributes);
}

const perChannel = ({ net }: PictureBuild, { channels }: Picture): string =>
  net.weights([channels, 1, 1], 1);

/** All the ways in which channels go on, by name. */
export const PICTURE_STEPS: Readonly<Record<string, Step>> = {
  conv(build, x) {
    const channels = pick(build, 1, 2, 4, 6, 8);
    const name = build.net.conv(x.name, x.channels, channels, pick(build, 1, 3));
    return { ...x, name, channels };
  },
  bare(build, { name, channels, size }) {
    const weights = build.net.weights([6, channels, 3, 3], Math.sqrt(1 / channels));
    const auto_pad = ["SAME_UPPER", "SAME_LOWER"][pick(build, 0, 1)]!;
    return { name: build.net.op("Conv", [name, weights], { auto_pad }), channels: 6, size };
  },
  transposed(build, { name, channels, size }) {
    const weights = build.net.weights([channels, 4, 2, 2], Math.sqrt(1 / channels));
    const bias = build.net.weights([4], 0.2);
    const attributes = { strides: [2, 2], kernel_shape: [2, 2] };
    const larger = build.net.op("ConvTranspose", [name, weights, bias], attributes);
    const smaller = build.net.op("MaxPool", [larger], { kernel_shape: [2, 2], strides: [2, 2] });
    return { name: smaller, channels: 4, size };
  },
  depthwise(build, { name, channels, size }) {
    const multiplier = pick(build, 1, 2);
    const group = { group: channels };
    return {
      name: build.net.conv(name, channels, channels * multiplier, 3, group),
      channels: channels * multiplier,
      size,
    };
  },
  grouped(build, { name, channels, size }) {
    const group = channels % 2 === 0 ? 2 : 1;
    return { name: build.net.conv(name, channels, 8, 3, { group }), channels: 8, size };
  },
  activation(build, x) {
    const ops = ["Relu", "Sigmoid", "Tanh", "HardSigmoid", "LeakyRelu", "Softplus", "Identity"];
    return { ...x, name: build.net.op(ops[pick(build, 0, 1, 2, 3, 4, 5, 6)]!, [x.name]) };
  },
  gelu(build, x) {
    const { net } = build;
    const number = (value: number): string =>
      net.constant(tensor(`n${net.random()}`, "FP32", [], Float32Array.of(value)));
    const smooth = build.opset < 9 ? "Tanh" : "Erf";
    const curve = net.op(smooth, [net.op("Div", [x.name, number(Math.SQRT2)])]);
    const gate = net.op("Add", [curve, number(1)]);
    return { ...x, name: net.op("Mul", [net.op("Mul", [x.name, number(0.5)]), gate]) };
  },
  clip(build, x) {
    if (build.opset < 11)
      return { ...x, name: build.net.op("Clip", [x.name], { min: float(0), max: float(6) }) };
    const max = build.net.constant(
      tensor(`max${build.net.random()}`, "FP32", [], Float32Array.of(0.8)),
    );
    return { ...x, name: build.net.op("Clip", [x.name, "", max]) };
  },
  normalize(build, x) {
    const constants = [0, 1, 2].map(() => build.net.weights([x.channels], 1));
    const variance = build.net.constant(
      tensor(
        `v${build.net.random()}`,
        "FP32",
        [x.channels],
        new Float32Array(x.channels).map(() => 0.5 + build.net.random()),
      ),
    );
    return { ...x, name: build.net.op("BatchNormalization", [x.name, ...constants, variance]) };
  },
  prelu: (build, x) => ({
    ...x,
    name: build.net.op("PRelu", [x.name, perChannel(build, x)]),
  }),
  scale: (build, x) => ({ ...x, name: build.net.op("Mul", [perChannel(build, x), x.name]) }),
  pool(build, x) {
    const op = ["MaxPool", "AveragePool"][pick(build, 0, 1)]!;
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    return { ...x, name: build.net.op(op, [x.name], attributes) };
  },
  pad(build, x) {
    const padded = withInts(build, "Pad", x.name, { pads: [0, 0, 1, 1, 0, 0, 1, 1] }, 11);
    const name = build.net.op("AveragePool", [padded], { kernel_shape: [3, 3] });
    return { ...x, name };
  },
  residual(build, x) {
    const inner = build.net.op("Relu", [build.net.conv(x.name, x.channels, 8, 3)]);
    const branch = build.net.conv(inner, 8, x.channels, 1);
    return { ...x, name: build.net.op("Relu", [build.net.op("Add", [x.name, branch])]) };
  },
  concat(build, x) {
    const branch = build.net.op("Relu", [build.net.conv(x.name, x.channels, 4, 3)]);
    const name = build.net.op("Concat", [branch, x.name], { axis: 1 });
    return { ...x, name, channels: x.channels + 4 };
  },
  squeezeExcite(build, x) {
    const { net } = build;
    const pooled = net.op("GlobalAveragePool", [x.name]);
    const small = net.op("Relu", [net.conv(pooled, x.channels, 4, 1)]);
    const gate = net.op("Sigmoid", [net.conv(small, 4, x.channels, 1)]);
    return { ...x, name: net.op("Mul", [x.name, gate]) };
  },
  split(build, x) {
    if (x.channels % 2 === 1) return x;
    const { net } = build;
    const pieces = [`a${x.name}`, `b${x.name}`];
    const half = x.channels / 2;
    // Up to opset 17 equal pieces need no lengths, from 18 on their number.
    const attributes = { axis: 1, ...(build.opset >= 18 && { num_outputs: 2 }) };
    net.add(node("Split", [x.name], pieces, attributes));
    const [a, b] = pieces.map((piece) => net.op("Relu", [net.conv(piece, half, 4, 3)]));
    return { ...x, name: net.op("Concat", [b!, a!, pieces[0]!], { axis: 1 }), channels: 8 + half };
  },
  slice(build, x) {
    if (x.channels < 4) return x;
    const lists = { starts: [1], ends: [-1], axes: [1] };
    return {
      ...x,
      name: withInts(build, "Slice", x.name, lists, 10),
      channels: x.channels - 2,
    };
  },
  channelsLast(build, x) {
    const { net } = build;
    const last = net.op("Transpose", [x.name], { perm: [0, 2, 3, 1] });
    const mixed = net.op("MatMul", [last, net.weights([x.channels, 6], 0.5)]);
    const biased = net.op("Add", [mixed, net.weights([6], 0.2)]);
    const name = net.op("Transpose", [biased], { perm: [0, 3, 1, 2] });
    return { ...x, name, channels: 6 };
  },
  rows(build, x) {
    const { net } = build;
    const flat = net.op("Reshape", [x.name, ints(build, [0, x.channels, -1])]);
    const mixed = net.op("MatMul", [flat, net.weights([x.size ** 2, x.size ** 2], 0.3)]);
    const shape = ints(build, [-1, x.channels, x.size, x.size]);
    return { ...x, name: net.op("Reshape", [mixed, shape]) };
  },
  resize(build, x) {
    if (build.opset < 11) return x;
    const { net } = build;
    const roi = net.constant(tensor(`r${net.random()}`, "FP32", [0], new Float32Array()));
    const scales = Float32Array.of(1, 1, 2, 2);
    const inputs = [x.name, roi, net.constant(tensor(`s${net.random()}`, "FP32", [4], scales))];
    const larger = net.op("Resize", inputs, { mode: "nearest" });
    const name = net.op("MaxPool", [larger], { kernel_shape: [2, 2], strides: [2, 2] });
    return { ...x, name };
  },
  mean(build, x) {
    const name = withInts(build, "ReduceMean", x.name, { axes: [-1, 2] }, 18, { keepdims: 1 });
    return { ...x, name: build.net.op("Sub", [x.name, name]) };
  },
  squeezed(build, x) {
    const { net } = build;
    const pooled = net.op("GlobalMaxPool", [x.name]);
    const flat = withInts(build, "Squeeze", pooled, { axes: [2, 3] }, 13);
    const back = withInts(build, "Unsqueeze", net.op("Tanh", [flat]), { axes: [2, 3] }, 13);
    return { ...x, name: net.op("Mul", [x.name, back]) };
  },
  sum({ net }, x) {
    const branches = [1, 3].map((size) => net.conv(x.name, x.channels, x.channels, size));
    return { ...x, name: net.op("Sum", [...branches, x.name]) };
  },
  where(build, x) {
    const { net } = build;
    const other = net.conv(x.name, x.channels, x.channels, 1);
    const condition = net.op("Less", [net.op("Dropout", [x.name]), other]);
    // Up to opset 8, comparisons are all there is; then they choose.
    if (build.opset < 9) return { ...x, name: other };
    return { ...x, name: net.op("Where", [condition, perChannel(build, x), other]) };
  },
  stacked({ net }, x) {
    const branches = [x.name, net.conv(x.name, x.channels, x.channels, 1)];
    const joined = net.op("Concat", branches, { axis: 2 });
    const pooling = { kernel_shape: [2, 1], strides: [2, 1] };
    return { ...x, name: net.op("MaxPool", [joined], pooling) };
  },
  /** The channels of two groups take turns, as in ShuffleNet: not followed. */
  shuffled(build, x) {
    if (x.channels % 2 === 1) return x;
    const { net } = build;
    const groups = [0, 2, x.channels / 2, x.size, x.size];
    const apart = net.op("Reshape", [x.name, ints(build, groups)]);
    const turned = net.op("Transpose", [apart], { perm: [0, 2, 1, 3, 4] });
    const shape = ints(build, [0, x.channels, x.size, x.size]);
    return { ...x, name: net.op("Reshape", [turned, shape]) };
  },
  branch(build, x) {
    const { net } = build;
    const inner = (op: string) => {
      const name = `${op}${x.name}`;
      return subgraph({
        inputs: [],
        outputs: [{ name, type: tensorType("FP32") }],
        nodes: [node(op, [x.name], [name])],
      });
    };
    const condition = net.constant(
      tensor(`c${net.random()}`, "BOOL", [], Uint8Array.of(pick(build, 0, 1))),
    );
    const branches = { then_branch: inner("Neg"), else_branch: inner("Tanh") };
    return { ...x, name: net.op("If", [condition], branches) };
  },
  twice(build, x) {
    const { net } = build;
    const weights = net.weights([x.channels, x.channels, 1, 1], Math.sqrt(3 / x.channels));
    const once = net.op("Relu", [net.op("Conv", [x.name, weights])]);
    return { ...x, name: net.op("Conv", [once, weights]) };
  },
  exposed(build, x) {
    build.outputs.push(x.name);
    return x;
  },
};

/** The ways from a picture to numbers. */
export const PICTURE_ENDS: Readonly<Record<string, (build: PictureBuild, x: Picture) => string>> = {
  pooled({ net }, { name, channels }) {
    const flat = net.op("Flatten", [net.op("GlobalAveragePool", [name])]);
    return net.gemm(net.op("Relu", [net.gemm(flat, channels, 8)]), 8, 3);
  },
  flattened(build, { name, channels, size }) {
    const { net } = build;
    const features = channels * size ** 2;
    const flat = net.op("Reshape", [name, ints(build, [pick(build, 0, -1), features])]);
    const weights = net.weights([8, features], Math.sqrt(3 / features));
    const hidden = net.op("Gemm", [flat, weights, net.weights([1, 8], 0.2)], {
      transB: 1,
      alpha: float(0.5),
      beta: float(2),
    });
    const product = net.op("MatMul", [net.op("Relu", [hidden]), net.weights([8, 3], 0.5)]);
    return net.op("Softmax", [net.op("Add", [product, net.weights([3], 0.2)])], { axis: 1 });
  },
  dynamic(build, { name, channels, size }) {
    const { net } = build;
    const batch = net.op("Gather", [net.op("Shape", [name]), ints(build, [0])]);
    const shape = net.op("Concat", [batch, ints(build, [-1])], { axis: 0 });
    return net.gemm(net.op("Reshape", [name, shape]), channels * size ** 2, 3);
  },
};

export interface PicturePlan {
  readonly seed: number;
  readonly opset: number;
  readonly steps: readonly string[];
  readonly end: string;
  /** A symbol, "?" for an unknown one, or a length. */
  readonly batch: string | number;
  /** Of an IR version that lists initializers as inputs. */
  readonly old: boolean;
}

/** A model from pictures `x` [N, 3, 5, 5] to rows. */
export function pictureNetwork({ seed, opset, batch, steps, end, old }: PicturePlan): Model {
  const net = network(seed);
  const build: PictureBuild = { net, opset, outputs: [] };
  let x: Picture = { name: net.conv("x", 3, 8, 3), channels: 8, size: 5 };
  for (const step of steps) x = PICTURE_STEPS[step]!(build, x);
  const last = PICTURE_ENDS[end]!(build, x);
  const names = [...new Set([last, ...build.outputs])];
  const built = net.toModel({ x: [batch, 3, 5, 5] }, names, opset);
  if (!old) return built;
  const { graph } = built;
  const listed = graph.initializers.map(({ name = "", dims, dataType }) => {
    const shape = { dims: dims.map((dimValue) => ({ dimValue })) };
    return { name, type: { tensorType: { elemType: dataType, shape } } };
  });
  return { ...built, irVersion: 3, graph: { ...graph, inputs: [...graph.inputs, ...listed] } };
}
