import type { Datatype } from "@longshore/core";
import type { Tensor } from "onnxruntime-node";
import { disableTelemetry } from "./telemetry.ts";

disableTelemetry();

export const ort: typeof import("onnxruntime-node") = await import("onnxruntime-node");

/**
 * Makes ONNX Runtime hold FP16 as bit patterns in a Uint16Array. Where Float16Array exists, its
 * JavaScript part uses that, which its native part (1.30) reads as empty. It looks for the class
 * once, when the first tensor is made.
 */
function holdFp16AsBits(): void {
  const found = Object.getOwnPropertyDescriptor(globalThis, "Float16Array");
  if (found === undefined) return;
  Reflect.deleteProperty(globalThis, "Float16Array");
  void new ort.Tensor("float32", [0], [1]);
  Object.defineProperty(globalThis, "Float16Array", found);
}

holdFp16AsBits();

/** ONNX Runtime's name of each data type. */
export const ORT_TYPES: Readonly<Record<Datatype, Tensor.Type>> = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  BF16: "float32", // Exchanged as FP32: the graph casts.
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
};
