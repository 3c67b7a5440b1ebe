import { attention } from "./attention.ts";
import { inDomain, type Rule } from "./call.ts";
import { classical } from "./classical.ts";
import { contrib } from "./contrib.ts";
import { control } from "./control.ts";
import { convolution } from "./convolution.ts";
import { creation } from "./creation.ts";
import { elementwise } from "./elementwise.ts";
import { layout } from "./layout.ts";
import { matmul } from "./matmul.ts";
import { miscellaneous } from "./miscellaneous.ts";
import { normalisation } from "./normalisation.ts";
import { quantisation } from "./quantisation.ts";
import { recurrent } from "./recurrent.ts";
import { reduce } from "./reduce.ts";
import { resize } from "./resize.ts";
import { select } from "./select.ts";
import { sequence } from "./sequence.ts";

/** What each operator gives; those of other domains as `domain.name`. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...elementwise,
    ...normalisation,
    ...convolution,
    ...matmul,
    ...recurrent,
    ...attention,
    ...reduce,
    ...layout,
    ...select,
    ...resize,
    ...creation,
    ...quantisation,
    ...sequence,
    ...control,
    ...miscellaneous,
    ...inDomain("ai.onnx.ml", classical),
    ...inDomain("com.microsoft", contrib),
  }),
);
