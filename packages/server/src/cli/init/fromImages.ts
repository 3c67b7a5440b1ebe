import type { Signature, TensorSpec } from "@longshore/core";
import type { InputDraft, StepDraft } from "./draft.ts";

/** How an input holds images. */
interface ImageInput {
  readonly spec: TensorSpec;
  readonly layout: "channels-first" | "channels-last";
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
}

/** The side of most image models, where the graph leaves it open. */
const USUAL_SIDE = 224;
/** Of torchvision's and timm's models: mean and deviation of ImageNet's channels. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** The one input of a model that takes images: `[N, 3, H, W]`, `[N, H, W, 3]`, or of grey ones. */
export function imageInput({ inputs }: Signature): ImageInput | undefined {
  const [spec, ...others] = inputs;
  if (spec?.shape.length !== 4 || others.length > 0) return undefined;
  if (!["FP32", "FP16", "UINT8"].includes(spec.datatype)) return undefined;
  const [, first, , last] = spec.shape;
  const isCount = (axis: unknown): axis is 1 | 3 => axis === 1 || axis === 3;
  const [layout, channels] = isCount(first)
    ? (["channels-first", first] as const)
    : isCount(last)
      ? (["channels-last", last] as const)
      : [];
  if (layout === undefined) return undefined;
  const [height, width] =
    layout === "channels-first" ? spec.shape.slice(2) : spec.shape.slice(1, 3);
  return { spec, layout, channels, height: toSide(height), width: toSide(width) };
}

function toSide(axis: unknown): number {
  return typeof axis === "number" ? axis : USUAL_SIDE;
}

/** The part before a model that takes images. */
export function fromImages({ spec, layout, channels, height, width }: ImageInput): InputDraft {
  const into = spec.name;
  const isOpen = spec.shape.slice(1).some((axis) => typeof axis !== "number");
  const square = height === width && height >= 160;
  const size = square
    ? { resize: { shorter: Math.round(height / 0.875) }, crop: { width, height } }
    : { resize: { width, height, fit: "stretch" } };
  const before: StepDraft[] = [
    {
      step: "image",
      options: { column: "image", into, ...(channels === 1 && { colour: "grey" }), ...size },
      comment: `Check size, cut and filter against training.${isOpen ? ` The graph takes any size; ${USUAL_SIDE} is usual.` : ""}`,
    },
  ];
  if (spec.datatype !== "UINT8")
    before.push({
      step: "normalize",
      options: {
        column: into,
        ...(channels === 3 && IMAGENET),
        ...(spec.datatype === "FP16" && { datatype: "FP16" }),
      },
      comment:
        channels === 3
          ? "Check against training: these are the usual values of ImageNet."
          : "Check against training: this gives 0 to 1.",
    });
  if (layout === "channels-first")
    before.push({ step: "layout", options: { column: into, order: layout } });
  return { inputs: [{ name: "image", field: { type: "image" } }], before, remarks: [] };
}
