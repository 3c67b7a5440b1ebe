/** Messages about inputs and outputs. */
import { BOOL, enumeration, INT64, list, message, noEffect, one, STRING } from "../table.ts";
import { NO_GPU } from "./reasons.ts";

/** `DataType`: element types by their names in a configuration. */
export const DATA_TYPE = enumeration({
  TYPE_INVALID: 0,
  TYPE_BOOL: 1,
  TYPE_UINT8: 2,
  TYPE_UINT16: 3,
  TYPE_UINT32: 4,
  TYPE_UINT64: 5,
  TYPE_INT8: 6,
  TYPE_INT16: 7,
  TYPE_INT32: 8,
  TYPE_INT64: 9,
  TYPE_FP16: 10,
  TYPE_FP32: 11,
  TYPE_FP64: 12,
  TYPE_STRING: 13,
  TYPE_BF16: 14,
});

const RESHAPE = message({ shape: list(1, INT64) });

/** `ModelInput`. With rows, dims leave out their axis. */
export const INPUT = message({
  name: one(1, STRING),
  data_type: one(2, DATA_TYPE),
  format: noEffect(
    one(3, enumeration({ FORMAT_NONE: 0, FORMAT_NHWC: 1, FORMAT_NCHW: 2 })),
    "tensors are taken as the graph has them",
  ),
  dims: list(4, INT64),
  reshape: one(5, RESHAPE),
  is_shape_tensor: noEffect(one(6, BOOL), NO_GPU),
  allow_ragged_batch: noEffect(one(7, BOOL), "requests of other shapes run apart"),
  optional: noEffect(one(8, BOOL), "a graph needs all its inputs"),
  is_non_linear_format_io: noEffect(one(9, BOOL), NO_GPU),
});

/** `ModelOutput`. */
export const OUTPUT = message({
  name: one(1, STRING),
  data_type: one(2, DATA_TYPE),
  dims: list(3, INT64),
  label_filename: one(4, STRING),
  reshape: one(5, RESHAPE),
  is_shape_tensor: noEffect(one(6, BOOL), NO_GPU),
  is_non_linear_format_io: noEffect(one(7, BOOL), NO_GPU),
});

/** `BatchInput`: an input that the server makes of a batch. */
export const BATCH_INPUT = message({
  kind: one(
    1,
    enumeration({
      BATCH_ELEMENT_COUNT: 0,
      BATCH_ACCUMULATED_ELEMENT_COUNT: 1,
      BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO: 2,
      BATCH_MAX_ELEMENT_COUNT_AS_SHAPE: 3,
      BATCH_ITEM_SHAPE: 4,
      BATCH_ITEM_SHAPE_FLATTEN: 5,
    }),
  ),
  target_name: list(2, STRING),
  data_type: one(3, DATA_TYPE),
  source_input: list(4, STRING),
});

/** `BatchOutput`: an output that the server takes apart itself. */
export const BATCH_OUTPUT = message({
  target_name: list(1, STRING),
  kind: one(2, enumeration({ BATCH_SCATTER_WITH_INPUT_SHAPE: 0 })),
  source_input: list(3, STRING),
});
