// ONNX Runtime reads this once, while it is loaded: nothing of a user's models leaves the house.
process.env["ORT_DISABLE_TELEMETRY"] = "1";

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
