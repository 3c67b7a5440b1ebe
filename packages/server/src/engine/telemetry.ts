/**
 * Nothing of a user's models leaves the house. ONNX Runtime reads this from the process's environment,
 * once, while it is loaded; a worker thread has but a copy of that, so that the thread that starts it
 * must say so before.
 */
export function disableTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] = "1";
}
