// ONNX Runtime reads this once, while it is loaded: nothing of a user's models leaves the house.
process.env["ORT_DISABLE_TELEMETRY"] = "1";

export const ort: typeof import("onnxruntime-node") = await import("onnxruntime-node");
