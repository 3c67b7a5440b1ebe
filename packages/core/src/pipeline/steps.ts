import type { Step } from "./step.ts";
import { outliers } from "./outliers/outliers.ts";
import { bucket } from "./tables/bucket.ts";
import { cast } from "./tables/cast.ts";
import { clip } from "./tables/clip.ts";
import { combine } from "./tables/combine.ts";
import { dates } from "./tables/dates.ts";
import { hashing } from "./tables/hashing.ts";
import { impute } from "./tables/impute.ts";
import { log } from "./tables/log.ts";
import { minMax } from "./tables/minMax.ts";
import { oneHot } from "./tables/oneHot.ts";
import { ordinal } from "./tables/ordinal.ts";
import { rename } from "./tables/rename.ts";
import { robustScale } from "./tables/robustScale.ts";
import { select } from "./tables/select.ts";
import { standardize } from "./tables/standardize.ts";
import { custom } from "./custom.ts";
import { detections } from "./detection/detections.ts";
import { drawing } from "./images/drawing.ts";
import { image } from "./images/image.ts";
import { layout } from "./images/layout.ts";
import { normalize } from "./images/normalize.ts";
import { classThresholds } from "./outputs/classThresholds.ts";
import { exp } from "./outputs/exp.ts";
import { labels } from "./outputs/labels.ts";
import { pick } from "./outputs/pick.ts";
import { platt } from "./outputs/platt.ts";
import { powerBack } from "./outputs/powerBack.ts";
import { reshape } from "./outputs/reshape.ts";
import { scaleBack } from "./outputs/scaleBack.ts";
import { sigmoid } from "./outputs/sigmoid.ts";
import { softmax } from "./outputs/softmax.ts";
import { split } from "./outputs/split.ts";
import { temperature } from "./outputs/temperature.ts";
import { threshold } from "./outputs/threshold.ts";
import { topK } from "./outputs/topK.ts";
import { transpose } from "./outputs/transpose.ts";
import { decodeAudio } from "./signals/decodeAudio.ts";
import { logMel } from "./signals/logMel.ts";
import { resample } from "./signals/resample.ts";
import { standardizeSeries } from "./signals/standardizeSeries.ts";
import { window } from "./signals/window.ts";
import { l2Normalize } from "./text/l2Normalize.ts";
import { pool } from "./text/pool.ts";
import { tokenize } from "./text/tokenize.ts";

/** Every kind of step, in the order of the reference. */
export const STEPS: readonly Step[] = [
  // Tables.
  select,
  rename,
  cast,
  impute,
  standardize,
  minMax,
  robustScale,
  clip,
  log,
  bucket,
  oneHot,
  ordinal,
  hashing,
  dates,
  combine,
  outliers,
  // Images.
  image,
  drawing,
  normalize,
  layout,

  // Text.
  tokenize,
  pool,
  l2Normalize,

  // Signals.
  decodeAudio,
  resample,
  standardizeSeries,
  window,
  logMel,

  // Outputs.
  detections,
  softmax,
  sigmoid,
  temperature,
  platt,
  labels,
  topK,
  pick,
  threshold,
  classThresholds,
  scaleBack,
  exp,
  powerBack,
  split,
  reshape,
  transpose,
  // Code.
  custom,
];
