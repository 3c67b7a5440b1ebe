/**
 * Names of the configuration entries of ONNX Runtime that a model may bring: none that names a file,
 * or makes the runtime write one, as a configuration may come from afar.
 */
export const SESSION_ENTRY: RegExp =
  /^(?:session|optimization|mlas)\.(?!.*(?:file|path|folder|debug|dump))[\w.]+$/;
